/** Bounds on connections: `max.connections`, `max.connections.per.ip` and its overrides. */
export interface ConnectionBounds {
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  readonly perIpOverrides: ReadonlyMap<string, number>;
}

/** Counts connections in all and per address. */
export class ConnectionLimits {
  readonly #bounds: ConnectionBounds;
  readonly #perIp = new Map<string, number>();
  #count = 0;

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#count;
  }

  /** Counts a connection in, or says which bound forbids it. */
  admit(address: string): "admitted" | "max.connections" | "max.connections.per.ip" {
    if (this.#count >= this.#bounds.connectionsMax) return "max.connections";
    const ofAddress = this.#perIp.get(address) ?? 0;
    const bound = this.#bounds.perIpOverrides.get(address) ?? this.#bounds.connectionsPerIpMax;
    if (ofAddress >= bound) return "max.connections.per.ip";
    this.#count++;
    this.#perIp.set(address, ofAddress + 1);
    return "admitted";
  }

  /** Counts a connection out. */
  release(address: string): void {
    this.#count--;
    const left = (this.#perIp.get(address) ?? 1) - 1;
    if (left === 0) this.#perIp.delete(address);
    else this.#perIp.set(address, left);
  }
}
