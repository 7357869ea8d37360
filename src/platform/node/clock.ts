import type { Clock, Timer } from "../clock.ts";

/** The longest delay that Node's timers take. */
const TIMER_DELAY_MAX_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs: number, fire: () => void): Timer {
    const handle = setTimeout(fire, Math.min(delayMs, TIMER_DELAY_MAX_MS));
    return { cancel: () => clearTimeout(handle) };
  },
  defer(fire: () => void): void {
    setImmediate(fire);
  },
};
