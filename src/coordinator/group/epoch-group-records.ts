/**
 * Records of consumer, share and streams groups, as far as they are understood here: enough to list,
 * describe, commit to and delete such a group. All else stays in the log as it is.
 */

import { assert } from "../../core/assert.ts";
import { decodeMessage, encodeMessage } from "../../protocol/codec.ts";
import * as consumerCurrent from "../../protocol/records/group-coordinator/consumer-group-current-member-assignment.ts";
import * as consumerMember from "../../protocol/records/group-coordinator/consumer-group-member-metadata.ts";
import * as consumerMetadata from "../../protocol/records/group-coordinator/consumer-group-metadata.ts";
import * as consumerPartitions from "../../protocol/records/group-coordinator/consumer-group-partition-metadata.ts";
import * as consumerRegex from "../../protocol/records/group-coordinator/consumer-group-regular-expression.ts";
import * as consumerTarget from "../../protocol/records/group-coordinator/consumer-group-target-assignment-member.ts";
import * as consumerTargetMetadata from "../../protocol/records/group-coordinator/consumer-group-target-assignment-metadata.ts";
import * as shareCurrent from "../../protocol/records/group-coordinator/share-group-current-member-assignment.ts";
import * as shareMember from "../../protocol/records/group-coordinator/share-group-member-metadata.ts";
import * as shareMetadata from "../../protocol/records/group-coordinator/share-group-metadata.ts";
import * as shareState from "../../protocol/records/group-coordinator/share-group-state-partition-metadata.ts";
import * as shareTarget from "../../protocol/records/group-coordinator/share-group-target-assignment-member.ts";
import * as shareTargetMetadata from "../../protocol/records/group-coordinator/share-group-target-assignment-metadata.ts";
import * as streamsCurrent from "../../protocol/records/group-coordinator/streams-group-current-member-assignment.ts";
import * as streamsMember from "../../protocol/records/group-coordinator/streams-group-member-metadata.ts";
import * as streamsMetadata from "../../protocol/records/group-coordinator/streams-group-metadata.ts";
import * as streamsTarget from "../../protocol/records/group-coordinator/streams-group-target-assignment-member.ts";
import * as streamsTargetMetadata from "../../protocol/records/group-coordinator/streams-group-target-assignment-metadata.ts";
import * as streamsTopology from "../../protocol/records/group-coordinator/streams-group-topology.ts";
import type { AnyMessage, ValueOf } from "../../protocol/schema.ts";

/** Groups whose members move by epochs: all but the classic ones. */
export type EpochGroupType = "consumer" | "share" | "streams";

/** Partitions of a topic that a member has or is giving back. */
export interface HeldPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
  /** Epoch in which each was assigned; `null` in records of older versions. */
  readonly assignmentEpochs: readonly number[] | null;
}

/** What a record says, as far as it matters here. */
export type EpochGroupFact =
  | { readonly part: "metadata"; readonly epoch: number }
  | { readonly part: "target-metadata"; readonly assignmentEpoch: number }
  | {
      readonly part: "member";
      readonly topics: readonly string[];
      /** Uses the classic protocol in a consumer group. */
      readonly isClassic: boolean;
    }
  | {
      readonly part: "current";
      readonly memberEpoch: number;
      readonly isStable: boolean;
      readonly held: readonly HeldPartitions[];
    }
  /** Topics that a regular expression or a topology stands for. */
  | { readonly part: "topics"; readonly topics: readonly string[] }
  | { readonly part: "other" };

export interface EpochGroupRecord {
  readonly kind: "epoch-group";
  readonly groupType: EpochGroupType;
  /** Number of the record type, which is the version of its key. */
  readonly recordType: number;
  readonly groupId: string;
  /** Member id or regular expression; empty for records of the group as a whole. */
  readonly entry: string;
  /** Null deletes. */
  readonly fact: EpochGroupFact | null;
}

interface Declaration {
  readonly recordType: number;
  readonly groupType: EpochGroupType;
  readonly decodeKey: (bytes: Buffer) => { readonly groupId: string; readonly entry: string };
  readonly encodeKey: (groupId: string, entry: string) => Buffer;
  readonly decodeFact: (version: number, bytes: Buffer) => EpochGroupFact;
}

/** All keys of one form have the same fields, so one type stands for them. */
type GroupKeySchema = typeof consumerMetadata.consumerGroupMetadataKey;
type MemberKeySchema = typeof consumerMember.consumerGroupMemberMetadataKey;
type RegexKeySchema = typeof consumerRegex.consumerGroupRegularExpressionKey;
type FactOf<V extends AnyMessage> = (value: ValueOf<V>) => EpochGroupFact;

