import { join } from "node:path";
import { here, python } from "./cache.ts";
import { clientPart, type ClientProgram } from "./client-program.ts";
import type { Part } from "./part.ts";
import { examplesPart } from "./parts/examples.ts";

const confluentKafka: ClientProgram = {
  name: "confluent-kafka",
  command: async () => [await python(), join(here, "python", "confluent_client.py")],
};

/** Every client program, in the order in which they write for each other. */
export const clients: readonly ClientProgram[] = [confluentKafka];

/** The suite, in order. */
export const parts: readonly Part[] = [examplesPart, ...clients.map(clientPart)];
