import { apiOf } from "../../protocol/apis.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { clientProperties, withKafkaCluster } from "../kafka-options.ts";
import { write, type Terminal } from "../terminal.ts";

/** `moldau kafka-cluster cluster-id`. */
export function runClusterId(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  clientProperties(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    await write(terminal.stdout, `Cluster ID: ${cluster.clusterId ?? "(none)"}\n`);
    return ExitCode.ok;
  });
}

/** `moldau kafka-broker-api-versions`: what each broker serves; many health checks run it. */
export function runApiVersions(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  clientProperties(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    for (const [id, { host, port, rack }] of cluster.brokers) {
      const connection = await cluster.connectionTo(id, cluster.deadline());
      const lines = [...connection.versions].map(([key, [min, max]]) => {
        const range = min === max ? String(min) : `${min} to ${max}`;
        return `\t${apiOf(key)?.name ?? `UNKNOWN`}(${key}): ${range}`;
      });
      await write(
        terminal.stdout,
        `${host}:${port} (id: ${id} rack: ${rack ?? "null"} isFenced: false) -> (\n${lines.join(",\n")}\n)\n`,
      );
    }
    return ExitCode.ok;
  });
}
