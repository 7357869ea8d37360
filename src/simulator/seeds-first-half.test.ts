import { SEEDS, testSeeds } from "./seed-tests.ts";

testSeeds(1, SEEDS / 2);
