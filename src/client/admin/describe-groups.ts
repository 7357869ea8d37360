import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from "../../protocol/messages/consumer-group-describe.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../../protocol/messages/describe-groups.ts";
import {
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
} from "../../protocol/messages/share-group-describe.ts";
import {
  streamsGroupDescribeRequest,
  streamsGroupDescribeResponse,
} from "../../protocol/messages/streams-group-describe.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import { brokerError, type KafkaError } from "../errors.ts";
import {
  classicGroupOf,
  consumerGroupOf,
  shareGroupOf,
  type ClassicGroupDescription,
  type ConsumerGroupDescription,
  type DescribedBy,
  type ShareGroupDescription,
} from "./group-descriptions.ts";
import type { GroupType } from "./group-words.ts";
import type { Outcome } from "./outcome.ts";
import { byCoordinator } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { streamsGroupOf, type StreamsGroupDescription } from "./streams-groups.ts";

const classicCall = apiCall(ApiKey.DESCRIBE_GROUPS, describeGroupsRequest, describeGroupsResponse);
const consumerCall = apiCall(
  ApiKey.CONSUMER_GROUP_DESCRIBE,
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
);
const shareCall = apiCall(
  ApiKey.SHARE_GROUP_DESCRIBE,
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
);
const streamsCall = apiCall(
  ApiKey.STREAMS_GROUP_DESCRIBE,
  streamsGroupDescribeRequest,
  streamsGroupDescribeResponse,
);
/** Since this version streams groups tell their topology (KIP-1331). */
const STREAMS_TOPOLOGY_VERSION = 1;
/** Groups in one request; bounds what one answer takes to decode. */
const GROUPS_PER_REQUEST_MAX = 200;

/** A group of any type; `type` tells which. */
export type AnyGroupDescription =
  | ClassicGroupDescription
  | ConsumerGroupDescription
  | ShareGroupDescription
  | StreamsGroupDescription;

/** What a description of groups holds besides. */
export interface DescribeGroupsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean | undefined;
  /** The whole topology of streams groups (KIP-1331). Default false. */
  readonly includeTopology?: boolean | undefined;
}

/** A group, with its type where that is known: then one kind of request is enough. */
export type GroupSelector = string | { readonly group: string; readonly type: GroupType };

/** The name that a selector holds. */
export function groupName(selector: GroupSelector): string {
  return typeof selector === "string" ? selector : selector.group;
}

type Found = AnyGroupDescription | KafkaError;
type FoundGroups = Map<string, Found[]>;

interface Describing extends DescribedBy {
  readonly connection: BrokerConnection;
  readonly bounds: Parameters<BrokerConnection["request"]>[2];
  readonly options: DescribeGroupsOptions;
}

/**
 * Describes groups of any type, those of one coordinator together; one outcome for each. A group that is
 * not there has the error `GROUP_ID_NOT_FOUND`.
 */
export async function describeGroups(
  cluster: Cluster,
  groups: readonly GroupSelector[],
  options: DescribeGroupsOptions = {},
): Promise<readonly Outcome<AnyGroupDescription>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<GroupSelector, AnyGroupDescription>({
    cluster,
    items: groups,
    deadline,
    keyOf: groupName,
    contextOf: (group) => ({ group: groupName(group) }),
    perRequestMax: GROUPS_PER_REQUEST_MAX,
    async ask(connection, items, settle, coordinatorId) {
      const withOperations = options.includeAuthorizedOperations === true;
      const { where } = connection;
      const bounds = cluster.bounds(deadline);
      const by = { connection, bounds, where, coordinatorId, withOperations, options };
      const found = await describeAt(by, items);
      for (const item of items) {
        const group = groupName(item);
        const answers = found.get(group) ?? [];
        const described = answers.find((answer) => !(answer instanceof Error));
        if (described !== undefined && !(described instanceof Error)) settle.done(item, described);
        else settle.failed(item, mostTelling(group, answers));
      }
    },
  });
  return groups.map((group) => ({ name: groupName(group), ...resultOf(settled, group) }));
}

