import { crc32c } from "../core/crc32c.ts";
import {
  DiskError,
  type Disk,
  type DiskErrorKind,
  type DiskFile,
  type DiskLock,
  type FileStatus,
} from "../platform/disk.ts";
import type { WorldClock } from "./sim-clock.ts";
import { DiskFaults, type DiskOperation } from "./sim-faults.ts";
import { PAGE_BYTES, type SyncInFlight } from "./sim-file.ts";
import { SimProcessDisk } from "./sim-process-disk.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimTrace } from "./sim-trace.ts";
import {
  filesBelow,
  NameJournal,
  settleNames,
  SimDirectoryNode,
  SimFileNode,
  type SimNode,
} from "./sim-tree.ts";

/** Milliseconds that a device takes. */
export interface DiskDelays {
  readonly syncMs: readonly [min: number, max: number];
  readonly readMs: readonly [min: number, max: number];
}

export interface SimDiskOptions {
  readonly clock: WorldClock;
  readonly random: SimRandom;
  readonly trace?: SimTrace;
  readonly delays?: DiskDelays;
  /** Size of the volume; default 1 TiB. */
  readonly capacityBytes?: number;
}

const DELAYS: DiskDelays = { syncMs: [0.1, 12], readMs: [0.05, 4] };
const CAPACITY_BYTES = 2 ** 40;

/** What a disk and its open files share. */
class Machine {
  readonly clock: WorldClock;
  readonly random: SimRandom;
  readonly trace: SimTrace | undefined;
  delays: DiskDelays;
  readonly faults = new DiskFaults();
  readonly names = new NameJournal();
  /** Counts the processes that used the disk: handles of earlier ones are dead. */
  process = 0;
  capacityBytes: number;
  usedBytes = 0;
  #interruption: { after: number; readonly interrupt: () => void } | undefined;

  constructor(options: SimDiskOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.trace = options.trace;
    this.delays = options.delays ?? DELAYS;
    this.capacityBytes = options.capacityBytes ?? CAPACITY_BYTES;
  }

  delayMs([min, max]: readonly [number, number]): number {
    return min + this.random.fraction() * (max - min);
  }

  set interruption(plan: { readonly after: number; readonly interrupt: () => void } | undefined) {
    this.#interruption = plan === undefined ? undefined : { ...plan };
  }

  /** Counts a call of a process; gives what is to happen in the middle of it, if anything is. */
  count(): (() => void) | undefined {
    const plan = this.#interruption;
    if (plan === undefined || plan.after-- > 0) return undefined;
    this.#interruption = undefined;
    return plan.interrupt;
  }

  /** Counts a call that has no middle: what is planned happens before it, and the process is gone. */
  enter(operation: string, path: string): void {
    const interrupt = this.count();
    if (interrupt === undefined) return;
    interrupt();
    throw this.fail("failed", operation, path, "interrupted");
  }

  /** Throws the failure that is planned for this call. */
  checkFault(operation: DiskOperation, path: string): void {
    const kind = this.faults.take(operation, path);
    if (kind !== undefined) throw this.fail(kind, operation, path, "planned");
  }

  fail(kind: DiskErrorKind, operation: string, path: string, reason: string): DiskError {
    this.trace?.note("disk error", kind, operation, path, reason);
    return new DiskError(kind, operation, path, new Error(reason));
  }
}

class SimDiskFile implements DiskFile {
  readonly path: string;
  readonly #machine: Machine;
  readonly #node: SimFileNode;
  readonly #process: number;
  readonly #isWritable: boolean;
  readonly #release: (node: SimFileNode) => void;
  #isOpen = true;

  constructor(
    machine: Machine,
    path: string,
    node: SimFileNode,
    isWritable: boolean,
    release: (node: SimFileNode) => void,
  ) {
    this.path = path;
    this.#machine = machine;
    this.#node = node;
    this.#process = machine.process;
    this.#isWritable = isWritable;
    this.#release = release;
    node.handles++;
  }

  size(): number {
    this.#checkOpen("stat");
    return this.#node.content.sizeBytes;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#checkOpen("read");
    this.#machine.enter("read", this.path);
    this.#machine.checkFault("read", this.path);
    return this.#node.content.read(target, targetOffset, length, position);
  }