const KEY_VERSION = 0;

function factDecoder<V extends AnyMessage>(
  schema: V,
  factOf: FactOf<V>,
): (version: number, bytes: Buffer) => EpochGroupFact {
  return (version, bytes) => factOf(decodeMessage(schema, version, bytes, "ignore"));
}

function recordTypeOf(schema: AnyMessage): number {
  const { apiKey } = schema.traits;
  assert(apiKey !== undefined, "a record without a type", { name: schema.name });
  return apiKey;
}

function ofGroup<V extends AnyMessage>(
  groupType: EpochGroupType,
  key: GroupKeySchema,
  value: V,
  factOf: FactOf<V>,
): Declaration {
  return {
    recordType: recordTypeOf(key),
    groupType,
    decodeKey: (bytes) => ({ groupId: decodeMessage(key, KEY_VERSION, bytes).groupId, entry: "" }),
    encodeKey: (groupId) => encodeMessage(key, KEY_VERSION, { groupId }),
    decodeFact: factDecoder(value, factOf),
  };
}

function ofMember<V extends AnyMessage>(
  groupType: EpochGroupType,
  key: MemberKeySchema,
  value: V,
  factOf: FactOf<V>,
): Declaration {
  return {
    recordType: recordTypeOf(key),
    groupType,
    decodeKey: (bytes) => {
      const { groupId, memberId } = decodeMessage(key, KEY_VERSION, bytes);
      return { groupId, entry: memberId };
    },
    encodeKey: (groupId, memberId) => encodeMessage(key, KEY_VERSION, { groupId, memberId }),
    decodeFact: factDecoder(value, factOf),
  };
}

function ofRegex<V extends AnyMessage>(
  groupType: EpochGroupType,
  key: RegexKeySchema,
  value: V,
  factOf: FactOf<V>,
): Declaration {
  return {
    recordType: recordTypeOf(key),
    groupType,
    decodeKey: (bytes) => {
      const { groupId, regularExpression } = decodeMessage(key, KEY_VERSION, bytes);
      return { groupId, entry: regularExpression };
    },
    encodeKey: (groupId, regularExpression) =>
      encodeMessage(key, KEY_VERSION, { groupId, regularExpression }),
    decodeFact: factDecoder(value, factOf),
  };
}

const OTHER: EpochGroupFact = { part: "other" };
const other = (): EpochGroupFact => OTHER;
/** `MemberState.STABLE`. */
const STABLE = 0;

/**
 * Every type, and within a group in the order in which tombstones are written: who replays them must
 * never meet a member that is gone before what it was assigned is.
 */
