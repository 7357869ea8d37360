import { Kafka } from "../../client/kafka.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import type { Options } from "../command.ts";
import { connectionSettings } from "../connection/settings.ts";
import { clusterOptions } from "../connection/with-cluster.ts";
import { CONSOLE_HOST, CONSOLE_PORT, hostConsole } from "../console-host.ts";
import { ExitCode } from "../exit-code.ts";
import { paintFor, type Terminal } from "../terminal.ts";
import { consolePlace } from "./start-console.ts";

/** `moldau console`: the console for any Kafka, until a signal ends it. */
export async function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const settings = connectionSettings(terminal, options);
  const client = await clusterOptions(terminal, options, settings);
  // A wrong address is told now and not when the page is opened.
  const kafka = await Kafka.connect(client);
  const usual = { host: CONSOLE_HOST, port: CONSOLE_PORT, mayMove: true };
  const place = consolePlace(options.text("listen") ?? "on", usual) ?? usual;
  const host = await hostConsole({
    ...place,
    logger: silentLogger,
    bootstrap: client.bootstrap.join(","),
    insight: undefined,
    connect: () => Promise.resolve(kafka),
  });
  const paint = paintFor(terminal, terminal.stdout);
  const name = host.host.includes(":") ? `[${host.host}]` : host.host;
  terminal.stdout.write(
    `console at ${paint.cyan(`http://${name}:${host.port}`)} ${paint.dim("(Ctrl-C ends it)")}\n`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  await host.close();
  await kafka.close();
  return ExitCode.ok;
}
