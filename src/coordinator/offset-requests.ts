/**
 * Requests about offsets, between their wire form and the decisions: topics are looked up, versions
 * are told apart, and answers of several groups are gathered.
 */

import { ZERO_UUID } from "../core/uuid.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from "../protocol/messages/offset-commit.ts";
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../protocol/messages/offset-delete.ts";
import type {
  OffsetFetchRequest,
  OffsetFetchResponseInput,
} from "../protocol/messages/offset-fetch.ts";
import type { ElementOf } from "../protocol/schema.ts";
import type { GroupRequestContext, GroupRuntime, Respond, TopicLookup } from "./group-request.ts";
import { GroupMachine } from "./group/group-machine.ts";
import { decideOffsetCommit, type OffsetToCommit } from "./group/offset-commit.ts";
import { decideOffsetDelete, type OffsetToDelete } from "./group/offset-delete.ts";
import {
  decideStableOffsets,
  none,
  readOffsets,
  type FetchedOffsets,
  type FetchedTopic,
  type OffsetsWanted,
} from "./group/offset-fetch.ts";

/** From here on topics are named by id. */
const TOPIC_ID_VERSION = 10;
/** From here on several groups may be asked about, and errors stand at each. */
const SEVERAL_GROUPS_VERSION = 8;
/** From here on an error of the group stands at the top of the response. */
const TOP_LEVEL_ERROR_VERSION = 2;

interface CommitAnswer {
  partitionIndex: number;
  errorCode: ErrorCode;
}

/** A commit on its way: what goes to the group, and where its answers stand in the response. */
interface Commit {
  readonly offsets: OffsetToCommit[];
  /** In the order of the offsets. */
  readonly answers: CommitAnswer[];
}

/** OffsetCommit: what cannot be committed is answered here, the rest goes to the group. */
export function commitOffsets(
  runtime: GroupRuntime,
  topics: TopicLookup,
  context: GroupRequestContext,
  request: OffsetCommitRequest,
  respond: Respond<OffsetCommitResponseInput>,
): void {
  const { offsets, answers }: Commit = { offsets: [], answers: [] };
  const response: OffsetCommitResponseInput = {
    topics: request.topics.map((topic) =>
      commitTopic(topics, context, topic, { offsets, answers }),
    ),
  };
  if (offsets.length === 0) {
    respond(response);
    return;
  }
  const fail = (error: ErrorCode): void => {
    for (const answer of answers) answer.errorCode = error;
    respond(response);
  };
  const partition = runtime.partitionFor(request.groupId);
  if (partition === undefined) {
    fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    return;
  }
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, retentionTimeMs } =
    request;
  runtime.write(partition, {
    decide: (machine) =>
      decideOffsetCommit(machine, {
        apiVersion: context.apiVersion,
        groupId,
        memberId,
        groupInstanceId,
        generationIdOrMemberEpoch,
        retentionTimeMs,
        offsets,
      }),
    succeed: (errors) => {
      for (let i = 0; i < answers.length; i++) answers[i]!.errorCode = errors[i]!;
      respond(response);
    },
    fail,
  });
}

function commitTopic(
  topics: TopicLookup,
  context: GroupRequestContext,
  topic: ElementOf<OffsetCommitRequest["topics"]>,
  commit: Commit,
): ElementOf<OffsetCommitResponseInput["topics"]> {
  const byId = context.apiVersion >= TOPIC_ID_VERSION;
  const name = byId ? topics.nameOf(topic.topicId) : topic.name;
  const error = commitError(topics, context, name);
  const count = name === undefined ? 0 : (topics.partitionCountOf(name) ?? 0);
  const topicId = (byId ? topic.topicId : topics.idOf(topic.name)) ?? ZERO_UUID;
  const partitions: CommitAnswer[] = [];
  for (const partition of topic.partitions) {
    const { partitionIndex } = partition;
    const exists = partitionIndex >= 0 && partitionIndex < count;
    const answer: CommitAnswer = {
      partitionIndex,
      errorCode: error === ErrorCode.NONE && !exists ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : error,
    };
    partitions.push(answer);
    if (answer.errorCode !== ErrorCode.NONE || name === undefined) continue;
    commit.answers.push(answer);
    commit.offsets.push({
      topic: name,
      topicId,
      partition: partitionIndex,
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata,
    });
  }
  return { name: topic.name, topicId: topic.topicId, partitions };
}

