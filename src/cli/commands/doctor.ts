import { addressText } from "../../client/cluster/connection.ts";
import {
  parseAddress,
  type BrokerMetadata,
  type ClusterOptions,
} from "../../client/cluster/cluster.ts";
import type { Options } from "../command.ts";
import { connectionSettings, type ConnectionSettings } from "../connection/settings.ts";
import { bootstrapOf, clusterOptions } from "../connection/with-cluster.ts";
import { adviceOnAddress, adviceOnFailure, type Situation } from "../doctor/advice.ts";
import { leadsHere } from "../doctor/place.ts";
import { probe, type Answer, type Probe } from "../doctor/probe.ts";
import { ExitCode } from "../exit-code.ts";
import { wrap } from "../wrap.ts";
import { countText, printItems, type Listing } from "../output.ts";
import type { Check } from "../shapes/doctor.ts";
import { displayWidth } from "../table.ts";
import { paintFor, widthOf, type Paint, type Terminal } from "../terminal.ts";

/** Long enough for a slow network, short enough to be waited for. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** `moldau doctor`: tries everything that a client would, and says why it fails. */
export async function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const settings = connectionSettings(terminal, options);
  const timeoutMs = options.duration("timeout") ?? DEFAULT_TIMEOUT_MS;
  const client = await clusterOptions(terminal, options, settings);
  const { checks, answer } = await examine(settings, client, timeoutMs);
  const listing: Listing<Check> = {
    items: checks,
    id: ({ target }) => target,
    empty: "",
    columns: [
      { title: "check", of: ({ check }) => check },
      { title: "target", of: ({ target }) => target },
      { title: "broker", field: "brokerId", of: ({ brokerId }) => brokerId },
      { title: "status", of: ({ status }) => status },
      { title: "elapsed", field: "elapsedMs", of: ({ elapsedMs }) => elapsedMs },
      { title: "problem", of: ({ problem }) => problem },
      { title: "fix", of: ({ fix }) => fix },
    ],
  };
  await printItems(terminal, options, listing, () => report(terminal, settings, checks, answer));
  return exitCodeOf(checks);
}

function exitCodeOf(checks: readonly Check[]): ExitCode {
  const failed = checks.filter(({ status }) => status === "failed");
  if (failed.length === 0) return ExitCode.ok;
  return checks.some(({ check, status }) => check === "broker" && status !== "failed")
    ? ExitCode.partial
    : ExitCode.failed;
}

interface Findings {
  readonly checks: readonly Check[];
  readonly answer: Answer | undefined;
}

async function examine(
  { properties }: ConnectionSettings,
  client: ClusterOptions,
  timeoutMs: number,
): Promise<Findings> {
  const addresses = bootstrapOf(properties).map(parseAddress);
  const given = await Promise.all(addresses.map((address) => probe(address, client, timeoutMs)));
  const bootstrap = given.map((tried) => checkOf(tried, undefined, undefined));
  const first = given.find(({ answer }) => answer !== undefined);
  if (first?.answer === undefined) return { checks: bootstrap, answer: undefined };
  const { answer } = first;
  const reachedBy = {
    host: first.host,
    port: first.port,
    here: leadsHere(first.host, first.resolved),
  };
  const brokers = [...answer.brokers].sort((a, b) => a.nodeId - b.nodeId);
  const advertised = await Promise.all(
    brokers.map(async (broker) => {
      const known = given.find((one) => one.answer !== undefined && isSame(one, broker));
      const tried = known ?? (await probe(broker, client, timeoutMs));
      return checkOf(tried, { broker, answer }, reachedBy);
    }),
  );
  const whole = clusterChecks(given, answer);
  return { checks: [...bootstrap, ...advertised, ...whole], answer };
}

function isSame(a: { readonly host: string; readonly port: number }, b: typeof a): boolean {
  return a.host === b.host && a.port === b.port;
}

function checkOf(
  tried: Probe,
  advertised: { readonly broker: BrokerMetadata; readonly answer: Answer } | undefined,
  reachedBy: Situation["reachedBy"],
): Check {
  const { host, port, resolved, elapsedMs, failure } = tried;
  const brokerId = advertised?.broker.nodeId;
  const isOnly = advertised?.answer.brokers.length === 1;
  const situation = { host, port, resolved, brokerId, reachedBy, isOnly };
  const isOther = advertised !== undefined && isOtherCluster(tried.answer, advertised.answer);
  const advice =
    failure !== undefined
      ? adviceOnFailure(failure, situation)
      : (adviceOnAddress(situation) ?? (isOther ? otherCluster(situation) : undefined));
  const works = failure === undefined && !isOther;
  return {
    check: advertised === undefined ? "bootstrap" : "broker",
    target: addressText({ host, port }),
    brokerId: brokerId ?? null,
    status: advice === undefined ? "ok" : works ? "warning" : "failed",
    resolved,
    elapsedMs: failure === undefined ? Math.round(elapsedMs * 10) / 10 : null,
    problem: advice?.problem ?? null,
    code: failure?.codes.at(-1) ?? null,
    fix: advice?.fix ?? null,
  };
}

function isOtherCluster(found: Answer | undefined, expected: Answer): boolean {
  return (
    found !== undefined &&
    found.clusterId !== null &&
    expected.clusterId !== null &&
    found.clusterId !== expected.clusterId
  );
}

function otherCluster({ host, port, brokerId }: Situation) {
  return {
    problem: `at ${host}:${port} a broker of another cluster answers, not broker ${brokerId} of this one`,
    fix: `on broker ${brokerId} set advertised.listeners to an address that leads to it`,
  };
}

