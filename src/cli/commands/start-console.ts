import type { RunningNode } from "../../server/node.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { insightOf } from "../broker-insight.ts";
import type { Options } from "../command.ts";
import { CONSOLE_HOST, CONSOLE_PORT, hostConsole, type ConsoleHost } from "../console-host.ts";
import { usageProblem } from "../problem.ts";

const PORT_MAX = 65_535;

/** Where a console is to listen; `undefined` is nowhere. */
export interface ConsolePlace {
  readonly host: string;
  readonly port: number;
  /** It was not asked for by number: a free port will do when it is taken. */
  readonly mayMove: boolean;
}

/** `on`, `off`, a port, or `host:port`. */
export function consolePlace(text: string, usual: ConsolePlace): ConsolePlace | undefined {
  if (text === "off") return undefined;
  if (text === "on") return usual;
  const match = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > PORT_MAX) {
    throw usageProblem(`--console takes on, off, a port, or host:port, not "${text}"`);
  }
  return { host: match[1] ?? match[2] ?? CONSOLE_HOST, port, mayMove: false };
}

/**
 * Listens for the console of the node. A port that cannot be had is no reason for a broker not to run: then
 * there is a warning, and no console.
 */
export async function startConsole(
  node: RunningNode,
  options: Options,
  logger: Logger,
  bootstrap: string,
): Promise<ConsoleHost | undefined> {
  // Who takes any free port for clients does so for more than one broker, most likely in a test.
  const port = options.text("port") === "0" ? 0 : CONSOLE_PORT;
  const usual = { host: CONSOLE_HOST, port, mayMove: true };
  const place = consolePlace(options.text("console") ?? "on", usual);
  if (place === undefined) return undefined;
  const ownHost =
    node.host === "0.0.0.0" || node.host === "::" || node.host === "" ? CONSOLE_HOST : node.host;
  try {
    return await hostConsole({
      ...place,
      logger,
      bootstrap,
      insight: insightOf(node),
      // The client costs a start too much: it comes with the first who opens the console.
      connect: async () => {
        const { connect } = await import("../../client/connect.ts");
        return connect(`${ownHost}:${node.port}`, { clientId: "moldau-console" });
      },
    });
  } catch (error) {
    logger.warn(`there is no console: ${place.host}:${place.port} cannot be listened on`, {
      error,
    });
    return undefined;
  }
}
