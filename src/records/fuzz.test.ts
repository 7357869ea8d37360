import { test } from "node:test";
import { fuzzDecompression, fuzzMutations, fuzzRoundTrips } from "./records.fuzz.ts";

const SEED = 20240229;

test("mutated batches are read or refused by every reader", () => fuzzMutations(4000, SEED));

test("built batches are valid and read as they were written", () => fuzzRoundTrips(250, SEED));

test("hostile compressed bytes give a typed error or no more than the cap", () =>
  fuzzDecompression(4000, SEED));
