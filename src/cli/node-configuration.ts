import * as fs from "node:fs";
import { resolve } from "node:path";
import { ConfigError, problemText } from "../config/config-error.ts";
import { readEnvironment, type EnvironmentConfig } from "../config/environment.ts";
import type { LoadedConfig } from "../config/load-broker-config.ts";
import { loadNodeConfig } from "../config/node-config.ts";
import type { Options } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { Problem, problemOf, usageProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** Where data goes when nobody says. */
const DATA_FOLDER = "moldau-data";

export interface NodeConfiguration {
  readonly loaded: LoadedConfig;
  readonly environment: EnvironmentConfig;
}

/**
 * The configuration of a node: a `server.properties`, then `KAFKA_*` variables, then the flags. Throws
 * a {@link Problem} with everything that is wrong with it.
 */
export function readNodeConfiguration(
  terminal: Terminal,
  file: string | undefined,
  options: Options,
  dataFolder = options.text("data"),
): NodeConfiguration {
  const environment = readEnvironment(terminal.env);
  const port = options.integer("port", { min: 0, max: 65_535 });
  const advertised = options.text("advertised");
  for (const entry of options.list("set")) {
    if (!entry.includes("=")) throw usageProblem(`--set takes name=value, not "${entry}"`);
  }
  try {
    const loaded = loadNodeConfig({
      dataDirectory: resolve(DATA_FOLDER),
      environment,
      ...(file === undefined ? {} : { file: { name: file, text: readText(file) } }),
      flags: {
        set: options.list("set"),
        ...(port === undefined ? {} : { port }),
        ...(dataFolder === undefined ? {} : { data: resolve(dataFolder) }),
        ...(advertised === undefined ? {} : { advertised }),
      },
    });
    return { loaded, environment };
  } catch (thrown) {
    throw thrown instanceof ConfigError ? configProblem(thrown) : thrown;
  }
}

function configProblem(error: ConfigError): Problem {
  const [first, ...rest] = error.problems;
  return new Problem("MLD1001", first === undefined ? error.message : problemText(first), {
    remedy: first?.remedy,
    others: rest.map((problem) => ({ message: problemText(problem), remedy: problem.remedy })),
  });
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const why = code === "ENOENT" ? "there is no such file" : problemOf(thrown).message;
    throw new Problem("MLD1002", `cannot read ${file}: ${why}`, {
      remedy: "give the path of a server.properties, or none at all",
      exitCode: ExitCode.notFound,
    });
  }
}
