import type { WorldClock } from "../simulator/sim-clock.ts";

/** Time as the broker and the clients of a test have it. */
export interface TestTime extends WorldClock {
  /**
   * Resolves once nothing is under way: what was written to connections has arrived, what is to be
   * synced is synced, and all that follows from it without waiting has happened. What waits for a time
   * to come (a long poll, a linger, a session timeout) is not under way.
   */
  settle(): Promise<void>;
  /** Lets so much time pass, with all that happens in it. */
  advance(durationMs: number): Promise<void>;
  /** Runs something with all the time that it takes. */
  passDuring<T>(work: () => Promise<T>): Promise<T>;
  /** Something is under way that this time does not know of, until the returned function is called. */
  begin(): () => void;
  /** Nothing happens any more. */
  close(): void;
}