/** Asks for each type that a group may be of; the coordinator knows it as one of them at most. */
async function describeAt(by: Describing, items: readonly GroupSelector[]): Promise<FoundGroups> {
  const { connection } = by;
  const found: FoundGroups = new Map();
  const ofType = (type: GroupType): string[] =>
    items.filter((item) => mayBe(item, type)).map(groupName);
  const asked: Promise<void>[] = [];
  if (connection.versionOf(consumerCall) !== undefined) {
    asked.push(describeConsumer(by, ofType("Consumer"), found));
  }
  if (connection.versionOf(shareCall) !== undefined) {
    asked.push(describeShare(by, ofType("Share"), found));
  }
  if (connection.versionOf(streamsCall) !== undefined) {
    asked.push(describeStreams(by, ofType("Streams"), found));
  }
  asked.push(describeClassic(by, ofType("Classic"), found));
  await Promise.all(asked);
  return found;
}

function mayBe(item: GroupSelector, type: GroupType): boolean {
  return typeof item === "string" || item.type === "Unknown" || item.type === type;
}

function tell(found: FoundGroups, group: string, answer: Found): void {
  const answers = found.get(group);
  if (answers === undefined) found.set(group, [answer]);
  else answers.push(answer);
}

async function describeClassic(
  { connection, bounds, ...by }: Describing,
  groups: readonly string[],
  found: FoundGroups,
): Promise<void> {
  if (groups.length === 0) return;
  const body = { groups, includeAuthorizedOperations: by.withOperations };
  const response = await connection.request(classicCall, body, bounds);
  for (const group of response.groups) {
    const { groupId, errorCode, errorMessage, groupState } = group;
    // Brokers before version 6 describe a group that is not there as dead.
    const code =
      errorCode === ErrorCode.NONE && groupState === "Dead"
        ? ErrorCode.GROUP_ID_NOT_FOUND
        : errorCode;
    const context = { group: groupId };
    if (code === ErrorCode.NONE) tell(found, groupId, classicGroupOf(group, by));
    else tell(found, groupId, brokerError(code, context, errorMessage));
  }
}

async function describeConsumer(
  { connection, bounds, ...by }: Describing,
  groupIds: readonly string[],
  found: FoundGroups,
): Promise<void> {
  if (groupIds.length === 0) return;
  const body = { groupIds, includeAuthorizedOperations: by.withOperations };
  const response = await connection.request(consumerCall, body, bounds);
  for (const group of response.groups) {
    const { groupId, errorCode, errorMessage } = group;
    if (errorCode === ErrorCode.NONE) tell(found, groupId, consumerGroupOf(group, by));
    else tell(found, groupId, brokerError(errorCode, { group: groupId }, errorMessage));
  }
}

async function describeShare(
  { connection, bounds, ...by }: Describing,
  groupIds: readonly string[],
  found: FoundGroups,
): Promise<void> {
  if (groupIds.length === 0) return;
  const body = { groupIds, includeAuthorizedOperations: by.withOperations };
  const response = await connection.request(shareCall, body, bounds);
  for (const group of response.groups) {
    const { groupId, errorCode, errorMessage } = group;
    if (errorCode === ErrorCode.NONE) tell(found, groupId, shareGroupOf(group, by));
    else tell(found, groupId, brokerError(errorCode, { group: groupId }, errorMessage));
  }
}

async function describeStreams(
  { connection, bounds, options, ...by }: Describing,
  groupIds: readonly string[],
  found: FoundGroups,
): Promise<void> {
  if (groupIds.length === 0) return;
  const version = connection.versionOf(streamsCall) ?? STREAMS_TOPOLOGY_VERSION;
  const body = {
    groupIds,
    includeAuthorizedOperations: by.withOperations,
    includeTopologyDescription:
      options.includeTopology === true && version >= STREAMS_TOPOLOGY_VERSION,
  };
  const response = await connection.request(streamsCall, body, bounds);
  for (const group of response.groups) {
    const { groupId, errorCode, errorMessage } = group;
    if (errorCode === ErrorCode.NONE) tell(found, groupId, streamsGroupOf(group, by));
    else tell(found, groupId, brokerError(errorCode, { group: groupId }, errorMessage));
  }
}

/** The error that says most: not that the group is of another type, but what else is wrong. */
function mostTelling(group: string, answers: readonly Found[]): KafkaError {
  for (const answer of answers) {
    if (!(answer instanceof Error)) continue;
    if (answer.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) continue;
    if (answer.errorCode === ErrorCode.UNSUPPORTED_VERSION) continue;
    return answer;
  }
  return brokerError(ErrorCode.GROUP_ID_NOT_FOUND, { group });
}
