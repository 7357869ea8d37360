import { join } from "node:path";
import { here, nodeClients, python } from "./cache.ts";
import { clientPart, type ClientProgram } from "./client-program.ts";
import { javaProgram } from "./java.ts";
import type { Part } from "./part.ts";
import { examplesPart } from "./parts/examples.ts";

const confluentKafka: ClientProgram = {
  name: "confluent-kafka",
  command: async () => [await python(), join(here, "python", "confluent_client.py")],
};

const nodeProgram = (name: string): ClientProgram => ({
  name,
  command: async () => [process.execPath, join(await nodeClients(), `${name}.mjs`)],
});

/** Every client program, in the order in which they write for each other. */
export const clients: readonly ClientProgram[] = [
  confluentKafka,
  javaProgram,
  nodeProgram("kafkajs"),
  nodeProgram("platformatic"),
];

/** The suite, in order. */
export const parts: readonly Part[] = [examplesPart, ...clients.map(clientPart)];
