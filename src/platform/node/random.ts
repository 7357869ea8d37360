import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "../random.ts";

/** Cryptographically strong randomness of the machine. */
export const nodeRandom: Random = {
  bytes: (size: number) => randomBytes(size),
  below: (bound: number) => randomInt(bound),
};
