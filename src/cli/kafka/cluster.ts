import {
  describeCluster,
  unregisterBroker,
  unregisterController,
} from "../../client/admin/brokers.ts";
import { apiOf } from "../../protocol/apis.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { write, type Terminal } from "../terminal.ts";
import { kafkaTable, withKafkaCluster } from "./options.ts";

/** `moldau kafka-cluster cluster-id`. */
export function runClusterId(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withKafkaCluster(terminal, options, async (cluster) => {
    await write(terminal.stdout, `Cluster ID: ${cluster.clusterId ?? "(none)"}\n`);
    return ExitCode.ok;
  });
}

/** `moldau kafka-cluster list-endpoints`. */
export function runListEndpoints(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withKafkaCluster(terminal, options, async (cluster) => {
    const includeFencedBrokers = options.has("include-fenced-brokers");
    const { brokers } = await describeCluster(cluster, { includeFencedBrokers });
    const hostWidth = Math.max("HOST".length, ...brokers.map(({ host }) => host.length));
    const columns = [
      { title: "ID", width: 10 },
      { title: "HOST", width: hostWidth },
      { title: "PORT", width: 10 },
      { title: "RACK", width: 10 },
      { title: "STATE", width: 10 },
      { title: "ENDPOINT_TYPE", width: 15 },
    ];
    const rows = brokers.map(({ id, host, port, rack, isFenced }) => [
      String(id),
      host,
      String(port),
      rack ?? "null",
      isFenced ? "fenced" : "unfenced",
      "broker",
    ]);
    await write(terminal.stdout, kafkaTable(columns, rows));
    return ExitCode.ok;
  });
}

/** `moldau kafka-cluster unregister` and `unregister-controller`. */
export function runUnregister(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const id = options.integer("id", { min: 0 }) ?? 0;
  return withKafkaCluster(terminal, options, async (cluster) => {
    if (options.has("controller")) {
      await unregisterController(cluster, id);
      await write(terminal.stdout, `Controller ${id} is no longer registered.\n`);
    } else {
      await unregisterBroker(cluster, id);
      await write(terminal.stdout, `Broker ${id} is no longer registered.\n`);
    }
    return ExitCode.ok;
  });
}

/** `moldau kafka-broker-api-versions`: what each broker serves; many health checks run it. */
export function runApiVersions(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withKafkaCluster(terminal, options, async (cluster) => {
    for (const [id, { host, port, rack }] of cluster.brokers) {
      const connection = await cluster.connectionTo(id, cluster.deadline());
      const lines = [...connection.versions].map(([key, [min, max]]) => {
        const api = apiOf(key);
        const range = min === max ? String(min) : `${min} to ${max}`;
        const best = api === undefined ? -1 : Math.min(max, api.maxStableVersion);
        const usable =
          api !== undefined && best >= Math.max(min, api.minVersion)
            ? `usable: ${best}`
            : "unusable";
        return `\t${api?.name ?? "UNKNOWN"}(${key}): ${range} [${usable}]`;
      });
      await write(
        terminal.stdout,
        `${host}:${port} (id: ${id} rack: ${rack ?? "null"} isFenced: false) -> (\n${lines.join(",\n")}\n)\n`,
      );
    }
    return ExitCode.ok;
  });
}
