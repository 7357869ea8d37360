import { MoldauError } from "../core/errors.ts";

/**
 * Why the disk refused. `failed` covers every error that says the device cannot be trusted (EIO), `full`
 * all that pass when room is made: on the disk, in a quota, among open files.
 */
export type DiskErrorKind = "not-found" | "exists" | "full" | "failed" | "denied" | "other";

/** A disk operation that did not happen, or of which it is unknown what happened. */
export class DiskError extends MoldauError {
  override readonly name = "DiskError";
  readonly kind: DiskErrorKind;
  readonly path: string;

  constructor(kind: DiskErrorKind, operation: string, path: string, cause?: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    super(`${operation} ${path} (${kind})${reason}`, { code: `DISK_${kind.toUpperCase()}`, cause });
    this.kind = kind;
    this.path = path;
  }
}

export interface FileStatus {
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * An open file. Reads and writes are synchronous: they go to the page cache, where a system call is
 * cheaper than a trip to a thread pool. What must reach the device is asynchronous.
 */
export interface DiskFile {
  readonly path: string;
  /** Size now, in bytes. */
  size(): number;
  /** Reads up to `length` bytes at `position`; returns how many there were. */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): number;
  /** Like {@link read}, off the loop; for data that is probably not in the page cache. */
  readAsync(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number>;
  /** Writes all of `bytes[offset, offset + length)` at `position`, or throws {@link DiskError}; then part may be written. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): void;
  /** Cuts or (sparsely) grows the file. */
  truncate(sizeBytes: number): void;
  /** Resolves when data and size are on the device. A rejection means unsynced data may be lost for good: never retry. */
  datasync(): Promise<void>;
  /** The same, blocking. */
  datasyncNow(): void;
  close(): void;
}

/** Held until released or the process ends; keeps out other processes, Apache Kafka's among them. */
export interface DiskLock {
  release(): void;
}

/**
 * The door to files. Paths are absolute or relative to the process; separators are `/`.
 * Every method throws {@link DiskError} and nothing else.
 */
export interface Disk {
  /** Opens a file: `read` must exist; `write` reads and writes, created when absent; `create` must not exist. */
  open(path: string, mode: "read" | "write" | "create"): DiskFile;
  /** The whole file. */
  readFile(path: string): Buffer;
  /** Names in a directory, sorted. */
  list(path: string): string[];
  /** `undefined` when there is nothing at the path. */
  status(path: string): FileStatus | undefined;
  /** Creates a directory and its parents; does nothing when it is there. */
  makeDirectory(path: string): void;
  /** Atomic; replaces a file at `to`. */
  rename(from: string, to: string): void;
  /** Removes one file; does nothing when absent. */
  remove(path: string): void;
  /** Removes a directory and all in it; does nothing when absent. */
  removeTree(path: string): void;
  /** Makes names in a directory durable (after create, rename, remove). */
  syncDirectory(path: string): void;
  /** The same, off the loop. */
  syncDirectoryAsync(path: string): Promise<void>;
  /** Modification time of a file. */
  setModified(path: string, modifiedMs: number): void;
  /** Permission bits of a file, such as 0o400. */
  setPermissions(path: string, mode: number): void;
  /** Creates `path` if absent and locks it (POSIX record lock); `undefined` when somebody else holds it. */
  lock(path: string): DiskLock | undefined;
  /** Bytes that can still be written below `path`, and the size of the volume. */
  space(path: string): { readonly freeBytes: number; readonly totalBytes: number };
}

/**
 * Replaces the file at `path` as a whole, durably: writes `<path>.tmp`, syncs it, renames it over
 * `path`, syncs the directory. After a crash the file is the old one or the new one.
 */
export function writeFileAtomically(disk: Disk, path: string, content: Uint8Array): void {
  const temporary = `${path}.tmp`;
  const file = disk.open(temporary, "write");
  try {
    file.truncate(0);
    file.write(content, 0, content.length, 0);
    file.datasyncNow();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  disk.syncDirectory(parentOf(path));
}

/** Like {@link writeFileAtomically}, waiting for the device off the loop. One at a time for a path. */
export async function writeFileAtomicallyAsync(
  disk: Disk,
  path: string,
  content: Uint8Array,
): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = disk.open(temporary, "write");
  try {
    file.truncate(0);
    file.write(content, 0, content.length, 0);
    await file.datasync();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  await disk.syncDirectoryAsync(parentOf(path));
}

/** The directory that holds `path`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}
