import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ElectionType as ElectionTypeCode } from "../../protocol/constants.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from "../../protocol/messages/alter-partition-reassignments.ts";
import {
  electLeadersRequest,
  electLeadersResponse,
} from "../../protocol/messages/elect-leaders.ts";
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from "../../protocol/messages/list-partition-reassignments.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, clientError, throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { partitionOutcome, type PartitionOutcome, type Settled } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { askController, brokerTimeoutMs, byController } from "./routes.ts";
import { resultOf } from "./settle.ts";

const electLeadersCall = apiCall(ApiKey.ELECT_LEADERS, electLeadersRequest, electLeadersResponse);
const alterReassignmentsCall = apiCall(
  ApiKey.ALTER_PARTITION_REASSIGNMENTS,
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
);
const listReassignmentsCall = apiCall(
  ApiKey.LIST_PARTITION_REASSIGNMENTS,
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
);
/** Since this version a change of the replication factor can be forbidden (KIP-860). */
const FORBID_FACTOR_CHANGE_VERSION = 1;

/**
 * `preferred`: the first replica of a partition leads again. `unclean`: a replica out of sync leads
 * when there is no other; records may be lost (KIP-460).
 */
export type ElectionType = "preferred" | "unclean";

/** What an election came to. */
export interface ElectedLeader {
  /** False when the right replica led already. */
  readonly elected: boolean;
}

/** Where the replicas of a partition are to be. */
export interface Reassignment extends TopicPartition {
  /** Ids of brokers, the preferred leader first; null cancels a reassignment that is under way. */
  readonly replicas: readonly number[] | null;
}

/** What a reassignment may do. */
export interface ReassignOptions extends CallOptions {
  /** Whether there may be more or fewer replicas than before (KIP-860). Default true. */
  readonly allowReplicationFactorChange?: boolean | undefined;
}

/** A reassignment that is under way. Replicas are ids of brokers. */
export interface OngoingReassignment extends TopicPartition {
  /** All there are now, those that come and those that go included. */
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** Those that are left in the end. */
  readonly targetReplicas: readonly number[];
}

/**
 * Elects leaders; one outcome for each partition. With `null` for all partitions, of which those are
 * told that had an election or could not have one.
 */
export async function electLeaders(
  cluster: Cluster,
  type: ElectionType,
  partitions: readonly TopicPartition[] | null,
  options: CallOptions = {},
): Promise<readonly PartitionOutcome<ElectedLeader>[]> {
  const deadline = cluster.deadline(options);
  const electionType = type === "unclean" ? ElectionTypeCode.UNCLEAN : ElectionTypeCode.PREFERRED;
  const bodyOf = (items: readonly TopicPartition[] | null) => ({
    electionType,
    topicPartitions: items === null ? null : numbersByTopic(items),
    timeoutMs: brokerTimeoutMs(cluster, deadline),
  });
  if (partitions === null) {
    const check = ({ errorCode }: { readonly errorCode: number }): void =>
      throwOnError(errorCode, { api: "ElectLeaders" });
    const response = await askController(cluster, electLeadersCall, bodyOf(null), deadline, check);
    return response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) =>
        partitionOutcome(
          { topic, partition },
          electionOf(topic, partition, errorCode, errorMessage),
        ),
      ),
    );
  }
  const settled = await byController<TopicPartition, ElectedLeader>({
    cluster,
    items: partitions,
    deadline,
    contextOf: ({ topic, partition }) => ({ topic, partition }),
    async ask(connection, items, settle) {
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(electLeadersCall, bodyOf(items), bounds);
      throwOnError(response.errorCode, { api: "ElectLeaders" });
      const asked = new PartitionIndex(items);
      for (const { topic, partitionResult } of response.replicaElectionResults) {
        for (const { partitionId, errorCode, errorMessage } of partitionResult) {
          const item = asked.get(topic, partitionId);
          if (item === undefined) continue;
          const { value, error } = electionOf(topic, partitionId, errorCode, errorMessage);
          if (error === undefined) settle.done(item, value);
          else settle.failed(item, error);
        }
      }
    },
  });
  return partitions.map((item) => partitionOutcome(item, resultOf(settled, item)));
}