function commitError(
  topics: TopicLookup,
  context: GroupRequestContext,
  name: string | undefined,
): ErrorCode {
  if (name === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  if (context.mayAccessTopic?.(name) === false) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return topics.partitionCountOf(name) === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.NONE;
}

/** A group that is asked about, in the form that serves all versions. */
interface GroupWanted {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly topics:
    | readonly {
        readonly name: string;
        readonly topicId: string;
        readonly partitionIndexes: readonly number[];
      }[]
    | null;
}

/** OffsetFetch: each group is asked on its own; the response goes out when all have answered. */
export function fetchOffsets(
  runtime: GroupRuntime,
  topics: TopicLookup,
  context: GroupRequestContext,
  request: OffsetFetchRequest,
  respond: Respond<OffsetFetchResponseInput>,
): void {
  const wanted = groupsWanted(context.apiVersion, request);
  const fetched: FetchedOffsets[] = [];
  let waiting = wanted.length;
  const respondAll = (): void =>
    respond(
      context.apiVersion >= SEVERAL_GROUPS_VERSION
        ? severalGroups(wanted, fetched)
        : singleGroup(context.apiVersion, request, fetched[0]),
    );
  if (waiting === 0) respondAll();
  for (const [i, group] of wanted.entries()) {
    fetchGroup(runtime, topics, context, group, request.requireStable, (offsets) => {
      fetched[i] = offsets;
      waiting--;
      if (waiting === 0) respondAll();
    });
  }
}

function groupsWanted(apiVersion: number, request: OffsetFetchRequest): readonly GroupWanted[] {
  if (apiVersion >= SEVERAL_GROUPS_VERSION) return request.groups;
  const topics =
    request.topics === null
      ? null
      : request.topics.map(({ name, partitionIndexes }) => ({
          name,
          topicId: ZERO_UUID,
          partitionIndexes,
        }));
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }];
}

function fetchGroup(
  runtime: GroupRuntime,
  topics: TopicLookup,
  context: GroupRequestContext,
  group: GroupWanted,
  requireStable: boolean,
  done: (offsets: FetchedOffsets) => void,
): void {
  const byId = context.apiVersion >= TOPIC_ID_VERSION;
  /** Topics that are answered without asking the group. */
  const refused: FetchedTopic[] = [];
  const named: { name: string; topicId: string; partitions: readonly number[] }[] = [];
  for (const topic of group.topics ?? []) {
    const name = byId ? topics.nameOf(topic.topicId) : topic.name;
    const error = fetchError(context, name);
    if (error === ErrorCode.NONE && name !== undefined) {
      const topicId = (byId ? topic.topicId : topics.idOf(name)) ?? ZERO_UUID;
      named.push({ name, topicId, partitions: topic.partitionIndexes });
    } else {
      const partitions = topic.partitionIndexes.map((partition) => none(partition, error));
      refused.push({ name: topic.name, topicId: topic.topicId, partitions });
    }
  }
  const wanted: OffsetsWanted = {
    groupId: group.groupId,
    memberId: group.memberId,
    memberEpoch: group.memberEpoch,
    topics: group.topics === null ? null : named,
  };
  const finish = (offsets: FetchedOffsets): void => {
    if (!("topics" in offsets)) {
      done(offsets);
      return;
    }
    const answered =
      group.topics === null ? visible(topics, context, byId, offsets.topics) : offsets.topics;
    done({ error: ErrorCode.NONE, topics: [...answered, ...refused] });
  };
  ask(runtime, wanted, requireStable, finish);
}

function ask(
  runtime: GroupRuntime,
  wanted: OffsetsWanted,
  requireStable: boolean,
  finish: (offsets: FetchedOffsets) => void,
): void {
  const partition = runtime.partitionFor(wanted.groupId);
  if (partition === undefined) {
    finish({ error: ErrorCode.COORDINATOR_NOT_AVAILABLE });
  } else if (requireStable) {
    runtime.write(partition, {
      decide: (machine) => decideStableOffsets(machine, wanted),
      succeed: finish,
      // Of what the log says when it cannot be written, clients of OffsetFetch know only this.
      fail: (error) =>
        finish({
          error: error === ErrorCode.COORDINATOR_NOT_AVAILABLE ? ErrorCode.NOT_COORDINATOR : error,
        }),
    });
  } else {
    const machine = runtime.read(partition);
    finish(machine instanceof GroupMachine ? readOffsets(machine, wanted) : { error: machine });
  }
}

