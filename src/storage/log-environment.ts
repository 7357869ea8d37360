import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { OpenFiles } from "./log-file.ts";
import type { ReadAhead } from "./read-ahead.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import type { TailCache } from "./tail-cache.ts";

/** A log as far as it has to reach the device. */
export interface UnflushedLog {
  readonly unflushedBytes: number;
  readonly isOffline: boolean;
  flush(options: { readonly complete: boolean }): Promise<void>;
}

/** What all logs of a node share. */
export interface LogEnvironment {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly openFiles: OpenFiles;
  readonly readBuffers: ReadBuffers;
  readonly tailCache: TailCache;
  readonly readAhead: ReadAhead;
  /** `producer.id.expiration.ms`. */
  readonly producerIdExpirationMs: number;
  /** Unlinks files that have their `.deleted` name after a while. */
  unlinkLater(directory: LogDirectory, paths: readonly string[], delayMs: number): void;
  /** `bytes` more of the log are not on the device. */
  onUnflushed(log: UnflushedLog, bytes: number): void;
  /** A log in the directory is being cut; its recovery point moved back. */
  onTruncated(directory: LogDirectory): void;
}
