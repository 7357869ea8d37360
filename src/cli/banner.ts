import { paintFor, type Terminal } from "./terminal.ts";

/** What is worth knowing about a node that runs. */
export interface NodeFacts {
  readonly version: string;
  readonly pid: number;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly dataDirectories: readonly string[];
  /** The data is gone when the node stops. */
  readonly isTemporary: boolean;
  /** What clients are given. */
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
  /** Where its console is, unless it has none. */
  readonly console?: string | undefined;
  /** From the start of the process until it answered. */
  readonly readyMs: number;
}

/** What a person sees when the broker is up: where it is, what to do next, how to stop. */
export function banner(terminal: Terminal, facts: NodeFacts): string {
  const paint = paintFor(terminal, terminal.stdout);
  const line = (title: string, text: string, note = ""): string =>
    `  ${paint.dim(title.padEnd(9))} ${text}${note === "" ? "" : `  ${paint.dim(note)}`}\n`;
  const [first = { host: "localhost", port: 9092 }] = facts.bootstrap;
  const usual = isLocal(first.host) && first.port === 9092;
  const where = usual ? "" : ` -b ${addressOf(first)}`;
  const command = commandOf(terminal);
  const data = facts.isTemporary ? "gone when it stops" : facts.dataDirectories.join(", ");
  const addresses = facts.bootstrap.map((address, index) =>
    line(index === 0 ? "clients" : "", paint.cyan(addressOf(address)), reachNote(address.host)),
  );
  return [
    "\n",
    `  ${paint.bold("Moldau")} ${facts.version} is ${paint.green(`ready in ${facts.readyMs} ms`)}` +
      ` ${paint.dim("(process start → first request)")}\n`,
    "\n",
    ...addresses,
    ...(facts.console === undefined
      ? []
      : [line("console", paint.cyan(facts.console), "topics, messages, groups in a browser")]),
    line("cluster", `${facts.clusterId}`, `node ${facts.nodeId}`),
    line("data", data),
    line("try", `echo hello | ${command} produce greetings${where} --create`),
    line("", `${command} consume greetings${where}`),
    line("stop", "Ctrl-C"),
    "\n",
  ].join("");
}

/** How this command line is called where it was called from. */
function commandOf({ env }: Terminal): string {
  if (env["npm_lifecycle_event"] === "start") return "npm run -s moldau --";
  return env["npm_command"] === "exec" ? "npx moldau" : "moldau";
}

function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function reachNote(host: string): string {
  return isLocal(host) ? "from this machine" : "from wherever this name leads here";
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
