import { knownSeeds } from "./known-seeds.ts";
import { SEEDS, testKnownSeed, testSeeds } from "./seed-tests.ts";

testSeeds(SEEDS / 2 + 1, SEEDS);
for (const [seed, found] of knownSeeds) testKnownSeed(seed, found);
