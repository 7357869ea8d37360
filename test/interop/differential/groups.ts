import { metadataCases } from "./cases-metadata.ts";
import { produceCases } from "./cases-produce.ts";
import type { Group } from "./scenario.ts";

/** Everything that is compared, by subject. */
export const groups: readonly Group[] = [metadataCases, produceCases];
