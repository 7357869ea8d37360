import { uuidFromRandom, type Uuid } from "../core/uuid.ts";

/** The door to randomness. */
export interface Random {
  /** `size` random bytes in a new buffer. */
  bytes(size: number): Buffer;
  /** A whole number in [0, bound), bound at most 2^32. */
  below(bound: number): number;
}

/** A random Kafka uuid (version 4, never a reserved one, never beginning with a dash). */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const uuid = uuidFromRandom(random.bytes(16));
    if (uuid !== undefined) return uuid;
  }
}
