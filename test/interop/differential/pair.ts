import { join } from "node:path";
import { waitFor } from "../processes.ts";
import type { Broker } from "../broker.ts";
import { singleNodeSettings } from "../kafka.ts";
import type { Context } from "../part.ts";
import { freePort } from "../processes.ts";
import { describeCluster } from "./exchanges.ts";
import type { Own } from "./normalise.ts";
import type { Pair } from "./runner.ts";
import { Session } from "./session.ts";

/** The same for both: small, and without waiting where the answer does not depend on it. */
const settings: Readonly<Record<string, string>> = {
  ...singleNodeSettings,
  "process.roles": "broker,controller",
  "controller.listener.names": "CONTROLLER",
  "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
  "node.id": "1",
  "num.partitions": "1",
  "offsets.topic.num.partitions": "3",
  "group.initial.rebalance.delay.ms": "0",
  "group.min.session.timeout.ms": "100",
};

async function facts(broker: Broker, controllerPort: number): Promise<Omit<Own, "prefix">> {
  const own = { port: broker.port, controllerPort, dataDir: broker.dataDir, clusterId: "\0" };
  const session = new Session({ ...own, prefix: "\0" });
  const { clusterId } = await session.must(describeCluster, 0, {});
  session.finish();
  return { ...own, clusterId };
}

/** Starts Apache Kafka and Moldau side by side. */
export async function startPair(
  scratch: string,
  start: Context["start"],
): Promise<Pair & { stop(): Promise<void> }> {
  const one = async (product: "kafka" | "moldau"): Promise<[Broker, Omit<Own, "prefix">]> => {
    const [port, controllerPort] = [await freePort(), await freePort()];
    const advertised = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
    const broker = await start(product, {
      port,
      dataDir: join(scratch, product),
      logPath: join(scratch, `${product}.log`),
      controllerPort,
      settings: { ...settings, "advertised.listeners": advertised },
    });
    return [broker, await waitFor("the cluster id", 20_000, () => facts(broker, controllerPort))];
  };
  const [[kafkaBroker, kafka], [moldauBroker, moldau]] = await Promise.all([
    one("kafka"),
    one("moldau"),
  ]);
  return {
    kafka,
    moldau,
    async stop() {
      await Promise.all([kafkaBroker.stop(), moldauBroker.stop()]);
    },
  };
}
