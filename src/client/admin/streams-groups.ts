import type { TopicPartition } from "../../core/topic-partition.ts";
import type { StreamsGroupDescribeResponse } from "../../protocol/messages/streams-group-describe.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import {
  commonOf,
  hostOf,
  type DescribedBy,
  type GroupDescription,
  type GroupMember,
} from "./group-descriptions.ts";

/** A part of a topology over one partition of its topics. */
export interface StreamsTask {
  readonly subtopologyId: string;
  readonly partition: number;
}

/** How far a member has come with a task. */
export interface StreamsTaskOffset extends StreamsTask {
  /** Over the changelogs of its state, summed up. */
  readonly offset: number;
}

/** Tasks that a member works on, follows, and is getting ready for. */
export interface StreamsTasks {
  readonly active: readonly StreamsTask[];
  readonly standby: readonly StreamsTask[];
  readonly warmup: readonly StreamsTask[];
}

/** A member of a streams group. Its `assignment` is the source partitions of its active tasks. */
export interface StreamsGroupMember extends GroupMember {
  readonly memberEpoch: number;
  readonly topologyEpoch: number;
  /** Members with the same one share the state on a machine. */
  readonly processId: string;
  /** Where its interactive queries are answered. */
  readonly userEndpoint: { readonly host: string; readonly port: number } | null;
  readonly clientTags: Readonly<Record<string, string>>;
  readonly taskOffsets: readonly StreamsTaskOffset[];
  readonly taskEndOffsets: readonly StreamsTaskOffset[];
  readonly tasks: StreamsTasks;
  /** The tasks it is to have when the rebalance under way is over. */
  readonly targetTasks: StreamsTasks;
  /** Speaks the classic protocol still. */
  readonly isClassic: boolean;
}

/** A topic that a topology keeps for itself. */
export interface StreamsInternalTopic {
  readonly name: string;
  /** 0: as many as its sources have. */
  readonly partitions: number;
  /** 0: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** A part of a topology that no topic connects with others in the same task. */
export interface StreamsSubtopology {
  readonly subtopologyId: string;
  readonly sourceTopics: readonly string[];
  readonly repartitionSinkTopics: readonly string[];
  readonly stateChangelogTopics: readonly StreamsInternalTopic[];
  readonly repartitionSourceTopics: readonly StreamsInternalTopic[];
}

/** A node of a topology (KIP-1331). */
export interface StreamsNode {
  readonly name: string;
  readonly kind: "source" | "processor" | "sink" | "unknown";
  /** Of sources; empty when they are chosen while it runs. */
  readonly sourceTopics: readonly string[];
  /** Of sinks; null when it is chosen while it runs. */
  readonly sinkTopic: string | null;
  readonly stores: readonly string[];
  /** Names of the nodes that come next. */
  readonly successors: readonly string[];
}

/** All nodes of a topology (KIP-1331). */
export interface StreamsTopology {
  readonly subtopologies: readonly {
    readonly subtopologyId: string;
    readonly nodes: readonly StreamsNode[];
  }[];
  readonly globalStores: readonly {
    readonly source: StreamsNode;
    readonly processor: StreamsNode;
  }[];
}

/** A group of instances of a Kafka Streams program (KIP-1071). */
export interface StreamsGroupDescription extends GroupDescription {
  readonly type: "Streams";
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  /** Null before the first member has told it. */
  readonly topologyEpoch: number | null;
  readonly subtopologies: readonly StreamsSubtopology[];
  readonly members: readonly StreamsGroupMember[];
  /** Where it was asked for and the broker has it. */
  readonly topology: StreamsTopology | null;
  readonly topologyStatus: "notRequested" | "notStored" | "error" | "available" | "unknown";
}

type WireGroup = ElementOf<StreamsGroupDescribeResponse["groups"]>;
type WireMember = ElementOf<WireGroup["members"]>;
type WireTopology = NonNullable<WireGroup["topologyDescription"]>;
type WireNode = ElementOf<ElementOf<WireTopology["subtopologies"]>["nodes"]>;
type WireSubtopology = ElementOf<NonNullable<WireGroup["topology"]>["subtopologies"]>;
type WireInternalTopic = ElementOf<WireSubtopology["stateChangelogTopics"]>;

const topologyStatuses = ["notRequested", "notStored", "error", "available"] as const;
const nodeKinds = ["unknown", "source", "processor", "sink"] as const;

export function streamsGroupOf(wire: WireGroup, by: DescribedBy): StreamsGroupDescription {
  const subtopologies = (wire.topology?.subtopologies ?? []).map(subtopologyOf);
  return {
    ...commonOf(wire, by),
    type: "Streams",
    protocolType: "streams",
    assignor: wire.assignorName ?? "",
    groupEpoch: wire.groupEpoch,
    assignmentEpoch: wire.assignmentEpoch,
    topologyEpoch: wire.topology?.epoch ?? null,
    subtopologies,
    members: wire.members.map((member) => memberOf(member, subtopologies)),
    topology: wire.topologyDescription === null ? null : topologyOf(wire.topologyDescription),
    topologyStatus: topologyStatuses[wire.topologyDescriptionStatus] ?? "unknown",
  };
}

function memberOf(
  wire: WireMember,
  subtopologies: readonly StreamsSubtopology[],
): StreamsGroupMember {
  const tasks = tasksOf(wire.assignment);
  return {
    memberId: wire.memberId,
    instanceId: wire.instanceId,
    rackId: wire.rackId,
    clientId: wire.clientId,
    host: hostOf(wire.clientHost),
    memberEpoch: wire.memberEpoch,
    topologyEpoch: wire.topologyEpoch,
    processId: wire.processId,
    userEndpoint: wire.userEndpoint,
    clientTags: recordOf(wire.clientTags),
    taskOffsets: wire.taskOffsets,
    taskEndOffsets: wire.taskEndOffsets,
    tasks,
    targetTasks: tasksOf(wire.targetAssignment),
    assignment: sourcesOf(tasks.active, subtopologies),
    isClassic: wire.isClassic,
  };
}

/** The partitions that tasks read: one of each topic that feeds their subtopology. */
function sourcesOf(
  tasks: readonly StreamsTask[],
  subtopologies: readonly StreamsSubtopology[],
): TopicPartition[] {
  const topics = new Map(
    subtopologies.map(({ subtopologyId, sourceTopics, repartitionSourceTopics }) => [
      subtopologyId,
      [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)],
    ]),
  );
  return tasks.flatMap(({ subtopologyId, partition }) =>
    (topics.get(subtopologyId) ?? []).map((topic) => ({ topic, partition })),
  );
}

