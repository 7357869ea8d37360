import { describeGroups } from "../../client/admin/describe-groups.ts";
import { deleteGroupOffsets, listGroupOffsets } from "../../client/admin/group-offsets.ts";
import { deleteGroups } from "../../client/admin/groups.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import {
  deleteShareGroupOffsets,
  listShareGroupOffsets,
} from "../../client/admin/share-offsets.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { carryOut, difference, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import type { ExitCode } from "../exit-code.ts";
import { groupNames, missingGroup } from "../groups.ts";
import { countText } from "../output.ts";
import { parsePartitions } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau group delete`. */
export function runDelete(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const names = await groupNames(cluster, args, options);
    const changes: Change[] = [];
    for (const { name, value, error } of await describeGroups(cluster, names)) {
      const base = { kind: "group", name, action: "delete", differences: [] } as const;
      if (error?.code === "GROUP_ID_NOT_FOUND") {
        const settled = options.has("if-exists")
          ? ({ result: "unchanged" } as const)
          : ({ result: "failed", error: await missingGroup(cluster, name) } as const);
        changes.push({ ...base, settled });
      } else if (error !== undefined) {
        throw error;
      } else {
        const { state, members } = value;
        const differences = [
          difference("state", state, null),
          difference("members", members.length, null),
        ];
        changes.push({ ...base, differences });
      }
    }
    const open = changes.filter(({ settled }) => settled === undefined).map(({ name }) => name);
    return carryOut(terminal, options, {
      changes,
      question: `Delete ${countText(open.length, "group")} with all offsets: ${open.join(", ")}?`,
      apply: (wanted) =>
        deleteGroups(
          cluster,
          wanted.map(({ name }) => name),
        ),
    });
  });
}

interface Forgetting extends Change, TopicPartition {}

/** `moldau group delete-offsets`. */
export function runDeleteOffsets(
  terminal: Terminal,
  [group = "", ...texts]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const wanted = texts.map(parsePartitions);
  return withCluster(terminal, options, async (cluster) => {
    const [described] = await describeGroups(cluster, [group]);
    if (described?.value?.type === "Share") {
      return forgetTopics(terminal, options, cluster, group, wanted);
    }
    const [found] = await listGroupOffsets(cluster, [group]);
    const offsets = found === undefined ? [] : valueOf(found);
    if (offsets.length === 0 && described?.error !== undefined) {
      throw await missingGroup(cluster, group);
    }
    const changes = offsets
      .filter(({ topic, partition }) =>
        wanted.some((one) => one.topic === topic && (one.partitions?.includes(partition) ?? true)),
      )
      .map(({ topic, partition, offset }): Forgetting => {
        const name = `${group} ${topicPartitionName(topic, partition)}`;
        const differences = [difference("committed", offset, null)];
        return { kind: "offset", name, action: "delete", differences, topic, partition };
      });
    return carryOut(terminal, options, {
      changes,
      question: `Forget ${countText(changes.length, "offset")} of ${group}?`,
      empty: `${group} has committed nothing there.`,
      apply: (open) => deleteGroupOffsets(cluster, group, open),
    });
  });
}

interface ForgettingTopic extends Change {
  readonly topic: string;
}

/** A share group forgets topics as a whole. */
async function forgetTopics(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  group: string,
  wanted: readonly ReturnType<typeof parsePartitions>[],
): Promise<ExitCode> {
  const parts = wanted.find(({ partitions }) => partitions !== undefined);
  if (parts !== undefined) {
    throw usageProblem(
      `${group} is a share group, which forgets topics as a whole`,
      `name the topic: ${parts.topic}`,
    );
  }
  const [found] = await listShareGroupOffsets(cluster, [group]);
  const known = new Set(found === undefined ? [] : valueOf(found).map(({ topic }) => topic));
  const changes = wanted
    .filter(({ topic }) => known.has(topic))
    .map(({ topic }): ForgettingTopic => {
      const differences = [difference("topic", topic, null)];
      return { kind: "offset", name: `${group} ${topic}`, action: "delete", differences, topic };
    });
  return carryOut(terminal, options, {
    changes,
    question: `Forget ${countText(changes.length, "topic")} of ${group}?`,
    empty: `${group} knows nothing of them.`,
    apply: (open) =>
      deleteShareGroupOffsets(
        cluster,
        group,
        open.map(({ topic }) => topic),
      ),
  });
}
