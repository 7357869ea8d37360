/** From this place of a list on, what is found moves to the front: it is most likely wanted again. */
const NEAR = 4;

/**
 * Things of clients, each under a key besides. They are found without a string made of key, client id and host:
 * that would be made anew for every request.
 */
export class ClientTable<K, T extends { readonly clientId: string; readonly host: string }> {
  readonly #lists = new Map<K, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(key: K, clientId: string, host: string): T | undefined {
    const list = this.#lists.get(key);
    if (list === undefined) return undefined;
    for (let at = 0; at < list.length; at++) {
      const item = list[at]!;
      if (item.clientId !== clientId || item.host !== host) continue;
      if (at >= NEAR) {
        const nearer = at >> 1;
        list[at] = list[nearer]!;
        list[nearer] = item;
      }
      return item;
    }
    return undefined;
  }

  /** Nothing of the client is under the key yet. */
  add(key: K, item: T): void {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [item]);
    else list.push(item);
    this.#size++;
  }

  *values(): Generator<T, void, undefined> {
    for (const list of this.#lists.values()) yield* list;
  }
}
