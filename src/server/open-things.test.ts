import type { DiskFile, DiskLock } from "../platform/disk.ts";
import type { Platform } from "../platform/platform.ts";

/** Everything that was opened through the doors of a platform and is open still, by name. */
export class OpenThings {
  readonly #open = new Map<object, string>();
  readonly platform: Platform;

  constructor(platform: Platform) {
    const { clock, disk, network } = platform;
    this.platform = {
      random: platform.random,
      clock: overriding(clock, {
        setTimer: (delayMs: number, fire: () => void) => {
          const timer = clock.setTimer(delayMs, () => {
            this.#open.delete(timer);
            fire();
          });
          return this.#tracked(timer, `a timer of ${delayMs} ms`, "cancel");
        },
      }),
      disk: overriding(disk, {
        open: (path: string, mode: "read" | "write" | "create"): DiskFile =>
          this.#tracked(disk.open(path, mode), path, "close"),
        lock: (path: string): DiskLock | undefined => {
          const lock = disk.lock(path);
          return lock === undefined ? undefined : this.#tracked(lock, `lock ${path}`, "release");
        },
      }),
      network: {
        connect: (address) => network.connect(address),
        listen: async (address, accept) => {
          const listener = await network.listen(address, accept);
          return this.#tracked(listener, `port ${listener.port}`, "close");
        },
      },
    };
  }

  get names(): string[] {
    return [...this.#open.values()].sort();
  }

  #tracked<T extends object>(thing: T, name: string, end: keyof T): T {
    this.#open.set(thing, `${name}`);
    const original: unknown = thing[end];
    return overriding(thing, {
      [end]: (...args: readonly unknown[]): unknown => {
        this.#open.delete(thing);
        return typeof original === "function" ? Reflect.apply(original, thing, args) : undefined;
      },
    });
  }
}

/** The object with some of its methods replaced; the others are those of the object itself. */
function overriding<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === "string" && Object.hasOwn(methods, key)) return methods[key];
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}
