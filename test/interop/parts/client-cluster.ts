import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rackOf, type ClusterNode, type ClusterTarget } from "../../client/cluster-target.ts";
import type { Broker } from "../broker.ts";
import { startKafka } from "../kafka.ts";
import type { Context, Part } from "../part.ts";
import { freePort } from "../processes.ts";
import { runClientTests } from "./client-tests.ts";

const name = "client-cluster";
const IDS = [1, 2, 3] as const;
const LOG_DIRS = 2;

/** How long the controller hears nothing of a broker until it takes it out of service. */
const BROKER_SESSION_MS = 5_000;

/**
 * Three brokers that are controllers, too, of which the first one votes; what groups have stored outlives any
 * one of them.
 */
export async function startCluster(
  folder: string,
): Promise<{ brokers: Broker[]; targetFile: string }> {
  const bootstrapPort = await freePort();
  const brokers: Broker[] = [];
  const nodes: ClusterNode[] = [];
  for (const id of IDS) {
    const port = await freePort();
    const isFirst = id === IDS[0];
    const controllerPort = isFirst ? bootstrapPort : await freePort();
    const dataDir = join(folder, `node-${id}`);
    const logDirs = Array.from({ length: LOG_DIRS }, (_, i) => join(dataDir, `logs-${i}`));
    for (const path of logDirs) mkdirSync(path, { recursive: true });
    const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
    const broker = await startKafka({
      dataDir,
      logPath: join(folder, `node-${id}.log`),
      port,
      controllerPort,
      formatArgs: [isFirst ? "--standalone" : "--no-initial-controllers"],
      settings: {
        "node.id": String(id),
        listeners,
        "advertised.listeners": listeners,
        "controller.quorum.voters": "",
        "controller.quorum.bootstrap.servers": `127.0.0.1:${bootstrapPort}`,
        "broker.rack": rackOf(id),
        "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
        "broker.session.timeout.ms": String(BROKER_SESSION_MS),
        "broker.heartbeat.interval.ms": "500",
        "log.dirs": logDirs.join(","),
        "offsets.topic.replication.factor": "3",
        "offsets.topic.num.partitions": "12",
        "share.coordinator.state.topic.replication.factor": "3",
        "share.coordinator.state.topic.num.partitions": "12",
        "group.initial.rebalance.delay.ms": "0",
      },
    });
    brokers.push(broker);
    const { bootstrap } = broker;
    nodes.push({ id, bootstrap, pid: broker.process.pid, logDirs, controllerPort });
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
