import { MoldauError } from "../core/errors.ts";
import type { Timer } from "../platform/clock.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { promisesSettled, TIMER } from "../simulator/sim-clock.ts";
import type { TestTime } from "./test-time.ts";

/** Turns of the loop in which nothing may begin, until all is at rest. */
const QUIET_TURNS = 3;
/** Pause between two looks at what is under way for longer than a turn. */
const LOOK_MS = 1;
const LOOKS_WITHOUT_PAUSE = 20;

/** The machine's time, for a world in memory: it knows what is under way, and ends all of it at once. */
export class RealTime implements TestTime {
  readonly #waiting = new Set<Timer>();
  #underWay = 0;
  #isClosed = false;

  nowMs(): number {
    return nodeClock.nowMs();
  }

  monotonicMs(): number {
    return nodeClock.monotonicMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.schedule(delayMs, TIMER, fire);
  }

  defer(fire: () => void): void {
    this.schedule(0, TIMER, fire);
  }

  schedule(delayMs: number, label: string, fire: () => void): Timer {
    if (this.#isClosed) return NEVER;
    const isWork = delayMs <= 0 || label !== TIMER;
    if (isWork) this.#underWay++;
    let isOver = false;
    const over = (): boolean => {
      if (isOver) return false;
      isOver = true;
      this.#waiting.delete(timer);
      if (isWork) this.#underWay--;
      return true;
    };
    const handle = begin(delayMs, () => {
      if (over()) fire();
    });
    const timer: Timer = {
      cancel: () => {
        if (over()) handle.cancel();
      },
    };
    this.#waiting.add(timer);
    return timer;
  }

  passDuring<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  begin(): () => void {
    this.#underWay++;
    let isDone = false;
    return () => {
      if (!isDone) this.#underWay--;
      isDone = true;
    };
  }

  async settle(): Promise<void> {
    for (let quiet = 0, looks = 0; quiet < QUIET_TURNS && !this.#isClosed; looks++) {
      if (looks < LOOKS_WITHOUT_PAUSE) await promisesSettled();
      else await new Promise<void>((resolve) => nodeClock.setTimer(LOOK_MS, resolve));
      quiet = this.#underWay === 0 ? quiet + 1 : 0;
    }
  }

  advance(): Promise<void> {
    return Promise.reject(
      new MoldauError("the machine's clock cannot be advanced", {
        code: "REAL_CLOCK",
        remedy: 'Start the broker with testBroker({ clock: "virtual" }).',
      }),
    );
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#waiting) timer.cancel();
  }
}

const NEVER: Timer = { cancel: () => undefined };

/** What has no delay comes in the next turn of the loop, not after the millisecond of a timer. */
function begin(delayMs: number, fire: () => void): Timer {
  if (delayMs > 0) return nodeClock.setTimer(delayMs, fire);
  nodeClock.defer(fire);
  return NEVER;
}
