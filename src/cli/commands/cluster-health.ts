import { describeCluster } from "../../client/admin/brokers.ts";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { describeConfigs } from "../../client/admin/configs.ts";
import { listTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { describeLogDirs } from "../../client/admin/log-dirs.ts";
import { describeMetadataQuorum } from "../../client/admin/quorum.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { durationText } from "../duration.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, countText, printItems } from "../output.ts";
import { optionalAnswer } from "../problem.ts";
import type { HealthItem } from "../shapes/cluster.ts";
import { wrap } from "../wrap.ts";
import { paintFor, type Paint, type Terminal } from "../terminal.ts";

/** How long to wait between two looks with `--wait`. */
const LOOK_EVERY_MS = 500;
/** A volume with less than this share of free space is worth a remark. */
const FREE_SHARE_MIN = 0.1;
/** A controller that has not fetched for so long is lost. */
const FETCH_AGE_MAX_MS = 30_000;

/** `moldau cluster health`. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const waitMs = options.duration("wait") ?? 0;
  const { clock } = nodePlatform;
  return withCluster(terminal, options, async (cluster) => {
    const untilMs = clock.monotonicMs() + waitMs;
    let items = await examine(cluster);
    while (isBroken(items) && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => clock.setTimer(LOOK_EVERY_MS, resolve));
      items = await examine(cluster);
    }
    const listing = {
      items,
      id: ({ check }: HealthItem) => check,
      empty: "",
      columns: [
        { title: "check", of: ({ check }: HealthItem) => check },
        { title: "status", of: ({ status }: HealthItem) => status },
        { title: "detail", of: ({ detail }: HealthItem) => detail },
        { title: "items", of: ({ items: of }: HealthItem) => of.join(" ") },
      ],
    };
    await printItems(terminal, options, listing, (wide) => inWords(terminal, items, wide));
    return isBroken(items) ? ExitCode.failed : ExitCode.ok;
  });
}

function isBroken(items: readonly HealthItem[]): boolean {
  return items.some(({ status }) => status === "failed");
}

async function examine(cluster: Cluster): Promise<HealthItem[]> {
  const [topics, directories, quorum, brokers] = await Promise.all([
    listTopics(cluster, { includeInternal: true }),
    directoriesHealth(cluster),
    quorumHealth(cluster),
    brokersHealth(cluster),
  ]);
  const writes = await writesHealth(cluster, topics);
  return [brokers, ...topicsHealth(topics), ...writes, ...directories, quorum];
}

/** Partitions that take no records of producers who wait for all replicas. */
async function writesHealth(
  cluster: Cluster,
  topics: readonly TopicDescription[],
): Promise<HealthItem[]> {
  const behind = topics.filter(({ partitions }) => partitions.some(isBehind));
  if (behind.length === 0) return [];
  const resources = behind.map(({ name }) => ({ type: ConfigResourceType.topic, name }));
  const configs = await optionalAnswer(describeConfigs(cluster, resources));
  const closed = behind.flatMap(({ name, partitions }, index) => {
    const entry = configs?.[index]?.value?.find((one) => one.name === "min.insync.replicas");
    const least = Number(entry?.value ?? 1);
    return partitions
      .filter(({ isr }) => isr.length < least)
      .map(({ partition }) => `${name}-${partition}`);
  });
  if (closed.length === 0) return [];
  const detail = `${countText(closed.length, "partition")} with fewer in sync than min.insync.replicas: acks=all is refused`;
  return [item("writes", "failed", detail, closed)];
}

function isBehind({ leader, isr, replicas }: TopicDescription["partitions"][number]): boolean {
  return leader !== null && isr.length < replicas.length;
}

function item(
  check: string,
  status: HealthItem["status"],
  detail: string,
  items: readonly string[] = [],
): HealthItem {
  return { check, status, detail, items };
}

async function brokersHealth(cluster: Cluster): Promise<HealthItem> {
  const described = await describeCluster(cluster, { includeFencedBrokers: true });
  const fenced = described.brokers.filter(({ isFenced }) => isFenced).map(({ id }) => String(id));
  const alive = described.brokers.length - fenced.length;
  if (described.controllerId === null) {
    return item("brokers", "failed", `${countText(alive, "broker")}, and no controller`);
  }
  if (fenced.length > 0) {
    return item("brokers", "warning", `${fenced.length} registered and not in service`, fenced);
  }
  return item("brokers", "ok", `${countText(alive, "broker")} in service`);
}

