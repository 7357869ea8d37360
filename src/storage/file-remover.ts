import { messageOf } from "../core/errors.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { LogDirectory } from "./log-directory.ts";

/**
 * Removes files and folders some time after they were put aside, one file at a time, because the
 * file system takes its time for large ones. What a stop leaves is removed at the next start.
 */
export class FileRemover {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timers = new Set<Timer>();
  readonly #queue: { readonly directory: LogDirectory; readonly path: string }[] = [];
  #isRunning = false;
  #isStopped = false;

  constructor(disk: Disk, clock: Clock, logger: Logger) {
    this.#disk = disk;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Removes files, or folders with all files in them. */
  removeLater(directory: LogDirectory, paths: readonly string[], delayMs: number): void {
    if (this.#isStopped || paths.length === 0) return;
    if (delayMs <= 0) {
      this.#enqueue(directory, paths);
      return;
    }
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      this.#enqueue(directory, paths);
    });
    this.#timers.add(timer);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#queue.length = 0;
  }

  #enqueue(directory: LogDirectory, paths: readonly string[]): void {
    for (const path of paths) this.#queue.push({ directory, path });
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#clock.defer(() => this.#step());
  }

  #step(): void {
    const next = this.#queue.shift();
    if (next === undefined) {
      this.#isRunning = false;
      return;
    }
    if (!next.directory.isOffline) this.#remove(next.directory, next.path);
    this.#clock.defer(() => this.#step());
  }

  #remove(directory: LogDirectory, path: string): void {
    try {
      if (this.#disk.status(path)?.kind !== "directory") {
        this.#disk.remove(path);
        return;
      }
      const [name] = this.#disk.list(path);
      if (name === undefined) {
        this.#disk.removeTree(path);
        return;
      }
      this.#disk.removeTree(`${path}/${name}`);
      this.#queue.push({ directory, path });
    } catch (error) {
      this.#logger.warn(`cannot remove ${path}: ${messageOf(error)}`);
    }
  }
}
