import {
  DiskError,
  type Disk,
  type DiskFile,
  type DiskLock,
  type FileStatus,
} from "../platform/disk.ts";

/** What the disk knows of the process that uses it. */
export interface DiskUser {
  isAlive(): boolean;
  /** Counts a call; throws when the process ends in it. */
  enter(operation: string, path: string): void;
}

/**
 * A disk as one process has it. A process that was ended in the middle of its work still runs to the
 * end of its turn, as the simulator cannot take a call stack away: from then on it achieves nothing.
 */
export class SimProcessDisk implements Disk {
  readonly #disk: Disk;
  readonly #user: DiskUser;

  constructor(disk: Disk, user: DiskUser) {
    this.#disk = disk;
    this.#user = user;
  }

  open(path: string, mode: "read" | "write" | "create"): DiskFile {
    this.#change("open", path);
    return this.#disk.open(path, mode);
  }

  readFile(path: string): Buffer {
    this.#change("read", path);
    return this.#disk.readFile(path);
  }

  list(path: string): string[] {
    this.#look("list", path);
    return this.#disk.list(path);
  }

  status(path: string): FileStatus | undefined {
    this.#look("stat", path);
    return this.#disk.status(path);
  }

  makeDirectory(path: string): void {
    this.#change("mkdir", path);
    this.#disk.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#change("rename", from);
    this.#disk.rename(from, to);
  }

  remove(path: string): void {
    this.#change("remove", path);
    this.#disk.remove(path);
  }

  removeTree(path: string): void {
    this.#change("remove", path);
    this.#disk.removeTree(path);
  }

  syncDirectory(path: string): void {
    this.#change("fsync", path);
    this.#disk.syncDirectory(path);
  }

  syncDirectoryAsync(path: string): Promise<void> {
    try {
      this.#change("fsync", path);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return this.#disk.syncDirectoryAsync(path);
  }

  setModified(path: string, modifiedMs: number): void {
    this.#change("utimes", path);
    this.#disk.setModified(path, modifiedMs);
  }

  setPermissions(path: string, mode: number): void {
    this.#change("chmod", path);
    this.#disk.setPermissions(path, mode);
  }

  lock(path: string): DiskLock | undefined {
    this.#change("lock", path);
    return this.#disk.lock(path);
  }

  space(path: string): { readonly freeBytes: number; readonly totalBytes: number } {
    this.#look("statfs", path);
    return this.#disk.space(path);
  }

  #look(operation: string, path: string): void {
    if (this.#user.isAlive()) return;
    throw new DiskError("failed", operation, path, new Error("the process is gone"));
  }

  #change(operation: string, path: string): void {
    this.#look(operation, path);
    this.#user.enter(operation, path);
  }
}
