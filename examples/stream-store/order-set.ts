/** Orders that were seen: a bit for each number, so that millions take little. */
export class OrderSet {
  #bits = new Uint8Array(1024);
  #size = 0;

  /** How many different ones there were. */
  get size(): number {
    return this.#size;
  }

  /** False when it was there already, or is the id of no order. */
  add(id: string): boolean {
    const number = orderNumber(id);
    if (number === undefined) return false;
    const at = number >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bit = 1 << (number & 7);
    if (((this.#bits[at] ?? 0) & bit) !== 0) return false;
    this.#bits[at] = (this.#bits[at] ?? 0) | bit;
    this.#size++;
    return true;
  }
}

const ORDERS_MAX = 2 ** 31 - 1;

/** `order-17` is number 17. */
export function orderId(number: number): string {
  return `order-${number}`;
}

export function orderNumber(id: string): number | undefined {
  const match = /^order-(\d{1,10})$/.exec(id);
  const number = Number(match?.[1]);
  return match === null || number > ORDERS_MAX ? undefined : number;
}