function topicsHealth(topics: readonly TopicDescription[]): HealthItem[] {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ name: `${name}-${partition.partition}`, ...partition })),
  );
  const names = (wanted: (one: (typeof all)[number]) => boolean): string[] =>
    all.filter(wanted).map(({ name }) => name);
  const leaderless = names(({ leader }) => leader === null);
  const behind = names(isBehind);
  const astray = names(({ leader, replicas }) => leader !== null && leader !== replicas[0]);
  const count = countText(all.length, "partition");
  return [
    leaderless.length > 0
      ? item(
          "leaders",
          "failed",
          `${countText(leaderless.length, "partition")} without leader`,
          leaderless,
        )
      : item("leaders", "ok", `${count}, each with a leader`),
    behind.length > 0
      ? item(
          "replicas",
          "failed",
          `${countText(behind.length, "partition")} with replicas out of sync`,
          behind,
        )
      : item("replicas", "ok", "all in sync"),
    ...(astray.length > 0
      ? [item("balance", "warning", `${astray.length} not led by the preferred replica`, astray)]
      : []),
  ];
}

async function directoriesHealth(cluster: Cluster): Promise<HealthItem[]> {
  const answers = await optionalAnswer(describeLogDirs(cluster, null));
  if (answers === undefined) return [item("directories", "unknown", "the brokers do not tell")];
  const dirs = answers.flatMap(({ value }) =>
    (value?.logDirs ?? []).map((dir) => ({ ...dir, name: `${value?.brokerId}:${dir.path}` })),
  );
  const offline = dirs.filter(({ error }) => error !== undefined).map(({ name }) => name);
  if (offline.length > 0) {
    return [item("directories", "failed", `${offline.length} offline`, offline)];
  }
  const full = dirs.filter(
    ({ totalBytes, usableBytes }) =>
      totalBytes !== null && usableBytes !== null && usableBytes < totalBytes * FREE_SHARE_MIN,
  );
  if (full.length > 0) {
    const names = full.map(
      ({ name, usableBytes }) => `${name} (${bytesText(usableBytes ?? 0)} free)`,
    );
    return [item("directories", "warning", `${full.length} nearly full`, names)];
  }
  return [
    item(
      "directories",
      "ok",
      `${countText(dirs.length, "directory").replace(/ys$/, "ies")} online`,
    ),
  ];
}

async function quorumHealth(cluster: Cluster): Promise<HealthItem> {
  const quorum = await optionalAnswer(describeMetadataQuorum(cluster));
  if (quorum === undefined) return item("quorum", "unknown", "the brokers do not tell");
  const nowMs = nodePlatform.clock.nowMs();
  const lost = quorum.voters.filter(({ replicaId, lastCaughtUpTimestamp }) => {
    if (replicaId === quorum.leaderId) return false;
    return lastCaughtUpTimestamp === null || nowMs - lastCaughtUpTimestamp > FETCH_AGE_MAX_MS;
  });
  const voters = countText(quorum.voters.length, "voter");
  if (lost.length === 0) return item("quorum", "ok", `${voters}, led by ${quorum.leaderId}`);
  const ids = lost.map(({ replicaId }) => String(replicaId));
  const status = lost.length * 2 >= quorum.voters.length ? "failed" : "warning";
  const detail = `${lost.length} of ${voters} behind for more than ${durationText(FETCH_AGE_MAX_MS)}`;
  return item("quorum", status, detail, ids);
}

const MARKS = { ok: "✓", warning: "!", failed: "✗", unknown: "?" } as const;
const COLORS = { ok: "green", warning: "yellow", failed: "red", unknown: "dim" } as const;
/** Things that are named; the rest is counted. */
const NAMED_MAX = 10;
/** Of a line where nobody tells. */
const COLUMNS = 100;
const COLUMNS_MIN = 20;

function inWords(terminal: Terminal, items: readonly HealthItem[], wide: boolean): string {
  const paint = paintFor(terminal, terminal.stdout);
  const width = Math.max(...items.map(({ check }) => check.length));
  const lines = items.map(({ check, status, detail, items: of }) => {
    const mark = paint[COLORS[status]](MARKS[status]);
    const named = wide ? of : of.slice(0, NAMED_MAX);
    const more = of.length > named.length ? ` and ${of.length - named.length} more` : "";
    const indent = " ".repeat(width + 4);
    const columns = Math.max(COLUMNS_MIN, (terminal.stdout.columns ?? COLUMNS) - indent.length);
    const list = wrap(named.join(" ") + more, columns).map((line) => indent + paint.dim(line));
    return [`${mark} ${check.padEnd(width)}  ${detail}`, ...list, ""].join("\n");
  });
  return `${lines.join("")}\n${verdict(paint, items)}\n`;
}

function verdict(paint: Paint, items: readonly HealthItem[]): string {
  if (isBroken(items)) return paint.red("The cluster is not well.");
  const isUneasy = items.some(({ status }) => status === "warning");
  return isUneasy
    ? paint.yellow("The cluster is well, with remarks.")
    : paint.green("The cluster is well.");
}