  readAsync(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    const machine = this.#machine;
    return new Promise((resolve, reject) => {
      try {
        this.#checkOpen("read");
        machine.checkFault("read", this.path);
      } catch (thrown) {
        this.#later("disk read", machine.delayMs(machine.delays.readMs), () => reject(thrown));
        return;
      }
      this.#later("disk read", machine.delayMs(machine.delays.readMs), () => {
        resolve(this.#node.content.read(target, targetOffset, length, position));
      });
    });
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    this.#checkOpen("write");
    if (!this.#isWritable) throw this.#fail("other", "write", "not open for writing");
    if (length === 0) return;
    const machine = this.#machine;
    const { content } = this.#node;
    const interrupt = machine.count();
    let possible = length;
    let kind = interrupt === undefined ? machine.faults.take("write", this.path) : undefined;
    if (interrupt !== undefined) {
      possible = machine.random.below(length + 1);
    } else if (kind !== undefined) {
      // What fails in the middle has done a part.
      possible = machine.random.below(length);
    } else {
      const free = machine.capacityBytes - machine.usedBytes;
      while (possible > 0 && content.pagesMissing(possible, position) * PAGE_BYTES > free) {
        kind = "full";
        possible = Math.max(0, possible - ((position + possible) % PAGE_BYTES || PAGE_BYTES));
      }
    }
    if (possible > 0) {
      machine.usedBytes += content.pagesMissing(possible, position) * PAGE_BYTES;
      content.write(bytes, offset, possible, position);
      this.#node.modifiedMs = machine.clock.nowMs();
    }
    machine.trace?.note(
      "disk write",
      this.path,
      position,
      possible,
      crc32c(bytes, offset, offset + possible),
    );
    if (interrupt !== undefined) {
      interrupt();
      throw this.#fail("failed", "write", "interrupted");
    }
    if (kind !== undefined) throw this.#fail(kind, "write", `${possible} of ${length} bytes`);
  }

  truncate(sizeBytes: number): void {
    this.#checkOpen("truncate");
    if (!this.#isWritable) throw this.#fail("other", "truncate", "not open for writing");
    this.#machine.enter("truncate", this.path);
    this.#machine.checkFault("truncate", this.path);
    const { content } = this.#node;
    const before = content.allocatedBytes;
    content.truncate(sizeBytes);
    this.#machine.usedBytes += content.allocatedBytes - before;
    this.#node.modifiedMs = this.#machine.clock.nowMs();
    this.#machine.trace?.note("disk truncate", this.path, sizeBytes);
  }

  datasync(): Promise<void> {
    const machine = this.#machine;
    const node = this.#node;
    return new Promise((resolve, reject) => {
      let sync: SyncInFlight;
      try {
        this.#checkOpen("fdatasync");
        machine.enter("fdatasync", this.path);
        sync = node.content.beginSync();
      } catch (thrown) {
        this.#later("disk sync", 0, () => reject(thrown));
        return;
      }
      const kind = machine.faults.take("sync", this.path);
      const nowMs = machine.clock.monotonicMs();
      node.syncedAtMs = Math.max(node.syncedAtMs, nowMs + machine.delayMs(machine.delays.syncMs));
      machine.clock.schedule(node.syncedAtMs - nowMs, "disk sync", () => {
        machine.trace?.note("disk synced", this.path, kind ?? "done");
        // The device goes on when the process that asked is gone.
        if (kind === undefined) node.content.completeSync(sync);
        else node.content.failSync(sync);
        if (this.#process !== machine.process) return;
        if (kind === undefined) resolve();
        else reject(this.#fail(kind, "fdatasync", "planned"));
      });
    });
  }

  datasyncNow(): void {
    this.#checkOpen("fdatasync");
    this.#machine.enter("fdatasync", this.path);
    const { content } = this.#node;
    const kind = this.#machine.faults.take("sync", this.path);
    const sync = content.beginSync();
    if (kind === undefined) {
      content.completeSync(sync);
      this.#machine.trace?.note("disk synced", this.path, "now");
      return;
    }
    content.failSync(sync);
    throw this.#fail(kind, "fdatasync", "planned");
  }

  close(): void {
    this.#checkOpen("close");
    this.#isOpen = false;
    this.#node.handles--;
    this.#release(this.#node);
  }

  /** Calls back when the device is done, unless the process is gone by then. */
  #later(label: string, delayMs: number, done: () => void): void {
    this.#machine.clock.schedule(delayMs, label, () => {
      if (this.#process === this.#machine.process) done();
    });
  }

  #checkOpen(operation: string): void {
    if (this.#process !== this.#machine.process) {
      throw this.#fail("failed", operation, "the process that opened the file is gone");
    }
    if (!this.#isOpen) throw this.#fail("other", operation, "the file is closed");
  }

  #fail(kind: DiskErrorKind, operation: string, reason: string): DiskError {
    return this.#machine.fail(kind, operation, this.path, reason);
  }
}

