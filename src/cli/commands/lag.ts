import { listGroups, type GroupListing } from "../../client/admin/groups.ts";
import { groupLagOf, type GroupLag, type GroupPartitionLag } from "../../client/admin/lag.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { groupBy } from "../../client/partitions.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { stateColor } from "../group-words.ts";
import { countText, printItems, readByPeople, type Listing } from "../output.ts";
import { matching } from "../patterns.ts";
import { missingGroup } from "../groups.ts";
import type { LagRow } from "../shapes/group.ts";
import { renderTable, type Column } from "../table.ts";
import { withStop } from "../stop.ts";
import { paintFor, write, type Terminal } from "../terminal.ts";

const DEFAULT_EVERY_MS = 2_000;
/** Lines below the table, and the one that stays free. */
const FOOTER_LINES = 3;

type By = "group" | "topic" | "partition";

/** `moldau lag`: once in a pipe; again and again on a terminal. */
export async function run(
  terminal: Terminal,
  patterns: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const by = options.choice("by", ["group", "topic", "partition"]) ?? "topic";
  const everyMs = options.duration("every") ?? DEFAULT_EVERY_MS;
  const isLive = readByPeople(terminal, options) && terminal.stdout.isTTY === true;
  const watches = options.has("watch") || (isLive && !options.has("once"));
  const screen = watches && isLive ? new Screen(terminal) : undefined;
  const look = async (cluster: Cluster, stop: AbortSignal): Promise<ExitCode> => {
    const watch = new Watch(cluster, patterns, by, options.has("behind"));
    for (;;) {
      const rows = await watch.look();
      if (rows.length === 0 && patterns.length > 0 && !watches && watch.groupCount === 0) {
        throw await missingGroup(cluster, patterns[0] ?? "");
      }
      if (screen === undefined) await printItems(terminal, options, listingOf(rows, by));
      else screen.show(frame(terminal, rows, by, everyMs), terminal);
      if (!watches) return ExitCode.ok;
      await wait(everyMs, stop);
      if (stop.aborted) return ExitCode.ok;
    }
  };
  try {
    return await withStop((stop) =>
      withCluster(terminal, options, (cluster) => look(cluster, stop)),
    );
  } finally {
    screen?.close();
  }
}

function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = nodePlatform.clock.setTimer(delayMs, resolve);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** Looks again and again, and reckons how lags change. */
class Watch {
  groupCount = 0;
  readonly #cluster: Cluster;
  readonly #patterns: readonly string[];
  readonly #by: By;
  readonly #onlyBehind: boolean;
  readonly #before = new Map<string, LagRow>();

  constructor(cluster: Cluster, patterns: readonly string[], by: By, onlyBehind: boolean) {
    this.#cluster = cluster;
    this.#patterns = patterns;
    this.#by = by;
    this.#onlyBehind = onlyBehind;
  }