function fetchError(context: GroupRequestContext, name: string | undefined): ErrorCode {
  if (name === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  return context.mayAccessTopic?.(name) === false
    ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
    : ErrorCode.NONE;
}

/** Of all topics of a group, those that may be seen; by id, those that still have one. */
function visible(
  topics: TopicLookup,
  context: GroupRequestContext,
  byId: boolean,
  all: readonly FetchedTopic[],
): FetchedTopic[] {
  const seen: FetchedTopic[] = [];
  for (const topic of all) {
    if (context.mayAccessTopic?.(topic.name) === false) continue;
    const topicId = byId ? topics.idOf(topic.name) : ZERO_UUID;
    if (topicId !== undefined) seen.push({ ...topic, topicId });
  }
  return seen;
}

function severalGroups(
  wanted: readonly GroupWanted[],
  fetched: readonly FetchedOffsets[],
): OffsetFetchResponseInput {
  return {
    topics: [],
    groups: wanted.map(({ groupId }, i) => {
      const offsets = fetched[i]!;
      return {
        groupId,
        topics: "topics" in offsets ? offsets.topics : [],
        errorCode: offsets.error,
      };
    }),
  };
}

function singleGroup(
  apiVersion: number,
  request: OffsetFetchRequest,
  offsets: FetchedOffsets | undefined,
): OffsetFetchResponseInput {
  if (offsets !== undefined && "topics" in offsets) {
    return { topics: offsets.topics, errorCode: ErrorCode.NONE, groups: [] };
  }
  const errorCode = offsets?.error ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (apiVersion >= TOP_LEVEL_ERROR_VERSION) return { topics: [], errorCode, groups: [] };
  const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => none(partition, errorCode)),
  }));
  return { topics, groups: [] };
}

type DeleteAnswer = ElementOf<ElementOf<OffsetDeleteResponseInput["topics"]>["partitions"]>;

/** OffsetDelete: an error of the group stands alone at the top. */
export function deleteOffsets(
  runtime: GroupRuntime,
  topics: TopicLookup,
  context: GroupRequestContext,
  request: OffsetDeleteRequest,
  respond: Respond<OffsetDeleteResponseInput>,
): void {
  const fail = (errorCode: ErrorCode): void => respond({ errorCode, topics: [] });
  const { groupId } = request;
  const partition = runtime.partitionFor(groupId);
  if (partition === undefined || groupId === "") {
    fail(groupId === "" ? ErrorCode.INVALID_GROUP_ID : ErrorCode.COORDINATOR_NOT_AVAILABLE);
    return;
  }
  const offsets: OffsetToDelete[] = [];
  const refusals = new Map<string, ErrorCode>();
  for (const topic of request.topics) {
    const count = topics.partitionCountOf(topic.name) ?? 0;
    const denied = context.mayAccessTopic?.(topic.name) === false;
    for (const { partitionIndex } of topic.partitions) {
      if (!denied && partitionIndex >= 0 && partitionIndex < count) {
        offsets.push({ topic: topic.name, partition: partitionIndex });
        continue;
      }
      const error = denied
        ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
        : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      refusals.set(answerKey(topic.name, partitionIndex), error);
    }
  }
  runtime.write(partition, {
    decide: (machine) => decideOffsetDelete(machine, groupId, offsets),
    succeed: (deleted) => {
      if (!("partitions" in deleted)) {
        fail(deleted.error);
        return;
      }
      const errors = new Map(refusals);
      for (const [i, { topic, partition: index }] of offsets.entries()) {
        errors.set(answerKey(topic, index), deleted.partitions[i]!);
      }
      respond({
        errorCode: ErrorCode.NONE,
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }): DeleteAnswer => {
            const errorCode = errors.get(answerKey(name, partitionIndex)) ?? ErrorCode.NONE;
            return { partitionIndex, errorCode };
          }),
        })),
      });
    },
    fail,
  });
}

function answerKey(topic: string, partition: number): string {
  return `${partition}/${topic}`;
}
