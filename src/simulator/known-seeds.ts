/** Seeds that found something once, and what that was. They are run again with every `npm test`. */
export const knownSeeds: readonly (readonly [seed: number, found: string])[] = [
  [1225, "a consumer that heard of a new leader while it ended its search for places stood still"],
];