/** What no single address shows. */
function clusterChecks(given: readonly Probe[], answer: Answer): Check[] {
  const checks: Check[] = [];
  const say = (status: Check["status"], target: string, problem: string, fix: string): void => {
    const nothing = { brokerId: null, resolved: [], elapsedMs: null, code: null };
    checks.push({ check: "cluster", target, status, problem, fix, ...nothing });
  };
  const ids = new Set(given.flatMap((one) => one.answer?.clusterId ?? []));
  if (ids.size > 1) {
    say(
      "failed",
      "bootstrap",
      `the addresses lead to ${ids.size} clusters: ${[...ids].join(", ")}`,
      "give addresses of one cluster",
    );
  }
  if (!answer.brokers.some(({ nodeId }) => nodeId === answer.controllerId)) {
    say(
      "warning",
      "controller",
      "no broker says who the controller is: topics cannot be created or changed",
      "see moldau quorum describe, and the logs of the controllers",
    );
  }
  const places = answer.brokers.map(({ host, port }) => `${host}:${port}`);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) {
    say(
      "failed",
      twice,
      "several brokers advertise this address: clients take one for the other",
      "give every broker an advertised.listeners of its own",
    );
  }
  return checks;
}

const MARKS = { ok: "✓", warning: "!", failed: "✗" } as const;
const COLORS = { ok: "green", warning: "yellow", failed: "red" } as const;
const WIDTH_MAX = 100;

function report(
  terminal: Terminal,
  settings: ConnectionSettings,
  checks: readonly Check[],
  answer: Answer | undefined,
): string {
  const paint = paintFor(terminal, terminal.stdout);
  const width = Math.min(WIDTH_MAX, widthOf(terminal, WIDTH_MAX) - 1);
  const of = (check: Check["check"]): Check[] => checks.filter((one) => one.check === check);
  const source = settings.sources.get("bootstrap.servers") ?? "";
  const protocol = settings.properties.get("security.protocol") ?? "PLAINTEXT";
  const blocks = [
    `${paint.bold("Addresses given")}  ${paint.dim(`by ${source}, ${protocol}`)}\n`,
    linesOf(paint, of("bootstrap"), width),
  ];
  if (answer !== undefined) {
    const name = answer.clusterId ?? "without an id";
    const count = countText(answer.brokers.length, "broker");
    blocks.push(
      `\n${paint.bold("Brokers, as they tell clients to reach them")}  ${paint.dim(`cluster ${name}, ${count}`)}\n`,
      linesOf(paint, of("broker"), width),
    );
  }
  const whole = of("cluster");
  if (whole.length > 0) {
    blocks.push(`\n${paint.bold("The cluster as a whole")}\n`, linesOf(paint, whole, width));
  }
  const [color, text] = verdict(checks, answer);
  blocks.push(`\n${wrap(text, width).map(paint[color]).join("\n")}\n`);
  return blocks.join("");
}

function linesOf(paint: Paint, checks: readonly Check[], width: number): string {
  const names = checks.map(({ target, brokerId }) =>
    brokerId === null ? target : `${brokerId}  ${target}`,
  );
  const column = Math.max(...names.map(displayWidth));
  return checks
    .map((check, index) => {
      const name = names[index]!.padEnd(column);
      const color = COLORS[check.status];
      const took = check.elapsedMs === null ? "" : `${check.elapsedMs} ms`;
      const where = check.resolved.filter((address) => !check.target.startsWith(address));
      const facts = [took, where.length === 0 ? "" : `→ ${where.join(", ")}`];
      const tail = facts.filter((fact) => fact !== "").join("  ");
      const head = `  ${paint[color](MARKS[check.status])} ${tail === "" ? name.trimEnd() : `${name}  ${paint.dim(tail)}`}`;
      return `${head}\n${adviceLines(paint, check, width)}`;
    })
    .join("");
}

const ADVICE_INDENT = 6;
const ADVICE_LABEL = 5;

function adviceLines(paint: Paint, { problem, fix }: Check, width: number): string {
  const room = width - ADVICE_INDENT - ADVICE_LABEL;
  const block = (label: string, text: string | null): string =>
    wrap(text ?? "", room)
      .map((line, index) => {
        const head = index === 0 ? paint.dim(label.padEnd(ADVICE_LABEL)) : " ".repeat(ADVICE_LABEL);
        return `${" ".repeat(ADVICE_INDENT)}${head}${line}\n`;
      })
      .join("");
  return block("why:", problem) + block("fix:", fix);
}

function verdict(
  checks: readonly Check[],
  answer: Answer | undefined,
): readonly [keyof Paint, string] {
  const brokers = checks.filter(({ check }) => check === "broker");
  const broken = brokers.filter(({ status }) => status === "failed");
  if (answer === undefined)
    return ["red", "No broker can be reached: clients would not get anywhere."];
  if (broken.length > 0) {
    const ids = broken.map(({ brokerId }) => brokerId).join(", ");
    const who =
      brokers.length === 1
        ? "The only broker cannot be reached where it says it is"
        : `${broken.length} of ${brokers.length} brokers cannot be reached where they say they are (${ids})`;
    return [
      "red",
      `${who}: clients fail for every partition that it leads, and every group it coordinates.`,
    ];
  }
  const others = checks.filter(({ status }) => status !== "ok");
  if (others.length > 0)
    return ["yellow", "Clients can work with this cluster; see the remarks above."];
  return ["green", "Everything can be reached: clients can work with this cluster."];
}
