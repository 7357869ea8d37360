import { nodeListeners } from "../config/listeners.ts";
import { logDirsOf } from "../config/config-checks.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { MoldauError } from "../core/errors.ts";
import { holderOfFile, holderOfPort } from "./holder.ts";
import { Problem, problemOf } from "./problem.ts";

/** Why a node did not start, with who is in the way where the machine can tell. */
export function startProblem(thrown: unknown, config: BrokerConfig): Problem {
  if (!(thrown instanceof MoldauError)) return problemOf(thrown);
  switch (thrown.code) {
    case "EADDRINUSE":
      return portProblem(thrown, config);
    case "EACCES":
      return new Problem("MLD1009", `${thrown.message}: not allowed`, {
        remedy: "choose a port above 1023 with --port",
        cause: thrown,
      });
    case "EADDRNOTAVAIL":
      return new Problem("MLD1010", `${thrown.message}: this machine has no such address`, {
        remedy: "let listeners name an address of this machine, or none at all",
        cause: thrown,
      });
    case "LOG_DIRECTORY_LOCKED":
      return lockProblem(thrown, config);
    default:
      return problemOf(thrown);
  }
}

function portProblem(thrown: MoldauError, config: BrokerConfig): Problem {
  const told = /:(\d+)$/.exec(thrown.message)?.[1];
  const port = Number(told ?? nodeListeners(config).brokers[0]?.port ?? 0);
  const holder = holderOfPort(port);
  const by = holder === undefined ? "" : ` by pid ${holder.pid} (${holder.name})`;
  return new Problem("MLD1003", `port ${port} is in use${by}`, {
    remedy: "use --port 0 for any free port, or stop the other one",
    cause: thrown,
  });
}

function lockProblem(thrown: MoldauError, config: BrokerConfig): Problem {
  const folder = logDirsOf(config).find((directory) => thrown.message.includes(directory));
  const holder = folder === undefined ? undefined : holderOfFile(`${folder}/.lock`);
  const by = holder === undefined ? "" : `: pid ${holder.pid} (${holder.name}) uses it`;
  return new Problem("MLD1004", `${thrown.message}${by}`, {
    remedy: "stop the other one, or choose another folder with --data",
    cause: thrown,
  });
}
