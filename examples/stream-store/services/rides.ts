/** The second scenario: drivers who tell where they are, many times a second. */
import { pause, runService } from "../service.ts";
import { driverLocations, type Location } from "../topics.ts";

const DRIVERS = 60;
const EVERY_MS = 250;
/** The map's streets lie on a grid. */
const GRID = 50;
const WIDTH = 1000;
const HEIGHT = 400;
const SPEED = 12;

class Driver {
  readonly name: string;
  #x: number;
  #y: number;
  #isBusy = Math.random() < 0.5;
  #toX: number;
  #toY: number;

  constructor(name: string) {
    this.name = name;
    [this.#x, this.#y] = corner();
    [this.#toX, this.#toY] = corner();
  }

  /** Along the streets: first from west to east, then from north to south. */
  drive(): Location {
    if (this.#x !== this.#toX) this.#x = towards(this.#x, this.#toX);
    else if (this.#y !== this.#toY) this.#y = towards(this.#y, this.#toY);
    else {
      [this.#toX, this.#toY] = corner();
      this.#isBusy = !this.#isBusy;
    }
    return { driver: this.name, x: this.#x, y: this.#y, isBusy: this.#isBusy };
  }
}

function corner(): [x: number, y: number] {
  const on = (size: number): number => Math.floor(Math.random() * (size / GRID + 1)) * GRID;
  return [on(WIDTH), on(HEIGHT)];
}

function towards(from: number, to: number): number {
  const step = Math.min(SPEED, Math.abs(to - from));
  return from + Math.sign(to - from) * step;
}

await runService("rides", async ({ kafka, stopping, tell }) => {
  const drivers = Array.from({ length: DRIVERS }, (_, index) => new Driver(`driver-${index + 1}`));
  // A location that is lost is no harm: the next one is on its way.
  const producer = kafka.producer({ acks: 1, onError: () => undefined, deliveryTimeoutMs: 5000 });
  tell({ kind: "ready" });
  while (!stopping.aborted) {
    for (const driver of drivers) {
      const location = driver.drive();
      producer.post(driverLocations, { key: driver.name, value: location });
    }
    await pause(EVERY_MS);
  }
  await producer.close({ drainMs: 1000 });
});
