import type { BrokerInfo, Warning } from "./api.ts";
import type { ClusterView } from "./cluster-view.ts";

/** Below this share of free space a disk is nearly full. */
const FREE_SHARE_MIN = 0.1;
/** Of one kind so many are told by name. */
const NAMED_MAX = 3;

/** What somebody should look at, the worst first. */
export function warningsOf(view: ClusterView, brokers: readonly BrokerInfo[]): Warning[] {
  return [...offline(view), ...disks(brokers), ...underReplicated(view), ...stuck(view)];
}

function named(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function offline(view: ClusterView): Warning[] {
  const without = view.sample.topics
    .filter(({ partitions }) => partitions.some(({ leader }) => leader < 0))
    .map(({ name }) => name);
  if (without.length === 0) return [];
  return [
    {
      severity: "error",
      title: `${named(without)}: partitions without a leader`,
      why: "Nobody can write to them or read from them: the brokers that have them are not there.",
      remedy: "Start the brokers that hold their replicas.",
    },
  ];
}

function disks(brokers: readonly BrokerInfo[]): Warning[] {
  const warnings: Warning[] = [];
  for (const { id, logDirs } of brokers) {
    for (const { path, totalBytes, freeBytes, error } of logDirs) {
      if (error !== undefined) {
        warnings.push({
          severity: "error",
          title: `Broker ${id} cannot use ${path}`,
          why: error,
          remedy: "Look at the disk and at the broker's log, then start the broker again.",
          link: "#/brokers",
        });
      } else if (
        totalBytes !== undefined &&
        freeBytes !== undefined &&
        freeBytes < totalBytes * FREE_SHARE_MIN
      ) {
        warnings.push({
          severity: "warning",
          title: `The disk of broker ${id} is nearly full`,
          why: `${path} has ${Math.round((freeBytes / totalBytes) * 100)} % free. A full disk refuses writes.`,
          remedy: "Make room, or let topics keep less (retention.ms, retention.bytes).",
          link: "#/brokers",
        });
      }
    }
  }
  return warnings;
}

function underReplicated(view: ClusterView): Warning[] {
  const topics = view.topicRows.filter((row) => row.underReplicated > 0).map(({ name }) => name);
  if (topics.length === 0) return [];
  return [
    {
      severity: "warning",
      title: `${named(topics)}: replicas are not in sync`,
      why: "A broker is away or cannot keep up; should another fail, records may be out of reach.",
      remedy: "See which brokers are missing.",
      link: "#/brokers",
    },
  ];
}

function stuck(view: ClusterView): Warning[] {
  return view.groupRows
    .filter((row) => row.isStuck)
    .sort((a, b) => b.lag - a.lag)
    .slice(0, NAMED_MAX)
    .map((row) => ({
      severity: row.members === 0 ? ("info" as const) : ("warning" as const),
      title: `Group ${row.name} does not move on`,
      why:
        row.members === 0
          ? `It has no members and a lag of ${counted(row.lag, "record")}.`
          : `It has ${counted(row.members, "member")} and a lag of ${counted(row.lag, "record")}, and commits nothing.`,
      remedy:
        row.members === 0 ? "Start a consumer of the group, or delete it." : "Its page says why.",
      link: `#/groups/${encodeURIComponent(row.name)}`,
    }));
}
