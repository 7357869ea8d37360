/** A timer that has not fired can be cancelled; afterwards cancelling does nothing. */
export interface Timer {
  cancel(): void;
}

/** The door to time. Nothing outside `platform/` asks the machine what time it is. */
export interface Clock {
  /** Wall clock in milliseconds since 1970; may jump either way. For timestamps in records. */
  nowMs(): number;
  /** Milliseconds, fractional, from an arbitrary start; never goes back. For durations. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs` (0 = as soon as the loop is free). */
  setTimer(delayMs: number, fire: () => void): Timer;
  /** Calls `fire` after the events that are ready now; for yielding within long work. */
  defer(fire: () => void): void;
}
