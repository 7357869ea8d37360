import { join } from "node:path";
import { goClient, here, nodeClients, python } from "./cache.ts";
import { clientPart, type ClientProgram } from "./client-program.ts";
import { javaProgram } from "./java.ts";
import type { Part } from "./part.ts";
import { cliPart } from "./parts/cli.ts";
import { clientClusterPart } from "./parts/client-cluster.ts";
import { clientMemoryPart } from "./parts/client-memory.ts";
import { clientRestartPart } from "./parts/client-restart.ts";
import { clientSecurityPart } from "./parts/client-security.ts";
import { clientSharePart } from "./parts/client-share.ts";
import { clientTelemetryPart } from "./parts/client-telemetry.ts";
import { ownClientPart } from "./parts/client.ts";
import { crossReadingPart } from "./parts/cross-reading.ts";
import { examplesPart } from "./parts/examples.ts";
import { javaToolsPart } from "./parts/java-tools.ts";
import { kcatPart } from "./parts/kcat.ts";
import { mixedGroupPart, ownMemberPart } from "./parts/mixed-group.ts";
import { swapPart } from "./parts/swap.ts";
import { versionsPart } from "./parts/versions.ts";

const confluentKafka: ClientProgram = {
  name: "confluent-kafka",
  command: async () => [await python(), join(here, "python", "confluent_client.py")],
};

const aiokafka: ClientProgram = {
  name: "aiokafka",
  command: async () => [await python(), join(here, "python", "aiokafka_client.py")],
};

const franzGo: ClientProgram = {
  name: "franz-go",
  command: async () => [await goClient()],
};

/** Moldau's own, in groups with the others. */
const moldauClient: ClientProgram = {
  name: "moldau",
  command: () => Promise.resolve([process.execPath, join(here, "moldau-client", "client.ts")]),
};

const nodeProgram = (name: string): ClientProgram => ({
  name,
  command: async () => [process.execPath, join(await nodeClients(), `${name}.mjs`)],
});

/** Every client program, in the order in which they write for each other. */
export const clients: readonly ClientProgram[] = [
  confluentKafka,
  aiokafka,
  javaProgram,
  franzGo,
  nodeProgram("kafkajs"),
  nodeProgram("platformatic"),
];

/** The suite, in order. */
export const parts: readonly Part[] = [
  examplesPart,
  ...clients.map(clientPart),
  mixedGroupPart([javaProgram, confluentKafka, franzGo, aiokafka]),
  ownMemberPart([
    { assignor: "range", clients: [moldauClient, javaProgram, confluentKafka] },
    { assignor: "roundrobin", clients: [javaProgram, moldauClient, confluentKafka] },
    { assignor: "sticky", clients: [moldauClient, javaProgram] },
    { assignor: "cooperative-sticky", clients: [moldauClient, javaProgram, confluentKafka] },
    { assignor: "default", clients: [confluentKafka, moldauClient, javaProgram] },
    { assignor: "new", clients: [moldauClient, javaProgram, confluentKafka] },
  ]),
  crossReadingPart(clients),
  kcatPart,
  versionsPart,
  javaToolsPart,
  swapPart,
  cliPart,
  ownClientPart,
  clientSecurityPart,
  clientClusterPart,
  clientSharePart,
  clientRestartPart,
  clientTelemetryPart,
  clientMemoryPart,
];