/**
 * A disk in memory under a seed. It keeps apart what was written and what was synced, for the content
 * of files and for names in directories. Asynchronous calls complete through the clock.
 *
 * `killProcess` is `kill -9`: handles and locks go, the page cache stays. `losePower` also takes what
 * was not synced: a random part of it survives, the last page of which may be torn.
 */
export class SimDisk implements Disk {
  readonly #machine: Machine;
  readonly #root: SimDirectoryNode;
  #nextId = 1;

  constructor(options: SimDiskOptions) {
    this.#machine = new Machine(options);
    this.#root = new SimDirectoryNode(options.clock.nowMs());
  }

  /** Failures to come. */
  get faults(): DiskFaults {
    return this.#machine.faults;
  }

  /** Size of the volume; may be set below what is used, then every new page is refused. */
  get capacityBytes(): number {
    return this.#machine.capacityBytes;
  }

  set capacityBytes(bytes: number) {
    this.#machine.capacityBytes = bytes;
  }

  get usedBytes(): number {
    return this.#machine.usedBytes;
  }

  /** What the device takes from now on. */
  get delays(): DiskDelays {
    return this.#machine.delays;
  }

  set delays(delays: DiskDelays) {
    this.#machine.delays = delays;
  }

  /** The disk as the process that runs now has it: it refuses everything once that is gone. */
  forProcess(): SimProcessDisk {
    const machine = this.#machine;
    const { process } = machine;
    return new SimProcessDisk(this, {
      isAlive: () => process === machine.process,
      enter: (operation, path) => machine.enter(operation, path),
    });
  }

  /**
   * Plans what happens in the middle of a call of the process, after so many others that touch the
   * device: `interrupt` is to end the process. A write may then be done in part.
   */
  interruptAfter(calls: number, interrupt: () => void): void {
    this.#machine.interruption = { after: calls, interrupt };
  }

  /** Nothing is interrupted any more. */
  clearInterruption(): void {
    this.#machine.interruption = undefined;
  }

  /** The process that uses the disk dies. What it has written stays, synced or not. */
  killProcess(): void {
    this.#machine.process++;
    this.#machine.trace?.note("disk process killed");
    this.#recount();
  }

