import type { SimRandom } from "./sim-random.ts";
import { SimFileContent } from "./sim-file.ts";

/** A file apart from its names. */
export class SimFileNode {
  readonly kind = "file";
  readonly id: number;
  readonly content = new SimFileContent();
  modifiedMs: number;
  permissions = 0o644;
  isLocked = false;
  /** Names and open handles: the content goes when there are neither. */
  names = 0;
  handles = 0;
  /** When the sync asked for last will be done; the next is not done before. */
  syncedAtMs = 0;

  constructor(id: number, modifiedMs: number) {
    this.id = id;
    this.modifiedMs = modifiedMs;
  }
}

export type SimNode = SimFileNode | SimDirectoryNode;

/** A directory: its names as processes see them, and as they are on the device. */
export class SimDirectoryNode {
  readonly kind = "directory";
  readonly names = new Map<string, SimNode>();
  readonly deviceNames = new Map<string, SimNode>();
  modifiedMs: number;

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }
}

/** A name that changes its node, or goes. */
interface NameChange {
  readonly directory: SimDirectoryNode;
  readonly name: string;
  readonly node: SimNode | undefined;
}

/**
 * Changes of names that are not on the device yet. Those of one directory get there in their order,
 * and a rename as a whole; otherwise any of them may be missing after the power failed. That is less
 * than ext4 or XFS keep (their journal has one order for all), and what POSIX leaves open.
 */
export class NameJournal {
  #waiting: (readonly NameChange[])[] = [];

  /** Changes that belong together; they take effect for processes at once. */
  change(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      const before = directory.names.get(name);
      if (before?.kind === "file") before.names--;
      if (node?.kind === "file") node.names++;
      if (node === undefined) directory.names.delete(name);
      else directory.names.set(name, node);
    }
    this.#waiting.push(changes);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Makes the names of a directory durable, and whatever that needs. */
  sync(directory: SimDirectoryNode): void {
    const needed = new Set([directory]);
    const now: (readonly NameChange[])[] = [];
    const later: (readonly NameChange[])[] = [];
    for (const changes of this.#waiting.toReversed()) {
      const isNeeded = changes.some((change) => needed.has(change.directory));
      (isNeeded ? now : later).push(changes);
      if (isNeeded) for (const change of changes) needed.add(change.directory);
    }
    for (const changes of now.toReversed()) applyToDevice(changes);
    this.#waiting = later.toReversed();
  }

  /** The power fails: some of the changes that wait got to the device. */
  losePower(random: SimRandom): void {
    const keepProbability = random.pick([0, 0.5, 0.9, 1]);
    const behind = new Set<SimDirectoryNode>();
    for (const changes of this.#waiting) {
      const isKept =
        changes.every((change) => !behind.has(change.directory)) && random.chance(keepProbability);
      if (isKept) applyToDevice(changes);
      else for (const change of changes) behind.add(change.directory);
    }
    this.#waiting = [];
  }
}

function applyToDevice(changes: readonly NameChange[]): void {
  for (const { directory, name, node } of changes) {
    if (node === undefined) directory.deviceNames.delete(name);
    else directory.deviceNames.set(name, node);
  }
}

/** Every file below a directory, by the names that processes see. */
export function* filesBelow(
  directory: SimDirectoryNode,
  path: string,
): Generator<readonly [string, SimFileNode], void, undefined> {
  for (const name of [...directory.names.keys()].sort()) {
    const node = directory.names.get(name)!;
    if (node.kind === "file") yield [`${path}/${name}`, node];
    else yield* filesBelow(node, `${path}/${name}`);
  }
}

/** After the power failed: the names are those of the device, all the way down. */
export function settleNames(directory: SimDirectoryNode): void {
  directory.names.clear();
  for (const [name, node] of directory.deviceNames) {
    directory.names.set(name, node);
    if (node.kind === "directory") settleNames(node);
  }
}
