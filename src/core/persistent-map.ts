/**
 * An immutable map from strings, as a hash trie: `set` and `delete` return a new map that shares all
 * but the path to the entry, so a change costs what it touches and old versions stay as they are.
 * Iteration is in hash order, which depends on the keys alone.
 */
export class PersistentMap<V> implements Iterable<readonly [string, V]> {
  readonly #root: Branch<V>;
  readonly size: number;

  private constructor(root: Branch<V>, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(new Branch<V>(0, [], undefined), 0);
  }

  static from<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    const draft = PersistentMap.empty<V>().draft();
    for (const [key, value] of entries) draft.set(key, value);
    return draft.finish();
  }

  get(key: string): V | undefined {
    return lookup(this.#root, key);
  }

  has(key: string): boolean {
    return lookup(this.#root, key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    const draft = this.draft();
    draft.set(key, value);
    return draft.finish();
  }

  delete(key: string): PersistentMap<V> {
    if (!this.has(key)) return this;
    const draft = this.draft();
    draft.delete(key);
    return draft.finish();
  }

  /** Begins a series of changes; nodes made by the draft are changed in place until it is finished. */
  draft(): PersistentMapDraft<V> {
    return new PersistentMapDraft<V>(this, this.#root, this.size, (root, size) => {
      return new PersistentMap<V>(root, size);
    });
  }

  *keys(): IterableIterator<string> {
    for (const leaf of leavesOf(this.#root)) yield leaf.key;
  }

  *values(): IterableIterator<V> {
    for (const leaf of leavesOf(this.#root)) yield leaf.value;
  }

  *entries(): IterableIterator<readonly [string, V]> {
    for (const leaf of leavesOf(this.#root)) yield [leaf.key, leaf.value];
  }

  [Symbol.iterator](): IterableIterator<readonly [string, V]> {
    return this.entries();
  }
}

/** Changes of a {@link PersistentMap} that become visible as a whole with `finish`. */
export class PersistentMapDraft<V> {
  readonly #base: PersistentMap<V>;
  readonly #finish: (root: Branch<V>, size: number) => PersistentMap<V>;
  #owner: object = {};
  #root: Branch<V>;
  #size: number;
  #changed = false;

  constructor(
    base: PersistentMap<V>,
    root: Branch<V>,
    size: number,
    finish: (root: Branch<V>, size: number) => PersistentMap<V>,
  ) {
    this.#base = base;
    this.#root = root;
    this.#size = size;
    this.#finish = finish;
  }

  get(key: string): V | undefined {
    return lookup(this.#root, key);
  }

  set(key: string, value: V): void {
    const added = { value: false };
    this.#root = insert(this.#root, hashOf(key), 0, key, value, this.#owner, added);
    if (added.value) this.#size++;
    this.#changed = true;
  }

  /** Whether the key was there. */
  delete(key: string): boolean {
    if (lookup(this.#root, key) === undefined) return false;
    this.#root = remove(this.#root, hashOf(key), 0, key, this.#owner);
    this.#size--;
    this.#changed = true;
    return true;
  }

  /** The map with all changes; the same object as before when there were none. The draft may go on. */
  finish(): PersistentMap<V> {
    if (!this.#changed) return this.#base;
    this.#owner = {};
    return this.#finish(this.#root, this.#size);
  }
}

const BITS = 5;
const MASK = (1 << BITS) - 1;
/** Below this depth the hash is used up and keys that still collide share one list. */
const HASH_BITS = 32;

class Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;

  constructor(hash: number, key: string, value: V) {
    this.hash = hash;
    this.key = key;
    this.value = value;
  }
}

/** Keys whose whole hash is the same. */
class Collision<V> {
  readonly hash: number;
  readonly leaves: readonly Leaf<V>[];

  constructor(hash: number, leaves: readonly Leaf<V>[]) {
    this.hash = hash;
    this.leaves = leaves;
  }
}

class Branch<V> {
  bitmap: number;
  children: Node<V>[];
  readonly owner: object | undefined;

  constructor(bitmap: number, children: Node<V>[], owner: object | undefined) {
    this.bitmap = bitmap;
    this.children = children;
    this.owner = owner;
  }
}

type Node<V> = Branch<V> | Leaf<V> | Collision<V>;

/** FNV-1a over the UTF-16 units, then mixed, because names differ mostly at their end. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function bitOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & MASK);
}

function indexOf(bitmap: number, bit: number): number {
  let below = bitmap & (bit - 1);
  below -= (below >>> 1) & 0x55555555;
  below = (below & 0x33333333) + ((below >>> 2) & 0x33333333);
  return Math.imul((below + (below >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function lookup<V>(root: Branch<V>, key: string): V | undefined {
  const hash = hashOf(key);
  let node: Branch<V> = root;
  for (let shift = 0; ; shift += BITS) {
    const bit = bitOf(hash, shift);
    if ((node.bitmap & bit) === 0) return undefined;
    const child: Node<V> = node.children[indexOf(node.bitmap, bit)]!;
    if (child instanceof Branch) {
      node = child;
    } else if (child instanceof Leaf) {
      return child.key === key ? child.value : undefined;
    } else {
      return child.leaves.find((leaf) => leaf.key === key)?.value;
    }
  }
}

function editable<V>(branch: Branch<V>, owner: object): Branch<V> {
  if (branch.owner === owner) return branch;
  return new Branch<V>(branch.bitmap, branch.children.slice(), owner);
}

function insert<V>(
  branch: Branch<V>,
  hash: number,
  shift: number,
  key: string,
  value: V,
  owner: object,
  added: { value: boolean },
): Branch<V> {
  const bit = bitOf(hash, shift);
  const index = indexOf(branch.bitmap, bit);
  const target = editable(branch, owner);
  if ((branch.bitmap & bit) === 0) {
    added.value = true;
    target.bitmap |= bit;
    target.children.splice(index, 0, new Leaf(hash, key, value));
    return target;
  }
  const child = branch.children[index]!;
  if (child instanceof Branch) {
    target.children[index] = insert(child, hash, shift + BITS, key, value, owner, added);
  } else if (child instanceof Leaf && child.key === key) {
    target.children[index] = new Leaf(hash, key, value);
  } else {
    added.value = !(child instanceof Collision && child.leaves.some((leaf) => leaf.key === key));
    target.children[index] = join(child, new Leaf(hash, key, value), shift + BITS, owner);
  }
  return target;
}

/** A node that holds what `child` holds and the leaf. */
function join<V>(
  child: Leaf<V> | Collision<V>,
  leaf: Leaf<V>,
  shift: number,
  owner: object,
): Node<V> {
  if (child.hash === leaf.hash || shift >= HASH_BITS) {
    const others = child instanceof Leaf ? [child] : child.leaves;
    return new Collision(leaf.hash, [...others.filter((other) => other.key !== leaf.key), leaf]);
  }
  const bit = bitOf(child.hash, shift);
  const leafBit = bitOf(leaf.hash, shift);
  if (bit === leafBit) return new Branch<V>(bit, [join(child, leaf, shift + BITS, owner)], owner);
  // As unsigned numbers: the bit of place 31 is negative as a signed one.
  const children: Node<V>[] = bit >>> 0 < leafBit >>> 0 ? [child, leaf] : [leaf, child];
  return new Branch<V>(bit | leafBit, children, owner);
}

/** The branch without the key, which is there. */
function remove<V>(
  branch: Branch<V>,
  hash: number,
  shift: number,
  key: string,
  owner: object,
): Branch<V> {
  const bit = bitOf(hash, shift);
  const index = indexOf(branch.bitmap, bit);
  const target = editable(branch, owner);
  const child = branch.children[index]!;
  if (child instanceof Leaf) {
    target.children.splice(index, 1);
    target.bitmap &= ~bit;
  } else if (child instanceof Collision) {
    const rest = child.leaves.filter((leaf) => leaf.key !== key);
    target.children[index] = rest.length === 1 ? rest[0]! : new Collision(child.hash, rest);
  } else {
    const rest = remove(child, hash, shift + BITS, key, owner);
    if (rest.children.length === 0) {
      target.children.splice(index, 1);
      target.bitmap &= ~bit;
    } else if (rest.children.length === 1 && !(rest.children[0] instanceof Branch)) {
      target.children[index] = rest.children[0]!;
    } else {
      target.children[index] = rest;
    }
  }
  return target;
}

function* leavesOf<V>(root: Branch<V>): IterableIterator<Leaf<V>> {
  for (const child of root.children) {
    if (child instanceof Branch) yield* leavesOf(child);
    else if (child instanceof Leaf) yield child;
    else yield* child.leaves;
  }
}
