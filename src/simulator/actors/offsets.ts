import { ErrorCode } from "../../protocol/error-code.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
} from "../../protocol/messages/offset-commit.ts";
import { offsetFetchRequest, offsetFetchResponse } from "../../protocol/messages/offset-fetch.ts";
import type { PartitionHistory } from "../history.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";

const GROUPS_VERSION = 8;
const TOPIC_ID_VERSION = 10;
/** The coordinator gives an append up after `offsets.commit.timeout.ms`. */
const COMMIT_WAIT_MS = 5000;

export interface Committer {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
  readonly groupInstanceId: string | null;
}

/** Somebody who is in no group's generation. */
export function outsider(group: string): Committer {
  return { group, memberId: "", generation: -1, groupInstanceId: null };
}

/** Errors after which it is certain that nothing was committed. */
const refusals: readonly number[] = [
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
];

/** Commits; gives the error code, or that no answer came. */
export async function commitOffsets(
  scene: Scene,
  client: ActorConnection,
  by: Committer,
  offsets: ReadonlyMap<PartitionHistory, number>,
): Promise<number | "lost"> {
  const checker = scene.checkers.committedOffsets;
  const tag = checker.nextTag();
  const incarnation = scene.broker.incarnation;
  const latest = scene.checkers.generations.latestOf(by.group);
  const asked = [...offsets].map(([partition, offset]) => ({
    partition,
    commit: checker.sent(by.group, partition, offset, tag),
  }));
  const version = client.versionOf(offsetCommitRequest, by.groupInstanceId === null ? 0 : 7);
  const answer = await client.call(
    offsetCommitRequest,
    offsetCommitResponse,
    {
      groupId: by.group,
      generationIdOrMemberEpoch: by.generation,
      memberId: by.memberId,
      groupInstanceId: by.groupInstanceId,
      topics: asked.map(({ partition, commit }) => ({
        name: partition.topic.name,
        topicId: partition.topic.id,
        partitions: [
          {
            partitionIndex: partition.index,
            committedOffset: commit.offset,
            committedMetadata: tag,
          },
        ],
      })),
    },
    { version, waitMs: COMMIT_WAIT_MS },
  );
  if (answer === LOST) return "lost";
  let worst: number = ErrorCode.NONE;
  for (const { partition, commit } of asked) {
    const { errorCode } =
      answer.topics
        .filter((topic) =>
          version >= TOPIC_ID_VERSION
            ? topic.topicId === partition.topic.id
            : topic.name === partition.topic.name,
        )
        .flatMap(({ partitions }) => partitions)
        .find(({ partitionIndex }) => partitionIndex === partition.index) ?? {};
    if (errorCode === undefined) {
      scene.history.violate("expected-errors", "OffsetCommit answers without a partition");
      continue;
    }
    if (errorCode === ErrorCode.NONE) {
      checker.acknowledged(commit);
      if (by.generation >= 0 && incarnation === scene.broker.incarnation) {
        scene.checkers.generations.accepted("a commit", by.group, by.generation, latest);
      }
      continue;
    }
    if (refusals.includes(errorCode)) checker.refused(commit);
    scene.checkers.errors.told("OffsetCommit", errorCode, partition.topic, refusals);
    worst = errorCode;
  }
  return worst;
}

/** Asks for a group's committed offsets, and has them checked; nothing when there is no answer. */
export async function fetchOffsets(
  scene: Scene,
  client: ActorConnection,
  group: string,
  partitions: readonly PartitionHistory[],
): Promise<Map<PartitionHistory, number> | undefined> {
  const version = client.versionOf(offsetFetchRequest);
  const asked = scene.checkers.committedOffsets.asked();
  const inGroups = version >= GROUPS_VERSION;
  const topics = partitions.map((partition) => ({
    name: partition.topic.name,
    topicId: partition.topic.id,
    partitionIndexes: [partition.index],
  }));
  const answer = await client.call(
    offsetFetchRequest,
    offsetFetchResponse,
    {
      groupId: inGroups ? "" : group,
      topics: inGroups
        ? []
        : topics.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })),
      groups: inGroups ? [{ groupId: group, topics }] : [],
    },
    { version },
  );
  if (answer === LOST) return undefined;
  const found = inGroups ? answer.groups[0] : answer;
  if (found === undefined) {
    scene.history.violate("expected-errors", "OffsetFetch answers without the group");
    return undefined;
  }
  scene.checkers.errors.told("OffsetFetch", found.errorCode);
  if (found.errorCode !== ErrorCode.NONE) return undefined;
  const offsets = new Map<PartitionHistory, number>();
  for (const partition of partitions) {
    const told = answerOf(found.topics, partition, version);
    if (told === undefined || !partition.isLive) continue;
    scene.checkers.errors.told("OffsetFetch", told.errorCode, partition.topic);
    if (told.errorCode !== ErrorCode.NONE) return undefined;
    const { committedOffset, metadata } = told;
    scene.checkers.committedOffsets.told(group, partition, asked, committedOffset, metadata ?? "");
    offsets.set(partition, committedOffset);
  }
  return offsets;
}

interface ToldOffset {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly metadata: string | null;
  readonly errorCode: number;
}

function answerOf(
  topics: readonly {
    readonly name: string;
    readonly topicId?: string;
    readonly partitions: readonly ToldOffset[];
  }[],
  { topic, index }: PartitionHistory,
  version: number,
): ToldOffset | undefined {
  for (const told of topics) {
    const isIt = version >= TOPIC_ID_VERSION ? told.topicId === topic.id : told.name === topic.name;
    const found = told.partitions.find(({ partitionIndex }) => partitionIndex === index);
    if (isIt && found !== undefined) return found;
  }
  return undefined;
}
