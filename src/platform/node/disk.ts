import * as fs from "node:fs";
import { createRequire } from "node:module";
import {
  DiskError,
  parentOf,
  type Disk,
  type DiskErrorKind,
  type DiskFile,
  type DiskLock,
  type FileStatus,
} from "../disk.ts";

const openFlags = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR | fs.constants.O_CREAT,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
} as const;

const kindOfCode: Readonly<Record<string, DiskErrorKind>> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EEXIST: "exists",
  ENOSPC: "full",
  EDQUOT: "full",
  // No room in a table of open files: it passes, and says nothing about the device.
  EMFILE: "full",
  ENFILE: "full",
  EIO: "failed",
  EROFS: "denied",
  EACCES: "denied",
  EPERM: "denied",
};

function diskError(operation: string, path: string, thrown: unknown): DiskError {
  if (thrown instanceof DiskError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return new DiskError(kindOfCode[code] ?? "other", operation, path, thrown);
}

function guarded<T>(operation: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw diskError(operation, path, thrown);
  }
}

class NodeDiskFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    return guarded("stat", this.path, () => fs.fstatSync(this.#fd).size);
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    try {
      let done = 0;
      while (done < length) {
        const count = fs.readSync(
          this.#fd,
          target,
          targetOffset + done,
          length - done,
          position + done,
        );
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (thrown) {
      throw diskError("read", this.path, thrown);
    }
  }

  readAsync(
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, target, targetOffset, length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(diskError("read", this.path, error));
      });
    });
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    try {
      let done = 0;
      while (done < length) {
        done += fs.writeSync(this.#fd, bytes, offset + done, length - done, position + done);
      }
    } catch (thrown) {
      throw diskError("write", this.path, thrown);
    }
  }

  truncate(sizeBytes: number): void {
    guarded("truncate", this.path, () => fs.ftruncateSync(this.#fd, sizeBytes));
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(diskError("fdatasync", this.path, error));
      });
    });
  }

  datasyncNow(): void {
    guarded("fdatasync", this.path, () => fs.fdatasyncSync(this.#fd));
  }

  close(): void {
    guarded("close", this.path, () => fs.closeSync(this.#fd));
  }
}

/**
 * Makes a directory and its parents. Node's own way (`recursive`) never returns where a parent is there
 * and the system says of its child that it is not, as below `/proc`.
 */
function makeDirectories(path: string): void {
  if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = parentOf(path);
  if (parent !== path && fs.statSync(parent, { throwIfNoEntry: false }) === undefined) {
    makeDirectories(parent);
  }
  fs.mkdirSync(path);
}

interface FsNativeExtensions {
  /** An exclusive record lock of the open file description; false when it is taken. */
  readonly tryLock: (fd: number) => boolean;
  readonly unlock: (fd: number) => void;
}

function lockFile(path: string): DiskLock | undefined {
  // Node has no fcntl locks. Those of fs-native-extensions collide with Java's FileLock, which
  // flock(2) would not.
  const { tryLock, unlock } = createRequire(import.meta.url)(
    "fs-native-extensions",
  ) as FsNativeExtensions;
  const fd = fs.openSync(path, openFlags.write, 0o644);
  if (!tryLock(fd)) {
    fs.closeSync(fd);
    return undefined;
  }
  return {
    release() {
      unlock(fd);
      fs.closeSync(fd);
    },
  };
}

/** The machine's files. */
export const nodeDisk: Disk = {
  open: (path, mode) =>
    guarded("open", path, () => new NodeDiskFile(path, fs.openSync(path, openFlags[mode], 0o644))),
  readFile: (path) => guarded("read", path, () => fs.readFileSync(path)),
  list: (path) => guarded("list", path, () => fs.readdirSync(path).sort()),
  status(path): FileStatus | undefined {
    const stats = guarded("stat", path, () => fs.statSync(path, { throwIfNoEntry: false }));
    if (stats === undefined) return undefined;
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
    return { kind, sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
  },
  makeDirectory(path) {
    guarded("mkdir", path, () => makeDirectories(path));
  },
  rename: (from, to) => guarded("rename", from, () => fs.renameSync(from, to)),
  remove: (path) => guarded("remove", path, () => fs.rmSync(path, { force: true })),
  removeTree: (path) =>
    guarded("remove", path, () => fs.rmSync(path, { force: true, recursive: true })),
  syncDirectory(path) {
    guarded("fsync", path, () => {
      const fd = fs.openSync(path, "r");
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  },
  syncDirectoryAsync: (path) =>
    new Promise((resolve, reject) => {
      fs.open(path, "r", (openError, fd) => {
        if (openError !== null) {
          reject(diskError("fsync", path, openError));
          return;
        }
        fs.fsync(fd, (syncError) => {
          fs.close(fd, () => {
            if (syncError === null) resolve();
            else reject(diskError("fsync", path, syncError));
          });
        });
      });
    }),
  setModified: (path, modifiedMs) =>
    guarded("utimes", path, () => fs.utimesSync(path, modifiedMs / 1000, modifiedMs / 1000)),
  setPermissions: (path, mode) => guarded("chmod", path, () => fs.chmodSync(path, mode)),
  lock: (path) => guarded("lock", path, () => lockFile(path)),
  space(path) {
    const stats = guarded("statfs", path, () => fs.statfsSync(path));
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
  },
};
