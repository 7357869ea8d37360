import { MoldauError, type MoldauErrorOptions } from "../core/errors.ts";

/** A file of ours says something that it cannot say. Whether that is fatal depends on the file. */
export class DamagedFileError extends MoldauError {
  override readonly name = "DamagedFileError";
  readonly path: string;

  constructor(path: string, what: string, cause?: unknown) {
    super(`${path}: ${what}`, { code: "STORAGE_FILE_DAMAGED", cause });
    this.path = path;
  }
}

/** A log directory that cannot be used: wrong node, locked, unformatted, unknown folders. */
export class LogDirectoryError extends MoldauError {
  override readonly name = "LogDirectoryError";
  readonly path: string;

  constructor(path: string, what: string, options: MoldauErrorOptions) {
    super(`${path}: ${what}`, options);
    this.path = path;
  }
}

/** The directory went offline; whoever waits for its device waits in vain. */
export class OfflineDirectoryError extends MoldauError {
  override readonly name = "OfflineDirectoryError";
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super(`log directory ${path} is offline`, { code: "LOG_DIRECTORY_OFFLINE", cause });
    this.path = path;
  }
}

/** The disk is full, so that something a flush needs could not be written. It may be asked for again. */
export class FlushRefusedError extends MoldauError {
  override readonly name = "FlushRefusedError";

  constructor(cause: Error) {
    super(`cannot flush: ${cause.message}`, {
      code: "DISK_FULL",
      retriable: true,
      cause,
      remedy: "Make room on the disk.",
    });
  }
}