  async look(): Promise<LagRow[]> {
    const all = await listGroups(this.#cluster);
    const groups = matching(all, this.#patterns, ({ group }) => group);
    this.groupCount = groups.length;
    const selectors = groups.map(({ group, type }) => ({ group, type }));
    const found = await groupLagOf(this.#cluster, selectors, { withMembers: true });
    const at = nodePlatform.clock.nowMs();
    const states = new Map(groups.map((group) => [group.group, group]));
    const rows = found.flatMap(({ name, value }) =>
      value === undefined ? [] : rowsOf(value, states.get(name), this.#by, at),
    );
    const rated = rows.map((row) => this.#rated(row));
    this.#before.clear();
    for (const row of rated) this.#before.set(keyOf(row), row);
    const wanted = this.#onlyBehind ? rated.filter(({ lag }) => lag > 0) : rated;
    return wanted.sort(
      (a, b) =>
        compare(a.group, b.group) ||
        compare(a.topic ?? "", b.topic ?? "") ||
        (a.partition ?? 0) - (b.partition ?? 0),
    );
  }

  #rated(row: LagRow): LagRow {
    const before = this.#before.get(keyOf(row));
    if (before === undefined || row.at <= before.at) return row;
    return { ...row, rate: Math.round(((row.lag - before.lag) * 1000) / (row.at - before.at)) };
  }
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function keyOf({ group, topic, partition }: LagRow): string {
  return JSON.stringify([group, topic, partition]);
}

function rowsOf(
  { group, partitions, description }: GroupLag,
  listed: GroupListing | undefined,
  by: By,
  at: number,
): LagRow[] {
  const state = description?.state ?? listed?.state ?? "";
  const row = (of: readonly GroupPartitionLag[], topic: string | null): LagRow => ({
    at,
    group,
    state,
    topic,
    partition: null,
    members: readersOf(of, description),
    committed: null,
    end: null,
    lag: of.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    rate: null,
  });
  if (by === "group") {
    return [{ ...row(partitions, null), members: description?.members.length ?? null }];
  }
  if (by === "topic") {
    return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => row(of, topic));
  }
  return partitions.map((one) => ({
    ...row([one], one.topic),
    partition: one.partition,
    committed: one.committed,
    end: one.end,
  }));
}

function readersOf(
  partitions: readonly GroupPartitionLag[],
  description: GroupLag["description"],
): number {
  if (description?.type === "Share") {
    // Several take records of the same partition.
    const names = new Set(partitions.map(nameOf));
    return description.members.filter(({ assignment }) =>
      assignment.some((one) => names.has(nameOf(one))),
    ).length;
  }
  return new Set(partitions.flatMap(({ member }) => member?.memberId ?? [])).size;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return topicPartitionName(topic, partition);
}

function listingOf(items: readonly LagRow[], by: By): Listing<LagRow> {
  return {
    items,
    id: ({ group }) => group,
    empty: "No group has committed anything.",
    columns: columnsFor(by),
  };
}

function columnsFor(by: By): readonly Column<LagRow>[] {
  return [
    { title: "at", of: ({ at }) => at, programsOnly: true },
    { title: "group", of: ({ group }) => group, shrinks: true },
    { title: "state", of: ({ state }) => state, color: ({ state }) => stateColor(state) },
    ...(by === "group" ? [] : [topicColumn]),
    ...(by === "partition" ? partitionColumns : []),
    { title: "members", of: ({ members }) => members, right: true },
    {
      title: "lag",
      of: ({ lag }) => lag,
      color: ({ lag }) => (lag > 0 ? "yellow" : "green"),
      right: true,
    },
    {
      title: "per second",
      field: "rate",
      of: ({ rate }) => rate,
      text: ({ rate }) => (rate === null ? "" : rate > 0 ? `+${rate}` : String(rate)),
      color: ({ rate }) => ((rate ?? 0) > 0 ? "red" : (rate ?? 0) < 0 ? "green" : "dim"),
      right: true,
    },
  ];
}

const topicColumn: Column<LagRow> = { title: "topic", of: ({ topic }) => topic, shrinks: true };
const partitionColumns: readonly Column<LagRow>[] = [
  { title: "partition", of: ({ partition }) => partition, right: true },
  { title: "committed", of: ({ committed }) => committed, right: true },
  { title: "end", of: ({ end }) => end, right: true },
];

/** One look, cut to what the screen has room for. */
function frame(terminal: Terminal, rows: readonly LagRow[], by: By, everyMs: number): string {
  const { dim, bold } = paintFor(terminal, terminal.stdout);
  const room = Math.max(1, (terminal.stdout.rows ?? Infinity) - FOOTER_LINES - 1);
  const byLag = [...rows].sort((a, b) => b.lag - a.lag);
  const shown = rows.length <= room ? rows : byLag.slice(0, room);
  const table =
    rows.length === 0
      ? dim("No group has committed anything yet.\n")
      : renderTable(terminal, { items: shown, columns: columnsFor(by) }, false);
  const sum = rows.reduce((all, { lag }) => all + lag, 0);
  const rate = rows.reduce((all, row) => all + (row.rate ?? 0), 0);
  const hidden =
    rows.length > shown.length
      ? `, ${rows.length - shown.length} rows with less lag not shown`
      : "";
  const groups = new Set(rows.map(({ group }) => group)).size;
  const time = new Date(nodePlatform.clock.nowMs()).toTimeString().slice(0, 8);
  const total = `${countText(groups, "group")}, lag ${bold(String(sum))} (${rate > 0 ? "+" : ""}${rate} per second)`;
  return `${table}\n${total}  ${dim(`${time}, every ${everyMs / 1000} s${hidden}; Ctrl-C ends`)}\n`;
}

/** Draws one picture over the other. */
class Screen {
  readonly #terminal: Terminal;
  #lines = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.stdout.write(HIDE_CURSOR);
  }

  show(text: string, { stdout }: Terminal): void {
    const up = this.#lines === 0 ? "" : `\u001b[${this.#lines}A`;
    const lines = text.split("\n");
    this.#lines = lines.length - 1;
    stdout.write(`${up}${lines.join(`${CLEAR_LINE}\n`)}${CLEAR_BELOW}`);
  }

  close(): void {
    void write(this.#terminal.stdout, SHOW_CURSOR);
  }
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
