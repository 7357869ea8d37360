import type { BrokerImage } from "../metadata/image.ts";
import type { Random } from "../platform/random.ts";

/** A broker as a place for replicas. */
export interface PlacementBroker {
  readonly id: number;
  readonly rack: string | null;
  readonly fenced: boolean;
}

export type Placement =
  | { readonly ok: true; readonly assignments: readonly (readonly number[])[] }
  | { readonly ok: false; readonly reason: string };

export function placementBroker(broker: BrokerImage): PlacementBroker {
  return { id: broker.id, rack: broker.rack, fenced: broker.fenced };
}

/**
 * Spreads replicas over racks and brokers: leaders and followers go round the racks, within a rack
 * unfenced brokers come before fenced ones. Each partition begins one rack and one broker further than
 * the one before; when every unfenced broker has had its turn everything is shuffled anew.
 */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  partitions: number,
  replicationFactor: number,
  random: Random,
): Placement {
  if (replicationFactor <= 0) {
    const reason = `Invalid replication factor ${replicationFactor}: the replication factor must be positive.`;
    return { ok: false, reason };
  }
  if (!brokers.some(({ fenced }) => !fenced)) {
    return { ok: false, reason: "All brokers are currently fenced." };
  }
  if (replicationFactor > brokers.length) {
    const reason =
      `The target replication factor of ${replicationFactor} cannot be reached because only ` +
      `${brokers.length} broker(s) are registered.`;
    return { ok: false, reason };
  }
  const racks = new RackRound(brokers, random);
  const assignments: number[][] = [];
  for (let i = 0; i < partitions; i++) assignments.push(racks.next(replicationFactor));
  return { ok: true, assignments };
}

/** Brokers in a ring; each round begins one further, and gives each broker once. */
class BrokerRing {
  readonly #ids: number[];
  #start = 0;
  #given = 0;
  #round = -1;

  constructor(ids: number[]) {
    this.#ids = ids.sort((a, b) => a - b);
  }

  shuffle(random: Random): void {
    shuffle(this.#ids, random);
    this.#start = this.#ids.length === 0 ? 0 : random.below(this.#ids.length);
    this.#round = -1;
  }

  next(round: number): number | undefined {
    if (this.#ids.length === 0) return undefined;
    if (round !== this.#round) {
      this.#round = round;
      this.#given = 0;
      this.#start = (this.#start + 1) % this.#ids.length;
    }
    if (this.#given >= this.#ids.length) return undefined;
    return this.#ids[(this.#start + this.#given++) % this.#ids.length];
  }
}

interface Rack {
  readonly unfenced: BrokerRing;
  readonly fenced: BrokerRing;
}

class RackRound {
  readonly #racks: Rack[];
  readonly #unfencedCount: number;
  readonly #random: Random;
  #round = 0;
  #offset = 0;

  constructor(brokers: readonly PlacementBroker[], random: Random) {
    this.#random = random;
    const byRack = new Map<string, PlacementBroker[]>();
    for (const broker of brokers) {
      // Brokers without rack form one of their own; no rack has a name that begins with zero byte.
      const name = broker.rack ?? "\u0000";
      const members = byRack.get(name);
      if (members === undefined) byRack.set(name, [broker]);
      else members.push(broker);
    }
    this.#racks = [...byRack.keys()].sort().map((name) => {
      const members = byRack.get(name) ?? [];
      return {
        unfenced: new BrokerRing(members.filter((b) => !b.fenced).map((b) => b.id)),
        fenced: new BrokerRing(members.filter((b) => b.fenced).map((b) => b.id)),
      };
    });
    this.#unfencedCount = brokers.filter(({ fenced }) => !fenced).length;
    this.#shuffle();
  }

  #shuffle(): void {
    shuffle(this.#racks, this.#random);
    for (const rack of this.#racks) {
      rack.unfenced.shuffle(this.#random);
      rack.fenced.shuffle(this.#random);
    }
    this.#offset = this.#random.below(this.#racks.length);
  }

  next(replicationFactor: number): number[] {
    if (this.#round === this.#unfencedCount && this.#unfencedCount > 1) {
      this.#shuffle();
      this.#round = 0;
    }
    const count = this.#racks.length;
    const brokers: number[] = [];
    let leaderRack = this.#offset % count;
    for (;;) {
      const leader = this.#racks[leaderRack]!.unfenced.next(this.#round);
      if (leader !== undefined) {
        brokers.push(leader);
        break;
      }
      leaderRack = (leaderRack + 1) % count;
    }
    // The leader's rack has had its turn in the first round over the racks.
    let skip = leaderRack;
    for (let rack = this.#offset % count; brokers.length < replicationFactor; rack++) {
      const index = rack % count;
      if (index === skip) {
        skip = -1;
        continue;
      }
      const { unfenced, fenced } = this.#racks[index]!;
      const follower = unfenced.next(this.#round) ?? fenced.next(this.#round);
      if (follower !== undefined) brokers.push(follower);
    }
    this.#round++;
    this.#offset = (this.#offset + 1) % count;
    return brokers;
  }
}

function shuffle<T>(list: T[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const other = list[j]!;
    list[j] = list[i]!;
    list[i] = other;
  }
}