const declarations: readonly Declaration[] = [
  ofMember(
    "consumer",
    consumerCurrent.consumerGroupCurrentMemberAssignmentKey,
    consumerCurrent.consumerGroupCurrentMemberAssignmentValue,
    (value) => ({
      part: "current",
      memberEpoch: value.memberEpoch,
      isStable: value.state === STABLE,
      held: [...value.assignedPartitions, ...value.partitionsPendingRevocation],
    }),
  ),
  ofMember(
    "consumer",
    consumerTarget.consumerGroupTargetAssignmentMemberKey,
    consumerTarget.consumerGroupTargetAssignmentMemberValue,
    other,
  ),
  ofGroup(
    "consumer",
    consumerTargetMetadata.consumerGroupTargetAssignmentMetadataKey,
    consumerTargetMetadata.consumerGroupTargetAssignmentMetadataValue,
    ({ assignmentEpoch }) => ({ part: "target-metadata", assignmentEpoch }),
  ),
  ofMember(
    "consumer",
    consumerMember.consumerGroupMemberMetadataKey,
    consumerMember.consumerGroupMemberMetadataValue,
    (value) => ({
      part: "member",
      topics: value.subscribedTopicNames,
      isClassic: value.classicMemberMetadata !== null,
    }),
  ),
  ofRegex(
    "consumer",
    consumerRegex.consumerGroupRegularExpressionKey,
    consumerRegex.consumerGroupRegularExpressionValue,
    ({ topics }) => ({ part: "topics", topics }),
  ),
  ofGroup(
    "consumer",
    consumerPartitions.consumerGroupPartitionMetadataKey,
    consumerPartitions.consumerGroupPartitionMetadataValue,
    other,
  ),
  ofGroup(
    "consumer",
    consumerMetadata.consumerGroupMetadataKey,
    consumerMetadata.consumerGroupMetadataValue,
    ({ epoch }) => ({ part: "metadata", epoch }),
  ),
  ofMember(
    "share",
    shareCurrent.shareGroupCurrentMemberAssignmentKey,
    shareCurrent.shareGroupCurrentMemberAssignmentValue,
    ({ memberEpoch, state }) => ({
      part: "current",
      memberEpoch,
      isStable: state === STABLE,
      held: [],
    }),
  ),
  ofMember(
    "share",
    shareTarget.shareGroupTargetAssignmentMemberKey,
    shareTarget.shareGroupTargetAssignmentMemberValue,
    other,
  ),
  ofGroup(
    "share",
    shareTargetMetadata.shareGroupTargetAssignmentMetadataKey,
    shareTargetMetadata.shareGroupTargetAssignmentMetadataValue,
    ({ assignmentEpoch }) => ({ part: "target-metadata", assignmentEpoch }),
  ),
  ofMember(
    "share",
    shareMember.shareGroupMemberMetadataKey,
    shareMember.shareGroupMemberMetadataValue,
    ({ subscribedTopicNames }) => ({
      part: "member",
      topics: subscribedTopicNames,
      isClassic: false,
    }),
  ),
  ofGroup(
    "share",
    shareState.shareGroupStatePartitionMetadataKey,
    shareState.shareGroupStatePartitionMetadataValue,
    other,
  ),
  ofGroup(
    "share",
    shareMetadata.shareGroupMetadataKey,
    shareMetadata.shareGroupMetadataValue,
    ({ epoch }) => ({ part: "metadata", epoch }),
  ),
  ofMember(
    "streams",
    streamsCurrent.streamsGroupCurrentMemberAssignmentKey,
    streamsCurrent.streamsGroupCurrentMemberAssignmentValue,
    ({ memberEpoch, state }) => ({
      part: "current",
      memberEpoch,
      isStable: state === STABLE,
      held: [],
    }),
  ),
  ofMember(
    "streams",
    streamsTarget.streamsGroupTargetAssignmentMemberKey,
    streamsTarget.streamsGroupTargetAssignmentMemberValue,
    other,
  ),
  ofGroup(
    "streams",
    streamsTargetMetadata.streamsGroupTargetAssignmentMetadataKey,
    streamsTargetMetadata.streamsGroupTargetAssignmentMetadataValue,
    ({ assignmentEpoch }) => ({ part: "target-metadata", assignmentEpoch }),
  ),
  ofMember(
    "streams",
    streamsMember.streamsGroupMemberMetadataKey,
    streamsMember.streamsGroupMemberMetadataValue,
    () => ({ part: "member", topics: [], isClassic: false }),
  ),
  ofGroup(
    "streams",
    streamsTopology.streamsGroupTopologyKey,
    streamsTopology.streamsGroupTopologyValue,
    (value) => ({
      part: "topics",
      topics: value.subtopologies.flatMap((part) => [
        ...part.sourceTopics,
        ...part.repartitionSourceTopics.map((topic) => topic.name),
      ]),
    }),
  ),
  ofGroup(
    "streams",
    streamsMetadata.streamsGroupMetadataKey,
    streamsMetadata.streamsGroupMetadataValue,
    ({ epoch }) => ({ part: "metadata", epoch }),
  ),
];

const byType = new Map(declarations.map((declaration) => [declaration.recordType, declaration]));

/** Record types of a group type, in the order in which their tombstones are written. */
export function epochGroupRecordTypes(groupType: EpochGroupType): readonly number[] {
  return declarations
    .filter((declaration) => declaration.groupType === groupType)
    .map((declaration) => declaration.recordType);
}

export function isEpochGroupRecordType(recordType: number): boolean {
  return byType.has(recordType);
}

/** Decodes a record of such a group. */
export function decodeEpochGroupRecord(
  recordType: number,
  key: Buffer,
  value: { readonly version: number; readonly body: Buffer } | null,
): EpochGroupRecord {
  const declaration = declarationOf(recordType);
  const { groupId, entry } = declaration.decodeKey(key);
  const fact = value === null ? null : declaration.decodeFact(value.version, value.body);
  return {
    kind: "epoch-group",
    groupType: declaration.groupType,
    recordType,
    groupId,
    entry,
    fact,
  };
}

/** The body of the key of such a record. */
export function encodeEpochGroupKey(record: EpochGroupRecord): Buffer {
  return declarationOf(record.recordType).encodeKey(record.groupId, record.entry);
}

function declarationOf(recordType: number): Declaration {
  const declaration = byType.get(recordType);
  assert(declaration !== undefined, "a record type of no group", { recordType });
  return declaration;
}