type WireTaskIds = readonly {
  readonly subtopologyId: string;
  readonly partitions: readonly number[];
}[];

function tasksOf(wire: WireMember["assignment"]): StreamsTasks {
  const flat = (ids: WireTaskIds): StreamsTask[] =>
    ids.flatMap(({ subtopologyId, partitions }) =>
      partitions.map((partition) => ({ subtopologyId, partition })),
    );
  return {
    active: flat(wire.activeTasks),
    standby: flat(wire.standbyTasks),
    warmup: flat(wire.warmupTasks),
  };
}

function subtopologyOf(wire: WireSubtopology): StreamsSubtopology {
  return {
    subtopologyId: wire.subtopologyId,
    sourceTopics: wire.sourceTopics,
    repartitionSinkTopics: wire.repartitionSinkTopics,
    stateChangelogTopics: wire.stateChangelogTopics.map(internalTopicOf),
    repartitionSourceTopics: wire.repartitionSourceTopics.map(internalTopicOf),
  };
}

function internalTopicOf(wire: WireInternalTopic): StreamsInternalTopic {
  const { name, partitions, replicationFactor, topicConfigs } = wire;
  return { name, partitions, replicationFactor, configs: recordOf(topicConfigs) };
}

function topologyOf({ subtopologies, globalStores }: WireTopology): StreamsTopology {
  return {
    subtopologies: subtopologies.map(({ subtopologyId, nodes }) => ({
      subtopologyId,
      nodes: nodes.map(nodeOf),
    })),
    globalStores: globalStores.map(({ source, processor }) => ({
      source: nodeOf(source),
      processor: nodeOf(processor),
    })),
  };
}

function nodeOf({ name, nodeType, sourceTopics, sinkTopic, stores, successors }: WireNode) {
  const kind = nodeKinds[nodeType] ?? "unknown";
  return { name, kind, sourceTopics, sinkTopic, stores, successors };
}

function recordOf(pairs: readonly { readonly key: string; readonly value: string }[]) {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}