function electionOf(
  topic: string,
  partition: number,
  errorCode: number,
  detail: string | null,
): Settled<ElectedLeader> {
  if (errorCode === ErrorCode.NONE) return { value: { elected: true }, error: undefined };
  if (errorCode === ErrorCode.ELECTION_NOT_NEEDED) {
    return { value: { elected: false }, error: undefined };
  }
  return { value: undefined, error: brokerError(errorCode, { topic, partition }, detail) };
}

/** Partitions as requests have them: the numbers by topic. */
function numbersByTopic(partitions: readonly TopicPartition[]) {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }));
}

/**
 * Moves replicas to other brokers, or cancels that (KIP-455); one outcome for each partition. It
 * returns when the moves have begun; {@link listPartitionReassignments} tells how they go on.
 */
export async function alterPartitionReassignments(
  cluster: Cluster,
  reassignments: readonly Reassignment[],
  options: ReassignOptions = {},
): Promise<readonly PartitionOutcome[]> {
  const deadline = cluster.deadline(options);
  const { allowReplicationFactorChange = true } = options;
  const settled = await byController<Reassignment, undefined>({
    cluster,
    items: reassignments,
    deadline,
    contextOf: ({ topic, partition }) => ({ topic, partition }),
    async ask(connection, items, settle) {
      const version = connection.versionOf(alterReassignmentsCall) ?? FORBID_FACTOR_CHANGE_VERSION;
      if (!allowReplicationFactorChange && version < FORBID_FACTOR_CHANGE_VERSION) {
        const message = `${connection.where} cannot keep the replication factor from changing`;
        throw clientError("UNSUPPORTED_API", message);
      }
      const body = {
        timeoutMs: brokerTimeoutMs(cluster, deadline),
        allowReplicationFactorChange,
        topics: [...groupBy(items, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition, replicas }) => ({
            partitionIndex: partition,
            replicas,
          })),
        })),
      };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(alterReassignmentsCall, body, bounds);
      throwOnError(
        response.errorCode,
        { api: "AlterPartitionReassignments" },
        response.errorMessage,
      );
      const asked = new PartitionIndex(items);
      for (const { name, partitions } of response.responses) {
        for (const { partitionIndex, errorCode, errorMessage } of partitions) {
          const item = asked.get(name, partitionIndex);
          if (item !== undefined) {
            settle.answered(item, errorCode, errorMessage, () => undefined);
          }
        }
      }
    },
  });
  return reassignments.map((item) => partitionOutcome(item, resultOf(settled, item)));
}

/** The reassignments that are under way, of all partitions or of some (KIP-455). */
export async function listPartitionReassignments(
  cluster: Cluster,
  partitions: readonly TopicPartition[] | null = null,
  options: CallOptions = {},
): Promise<readonly OngoingReassignment[]> {
  const deadline = cluster.deadline(options);
  const topics =
    partitions === null
      ? null
      : numbersByTopic(partitions).map(({ topic, partitions: partitionIndexes }) => ({
          name: topic,
          partitionIndexes,
        }));
  const body = { timeoutMs: brokerTimeoutMs(cluster, deadline), topics };
  const response = await askController(
    cluster,
    listReassignmentsCall,
    body,
    deadline,
    ({ errorCode, errorMessage }) =>
      throwOnError(errorCode, { api: "ListPartitionReassignments" }, errorMessage),
  );
  return response.topics.flatMap(({ name: topic, partitions: ongoing }) =>
    ongoing.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => ({
      topic,
      partition,
      replicas,
      addingReplicas,
      removingReplicas,
      targetReplicas: replicas.filter((id) => !removingReplicas.includes(id)),
    })),
  );
}
