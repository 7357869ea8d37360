import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterNode, ClusterTarget } from "../../client/cluster-target.ts";
import type { Broker } from "../broker.ts";
import { startKafka } from "../kafka.ts";
import type { Context, Part } from "../part.ts";
import { freePort } from "../processes.ts";
import { runClientTests } from "./client-tests.ts";

const name = "client-cluster";
const IDS = [1, 2, 3] as const;
const LOG_DIRS = 2;

/** Three brokers, the first one with the controller; offsets of groups outlive any one of them. */
export async function startCluster(
  folder: string,
): Promise<{ brokers: Broker[]; targetFile: string }> {
  const controllerPort = await freePort();
  const controller = `127.0.0.1:${controllerPort}`;
  const brokers: Broker[] = [];
  const nodes: ClusterNode[] = [];
  for (const id of IDS) {
    const port = await freePort();
    const dataDir = join(folder, `node-${id}`);
    const logDirs = Array.from({ length: LOG_DIRS }, (_, i) => join(dataDir, `logs-${i}`));
    for (const path of logDirs) mkdirSync(path, { recursive: true });
    const client = `PLAINTEXT://127.0.0.1:${port}`;
    const isController = id === IDS[0];
    const broker = await startKafka({
      dataDir,
      logPath: join(folder, `node-${id}.log`),
      port,
      controllerPort,
      settings: {
        "process.roles": isController ? "broker,controller" : "broker",
        "node.id": String(id),
        listeners: isController ? `${client},CONTROLLER://${controller}` : client,
        "advertised.listeners": isController ? `${client},CONTROLLER://${controller}` : client,
        "controller.quorum.voters": `${IDS[0]}@${controller}`,
        "log.dirs": logDirs.join(","),
        "offsets.topic.replication.factor": "3",
        "offsets.topic.num.partitions": "12",
        "group.initial.rebalance.delay.ms": "0",
      },
    });
    brokers.push(broker);
    nodes.push({ id, bootstrap: broker.bootstrap, pid: broker.process.pid, logDirs });
  }
  const target: ClusterTarget = { nodes };
  const targetFile = join(folder, "cluster.json");
  writeFileSync(targetFile, JSON.stringify(target));
  return { brokers, targetFile };
}

async function runTests(context: Context): Promise<void> {
  const { brokers, targetFile } = await startCluster(context.scratch);
  try {
    const env = { MOLDAU_TEST_KAFKA_CLUSTER: targetFile };
    await runClientTests(context, name, ["admin-brokers.test.ts"], env);
  } finally {
    for (const broker of brokers.reverse()) if (broker.process.alive) await broker.stop();
  }
}

export const clientClusterPart: Part = {
  name,
  about: "the admin's calls at the brokers of an Apache Kafka of three, one of which ends",
  run: runTests,
};
