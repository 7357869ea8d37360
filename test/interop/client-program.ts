import { join } from "node:path";
import type { Context, Part } from "./part.ts";
import { run, start, waitFor, type Running } from "./processes.ts";

/**
 * A client of its own kind, wrapped into a program with the modes `suite`, `cross-write`,
 * `cross-read`, `feed` and `member`. It prints `ok<TAB>name<TAB>ms` or `not ok<TAB>name<TAB>reason`.
 */
export interface ClientProgram {
  readonly name: string;
  /** The program and its first arguments; fetches what it needs. Throws `Missing`. */
  command(): Promise<readonly [string, ...string[]]>;
}

const suiteTimeoutMs = 240_000;

/** Runs a mode that reports tests, and passes them on to the report. */
export async function runReporting(
  client: ClientProgram,
  context: Context,
  part: string,
  args: readonly string[],
): Promise<void> {
  const [program, ...first] = await client.command();
  const all = [...first, ...args, "--bootstrap", context.broker.bootstrap];
  const outcome = await run(program, all, { timeoutMs: suiteTimeoutMs });
  let tests = 0;
  for (const line of outcome.stdout.split("\n")) {
    const [verdict, name = "", detail = ""] = line.split("\t");
    if (verdict === "ok") context.report.pass(part, name, Number(detail));
    else if (verdict === "not ok") context.report.fail(part, name, detail);
    else continue;
    tests += 1;
  }
  if (outcome.code !== 0 || tests === 0) {
    const tail = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-20).join("\n");
    context.report.fail(part, `${args[0] ?? ""} ends well`, `exit code ${outcome.code}\n${tail}`);
  }
}

const groupPartitions = 6;
const groupRecords = 3000;
const groupRate = 250;

interface Seen {
  readonly records: Set<string>;
  readonly assignments: number;
}

function seenBy(members: readonly Running[]): Seen {
  const records = new Set<string>();
  let assignments = 0;
  for (const member of members) {
    for (const line of member.output().split("\n")) {
      const [kind, partition = "", offset = ""] = line.split("\t");
      if (kind === "record" && offset !== "") records.add(`${partition}-${offset}`);
      if (kind === "assigned") assignments += 1;
    }
  }
  return { records, assignments };
}

/**
 * Members join, one leaves, one is killed, one joins late, all while records arrive: in the end every
 * record was processed by some member.
 */
export async function groupScenario(
  clients: readonly ClientProgram[],
  context: Context,
  part: string,
  options: {
    readonly memberArgs?: readonly string[];
    /** The first member is there before others come. */
    readonly inTurn?: boolean;
  } = {},
): Promise<void> {
  const { memberArgs = [], inTurn = false } = options;
  const topic = `${part}.group.${Date.now() % 1_000_000}`;
  const group = `${topic}.members`;
  const commands = await Promise.all(clients.map((client) => client.command()));
  const at = ["--bootstrap", context.broker.bootstrap, "--topic", topic];
  const members: Running[] = [];
  const join_ = (index: number): Running => {
    const [program, ...first] = commands[index % commands.length] ?? [""];
    const log = join(context.scratch, `${topic}.${members.length}.log`);
    const member = start(
      program,
      [...first, "member", ...at, "--group", group, ...memberArgs],
      log,
    );
    members.push(member);
    return member;
  };
  const [program, ...first] = commands[0] ?? [""];
  const created = await run(program, [...first, "create", ...at, "--count", `${groupPartitions}`]);
  if (created.code !== 0) throw new Error(`creating ${topic}: ${created.stdout}${created.stderr}`);
  try {
    const leaver = join_(0);
    if (inTurn) {
      await waitFor("the first member", 40_000, () =>
        seenBy([leaver]).assignments > 0 ? true : undefined,
      );
    }
    const victim = join_(1);
    const feedArgs = ["--count", `${groupRecords}`, "--rate", `${groupRate}`];
    const feeding = run(program, [...first, "feed", ...at, ...feedArgs]);
    const enough = (count: number) => () =>
      seenBy(members).records.size >= count ? true : undefined;
    const late = join_(2);
    await waitFor("the first records", 40_000, enough(groupRecords / 6));
    await waitFor("every member's first assignment", 40_000, () =>
      members.every((member) => seenBy([member]).assignments > 0) ? true : undefined,
    );
    await victim.stop("SIGKILL");
    await leaver.stop("SIGTERM", 20_000);
    join_(3);
    const fed = await feeding;
    if (fed.code !== 0) throw new Error(`the feed failed:\n${fed.stdout}\n${fed.stderr}`);
    await waitFor(
      `all ${groupRecords} records (${seenBy(members).records.size} so far)`,
      60_000,
      enough(groupRecords),
    );
    if (!late.alive) throw new Error(`a member ended by itself:\n${late.output().slice(-2000)}`);
  } catch (error) {
    throw new Error(`${String(error)}\n${saidBy(members).join("\n")}`, { cause: error });
  } finally {
    await Promise.all(members.map((member) => member.stop("SIGTERM", 10_000)));
  }
}

/** What members did, and what else they said at last. */
function saidBy(members: readonly Running[]): string[] {
  const seen = members.map((member, index) => {
    const own = seenBy([member]);
    return `member ${index}: ${own.records.size} records, ${own.assignments} assignments`;
  });
  const other = members
    .map((member) =>
      member
        .output()
        .split("\n")
        .filter((line) => !/^(record|assigned)\t/.test(line)),
    )
    .flatMap((lines) => lines.slice(-5));
  return [...seen, ...other];
}

/** The part that a client program makes: its own suite, then the group scenario. */
export function clientPart(client: ClientProgram): Part {
  return {
    name: client.name,
    about: `${client.name}: its own suite, and a group with joins, a leave and a crash`,
    async run(context) {
      await runReporting(client, context, client.name, ["suite"]);
      await context.report.test(
        client.name,
        "a group with joins, a leave and a crash processes every record",
        () => groupScenario([client], context, client.name),
      );
    },
  };
}
