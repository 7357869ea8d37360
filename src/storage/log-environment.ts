import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { Log } from "./log.ts";
import type { OpenFiles } from "./log-file.ts";
import type { ReadAhead } from "./read-ahead.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import type { TailCache } from "./tail-cache.ts";

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
  onUnflushed(log: Log, bytes: number): void;
  /** The log was cut; its recovery point moved back. */
  onTruncated(log: Log): void;
}
