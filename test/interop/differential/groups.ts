import { configCases } from "./cases-configs.ts";
import { fetchCases } from "./cases-fetch.ts";
import { metadataCases } from "./cases-metadata.ts";
import { produceCases } from "./cases-produce.ts";
import { topicCases } from "./cases-topics.ts";
import type { Group } from "./scenario.ts";

/** Everything that is compared, by subject. */
export const groups: readonly Group[] = [
  metadataCases,
  produceCases,
  fetchCases,
  topicCases,
  configCases,
];
