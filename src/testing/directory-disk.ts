import {
  DiskError,
  type Disk,
  type DiskErrorKind,
  type DiskFile,
  type DiskLock,
  type FileStatus,
} from "../platform/disk.ts";
import { nodeDisk } from "../platform/node/disk.ts";
import { DiskFaults, type DiskOperation } from "../simulator/sim-faults.ts";
import { SimProcessDisk } from "../simulator/sim-process-disk.ts";
import type { TestTime } from "./test-time.ts";

/** What a process holds of the machine, which the machine would take back when it ends. */
interface Held {
  close(): void;
}

/**
 * The machine's disk as the broker of a test uses it: calls can be made to fail, and a broker that is
 * killed leaves no file or lock open behind it.
 */
export class DirectoryDisk {
  readonly faults = new DiskFaults();
  readonly #time: TestTime;
  readonly #held = new Set<Held>();
  readonly #running = new Set<Promise<unknown>>();
  #process = 0;

  constructor(time: TestTime) {
    this.#time = time;
  }

  /** The disk as the broker that runs now has it: it refuses everything once that is gone. */
  forProcess(): Disk {
    const process = this.#process;
    const isAlive = (): boolean => process === this.#process;
    const disk = new FailingDisk(this.faults, {
      hold: (held) => this.#held.add(held),
      release: (held) => this.#held.delete(held),
      isAlive,
      during: (call) => this.#during(call),
    });
    return new SimProcessDisk(disk, { isAlive, enter: () => undefined });
  }

  /** The broker is gone: what it had open is closed, once the machine is done with what was under way. */
  async killProcess(): Promise<void> {
    this.#process++;
    const held = [...this.#held];
    this.#held.clear();
    await Promise.allSettled(this.#running);
    for (const one of held) one.close();
  }

  #during<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#time.begin();
    const running = call().finally(() => {
      this.#running.delete(running);
      done();
    });
    this.#running.add(running);
    return running;
  }
}

interface Keeper {
  hold(held: Held): void;
  release(held: Held): void;
  isAlive(): boolean;
  /** Runs a call that the machine takes its time for. */
  during<T>(call: () => Promise<T>): Promise<T>;
}

/** The machine's disk with the failures that are planned. */
class FailingDisk implements Disk {
  readonly #faults: DiskFaults;
  readonly #keeper: Keeper;

  constructor(faults: DiskFaults, keeper: Keeper) {
    this.#faults = faults;
    this.#keeper = keeper;
  }

  open(path: string, mode: "read" | "write" | "create"): DiskFile {
    checkFault(this.#faults, "open", path);
    return new FailingFile(nodeDisk.open(path, mode), this.#faults, this.#keeper);
  }

  readFile(path: string): Buffer {
    checkFault(this.#faults, "read", path);
    return nodeDisk.readFile(path);
  }

  list(path: string): string[] {
    return nodeDisk.list(path);
  }

  status(path: string): FileStatus | undefined {
    return nodeDisk.status(path);
  }

  makeDirectory(path: string): void {
    checkFault(this.#faults, "name", path);
    nodeDisk.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    checkFault(this.#faults, "name", from);
    nodeDisk.rename(from, to);
  }

  remove(path: string): void {
    checkFault(this.#faults, "name", path);
    nodeDisk.remove(path);
  }

  removeTree(path: string): void {
    checkFault(this.#faults, "name", path);
    nodeDisk.removeTree(path);
  }

  syncDirectory(path: string): void {
    checkFault(this.#faults, "sync", path);
    nodeDisk.syncDirectory(path);
  }

  syncDirectoryAsync(path: string): Promise<void> {
    return this.#keeper.during(async () => {
      checkFault(this.#faults, "sync", path);
      await nodeDisk.syncDirectoryAsync(path);
    });
  }

  setModified(path: string, modifiedMs: number): void {
    nodeDisk.setModified(path, modifiedMs);
  }

  setPermissions(path: string, mode: number): void {
    nodeDisk.setPermissions(path, mode);
  }

  lock(path: string): DiskLock | undefined {
    const lock = nodeDisk.lock(path);
    if (lock === undefined) return undefined;
    const keeper = this.#keeper;
    const held: Held = { close: () => lock.release() };
    keeper.hold(held);
    return {
      release() {
        keeper.release(held);
        if (keeper.isAlive()) lock.release();
      },
    };
  }

  space(path: string): { readonly freeBytes: number; readonly totalBytes: number } {
    return nodeDisk.space(path);
  }
}

class FailingFile implements DiskFile {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #faults: DiskFaults;
  readonly #keeper: Keeper;

  constructor(file: DiskFile, faults: DiskFaults, keeper: Keeper) {
    this.path = file.path;
    this.#file = file;
    this.#faults = faults;
    this.#keeper = keeper;
    keeper.hold(file);
  }

  size(): number {
    this.#checkAlive("stat");
    return this.#file.size();
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#checkAlive("read");
    checkFault(this.#faults, "read", this.path);
    return this.#file.read(target, targetOffset, length, position);
  }

  readAsync(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.#keeper.during(async () => {
      this.#checkAlive("read");
      checkFault(this.#faults, "read", this.path);
      return this.#file.readAsync(target, targetOffset, length, position);
    });
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    this.#checkAlive("write");
    checkFault(this.#faults, "write", this.path);
    this.#file.write(bytes, offset, length, position);
  }

  truncate(sizeBytes: number): void {
    this.#checkAlive("truncate");
    checkFault(this.#faults, "truncate", this.path);
    this.#file.truncate(sizeBytes);
  }

  datasync(): Promise<void> {
    return this.#keeper.during(async () => {
      this.#checkAlive("fdatasync");
      checkFault(this.#faults, "sync", this.path);
      await this.#file.datasync();
    });
  }

  datasyncNow(): void {
    this.#checkAlive("fdatasync");
    checkFault(this.#faults, "sync", this.path);
    this.#file.datasyncNow();
  }

  close(): void {
    // A broker that is gone has had its files closed for it.
    if (!this.#keeper.isAlive()) return;
    this.#keeper.release(this.#file);
    this.#file.close();
  }

  #checkAlive(operation: string): void {
    if (this.#keeper.isAlive()) return;
    throw new DiskError("failed", operation, this.path, new Error("the process is gone"));
  }
}

function checkFault(faults: DiskFaults, operation: DiskOperation, path: string): void {
  const kind: DiskErrorKind | undefined = faults.take(operation, path);
  if (kind !== undefined) throw new DiskError(kind, operation, path, new Error("planned"));
}