  /** The power fails, and the process with it. What was not synced may be gone, or torn. */
  losePower(): void {
    const { random, names } = this.#machine;
    const files = new Set<SimFileNode>();
    for (const [, node] of filesBelow(this.#root, "")) files.add(node);
    this.killProcess();
    names.losePower(random);
    settleNames(this.#root);
    for (const [, node] of filesBelow(this.#root, "")) files.add(node);
    for (const node of files) node.content.losePower(random);
    for (const [path, node] of filesBelow(this.#root, "")) {
      this.#machine.trace?.note("disk after power loss", path, node.content.sizeBytes);
    }
    this.#recount();
  }

  /** Flips bits of one byte of a file, on the device and in the page cache. */
  flipBits(path: string, position: number, mask: number): void {
    this.#fileAt(path, "flip").content.flip(position, mask);
    this.#machine.trace?.note("disk bits flipped", path, position, mask);
  }

  /** Flips one bit somewhere in `[start, end)` of a file; returns where. */
  flipRandomBit(path: string, start: number, end: number): number {
    const position = this.#machine.random.between(start, end - 1);
    this.flipBits(path, position, 1 << this.#machine.random.below(8));
    return position;
  }

  /** Paths of all files, sorted; for checkers. */
  files(): string[] {
    return [...filesBelow(this.#root, "")].map(([path]) => path);
  }

  /** Whether the file's content is on the device as it is. */
  isSynced(path: string): boolean {
    return !this.#fileAt(path, "stat").content.isDirty;
  }

  /** How much of a file was ever synced: what lies beyond may be lost. */
  syncedSizeOf(path: string): number {
    return this.#fileAt(path, "stat").content.deviceSizeBytes;
  }

  open(path: string, mode: "read" | "write" | "create"): DiskFile {
    this.#machine.checkFault("open", path);
    const existing = this.#find(path);
    if (existing?.kind === "directory") {
      if (mode === "create") throw this.#fail("exists", "open", path, "exists");
      throw this.#fail("other", "open", path, "is a directory");
    }
    if (existing !== undefined && mode === "create") {
      throw this.#fail("exists", "open", path, "exists");
    }
    if (existing === undefined && mode === "read") {
      throw this.#fail("not-found", "open", path, "no such file");
    }
    const node = existing ?? this.#createFile(path);
    return new SimDiskFile(this.#machine, path, node, mode !== "read", this.#releaseNode);
  }

  readFile(path: string): Buffer {
    const { content } = this.#fileAt(path, "read");
    this.#machine.checkFault("read", path);
    const bytes = Buffer.allocUnsafe(content.sizeBytes);
    content.read(bytes, 0, bytes.length, 0);
    return bytes;
  }

  list(path: string): string[] {
    return [...this.#directoryAt(path, "list").names.keys()].sort();
  }

  status(path: string): FileStatus | undefined {
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const sizeBytes = node.kind === "file" ? node.content.sizeBytes : PAGE_BYTES;
    return { kind: node.kind, sizeBytes, modifiedMs: node.modifiedMs };
  }

  makeDirectory(path: string): void {
    this.#machine.checkFault("name", path);
    const parts = partsOf(path);
    let directory = this.#root;
    parts.forEach((name, index) => {
      const node = directory.names.get(name);
      if (node?.kind === "file") {
        const kind = index === parts.length - 1 ? "exists" : "not-found";
        throw this.#fail(kind, "mkdir", path, "a file is in the way");
      }
      const next = node ?? new SimDirectoryNode(this.#machine.clock.nowMs());
      if (node === undefined) this.#machine.names.change([{ directory, name, node: next }]);
      directory = next;
    });
    this.#machine.trace?.note("disk mkdir", path);
  }

  rename(from: string, to: string): void {
    this.#machine.checkFault("name", from);
    const node = this.#find(from);
    if (node === undefined) throw this.#fail("not-found", "rename", from, "no such file");
    const source = this.#parentAt(from, "rename");
    const target = this.#parentAt(to, "rename");
    const replaced = target.directory.names.get(target.name);
    if (replaced === node) return;
    this.#checkReplaceable(node, replaced, to);
    this.#machine.names.change([
      { directory: source.directory, name: source.name, node: undefined },
      { directory: target.directory, name: target.name, node },
    ]);
    if (replaced?.kind === "file") this.#releaseNode(replaced);
    this.#machine.trace?.note("disk rename", from, to);
  }

  remove(path: string): void {
    this.#machine.checkFault("name", path);
    const node = this.#find(path);
    if (node === undefined) return;
    if (node.kind === "directory") throw this.#fail("other", "remove", path, "is a directory");
    const { directory, name } = this.#parentAt(path, "remove");
    this.#machine.names.change([{ directory, name, node: undefined }]);
    this.#releaseNode(node);
    this.#machine.trace?.note("disk remove", path);
  }

  removeTree(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    if (node.kind === "file") {
      this.remove(path);
      return;
    }
    // One name after the other, so that a loss of power can leave a part.
    for (const name of [...node.names.keys()].sort()) this.removeTree(`${path}/${name}`);
    this.#machine.checkFault("name", path);
    const { directory, name } = this.#parentAt(path, "remove");
    this.#machine.names.change([{ directory, name, node: undefined }]);
    this.#machine.trace?.note("disk rmdir", path);
  }

  syncDirectory(path: string): void {
    const directory = this.#directoryAt(path, "fsync");
    this.#machine.checkFault("sync", path);
    this.#machine.names.sync(directory);
    this.#machine.trace?.note("disk directory synced", path);
  }

  syncDirectoryAsync(path: string): Promise<void> {
    const machine = this.#machine;
    const { process } = machine;
    return new Promise((resolve, reject) => {
      machine.clock.schedule(machine.delayMs(machine.delays.syncMs), "disk sync", () => {
        if (process !== machine.process) return;
        try {
          this.syncDirectory(path);
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  setModified(path: string, modifiedMs: number): void {
    const node = this.#find(path);
    if (node === undefined) throw this.#fail("not-found", "utimes", path, "no such file");
    node.modifiedMs = modifiedMs;
  }

  setPermissions(path: string, mode: number): void {
    const node = this.#find(path);
    if (node === undefined) throw this.#fail("not-found", "chmod", path, "no such file");
    if (node.kind === "file") node.permissions = mode;
  }

  lock(path: string): DiskLock | undefined {
    const found = this.#find(path);
    if (found?.kind === "directory") throw this.#fail("other", "lock", path, "is a directory");
    const node = found ?? this.#createFile(path);
    if (node.isLocked) return undefined;
    node.isLocked = true;
    const { process } = this.#machine;
    return {
      release: () => {
        if (process === this.#machine.process) node.isLocked = false;
      },
    };
  }

  space(path: string): { readonly freeBytes: number; readonly totalBytes: number } {
    if (this.#find(path) === undefined) {
      throw this.#fail("not-found", "statfs", path, "no such file");
    }
    const { capacityBytes, usedBytes } = this.#machine;
    return { freeBytes: Math.max(0, capacityBytes - usedBytes), totalBytes: capacityBytes };
  }

  /** Frees the content of a file that has neither names nor handles. */
  readonly #releaseNode = (node: SimFileNode): void => {
    if (node.handles === 0 && node.names === 0) {
      this.#machine.usedBytes -= node.content.allocatedBytes;
    }
  };

  /** After a process died: nothing is open or locked, and what has no name is gone. */
  #recount(): void {
    let bytes = 0;
    for (const [, node] of filesBelow(this.#root, "")) {
      node.isLocked = false;
      node.handles = 0;
      node.names = 1;
      bytes += node.content.allocatedBytes;
    }
    this.#machine.usedBytes = bytes;
  }

  #createFile(path: string): SimFileNode {
    const { directory, name } = this.#parentAt(path, "open");
    const node = new SimFileNode(this.#nextId++, this.#machine.clock.nowMs());
    this.#machine.names.change([{ directory, name, node }]);
    this.#machine.trace?.note("disk create", path);
    return node;
  }

  #checkReplaceable(node: SimNode, replaced: SimNode | undefined, to: string): void {
    if (replaced === undefined) return;
    if (node.kind === "file" && replaced.kind === "directory") {
      throw this.#fail("other", "rename", to, "is a directory");
    }
    if (node.kind === "directory" && replaced.kind === "file") {
      throw this.#fail("not-found", "rename", to, "is no directory");
    }
    if (replaced.kind === "directory" && replaced.names.size > 0) {
      throw this.#fail("other", "rename", to, "directory not empty");
    }
  }

  #find(path: string): SimNode | undefined {
    let node: SimNode = this.#root;
    for (const name of partsOf(path)) {
      if (node.kind === "file") return undefined;
      const next: SimNode | undefined = node.names.get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  #fileAt(path: string, operation: string): SimFileNode {
    const node = this.#find(path);
    if (node === undefined) throw this.#fail("not-found", operation, path, "no such file");
    if (node.kind === "directory") throw this.#fail("other", operation, path, "is a directory");
    return node;
  }

  #directoryAt(path: string, operation: string): SimDirectoryNode {
    const node = this.#find(path);
    if (node?.kind !== "directory") {
      throw this.#fail("not-found", operation, path, "no such directory");
    }
    return node;
  }

  #parentAt(path: string, operation: string): { directory: SimDirectoryNode; name: string } {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw this.#fail("other", operation, path, "the root");
    return { directory: this.#directoryAt(parts.join("/"), operation), name };
  }

  #fail(kind: DiskErrorKind, operation: string, path: string, reason: string): DiskError {
    return this.#machine.fail(kind, operation, path, reason);
  }
}

/** The names along a path. Relative paths begin at the root here. */
function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts;
}
