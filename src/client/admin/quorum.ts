import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { InternalTopic } from "../../protocol/constants.ts";
import {
  addRaftVoterRequest,
  addRaftVoterResponse,
} from "../../protocol/messages/add-raft-voter.ts";
import {
  describeQuorumRequest,
  describeQuorumResponse,
  type DescribeQuorumResponse,
} from "../../protocol/messages/describe-quorum.ts";
import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from "../../protocol/messages/remove-raft-voter.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { throwOnError } from "../errors.ts";
import { askAny, askController, brokerTimeoutMs } from "./routes.ts";
import { orNull } from "./vocabulary.ts";

const describeQuorumCall = apiCall(
  ApiKey.DESCRIBE_QUORUM,
  describeQuorumRequest,
  describeQuorumResponse,
);
const addVoterCall = apiCall(ApiKey.ADD_RAFT_VOTER, addRaftVoterRequest, addRaftVoterResponse);
const removeVoterCall = apiCall(
  ApiKey.REMOVE_RAFT_VOTER,
  removeRaftVoterRequest,
  removeRaftVoterResponse,
);
const METADATA_PARTITION = 0;

/** How other nodes reach a controller. */
export interface QuorumEndpoint {
  /** Of the listener, such as `CONTROLLER`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A replica of the metadata log. */
export interface QuorumReplica {
  readonly replicaId: number;
  /** Null for quorums with static voters (KIP-853). */
  readonly directoryId: string | null;
  readonly logEndOffset: number;
  /** Records that it is behind the leader. */
  readonly lag: number;
  /** Milliseconds since 1970; null when the leader has not heard of it. */
  readonly lastFetchTimestamp: number | null;
  /** When it was last up to the end of the log, milliseconds since 1970. */
  readonly lastCaughtUpTimestamp: number | null;
  /** Empty for observers, and where the broker does not tell. */
  readonly endpoints: readonly QuorumEndpoint[];
}

/** The quorum of controllers that keeps the metadata (KIP-595, KIP-836). */
export interface QuorumDescription {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  /** By id, as the observers. */
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
}

/** A controller that becomes a voter. */
export interface NewVoter {
  readonly voterId: number;
  /** Of its metadata log directory, from its `meta.properties`. */
  readonly directoryId: string;
  readonly endpoints: readonly QuorumEndpoint[];
}

/** A voter by its id and that of its directory. */
export interface VoterKey {
  readonly voterId: number;
  readonly directoryId: string;
}

/** Of calls that change the voters. */
export interface VoterOptions extends CallOptions {
  /** Refused with `INCONSISTENT_CLUSTER_ID` by a cluster that has another. */
  readonly clusterId?: string | undefined;
}

type WireReplica = ElementOf<
  ElementOf<ElementOf<DescribeQuorumResponse["topics"]>["partitions"]>["currentVoters"]
>;

/** Describes the quorum of controllers. */
export async function describeMetadataQuorum(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<QuorumDescription> {
  const deadline = cluster.deadline(options);
  const body = {
    topics: [
      {
        topicName: InternalTopic.CLUSTER_METADATA,
        partitions: [{ partitionIndex: METADATA_PARTITION }],
      },
    ],
  };
  const context = { api: "DescribeQuorum" };
  const response = await askAny(cluster, describeQuorumCall, body, deadline, (answer) => {
    throwOnError(answer.errorCode, context, answer.errorMessage);
    const partition = answer.topics[0]?.partitions[0];
    throwOnError(partition?.errorCode ?? -1, context, partition?.errorMessage ?? null);
  });
  const endpoints = new Map(response.nodes.map(({ nodeId, listeners }) => [nodeId, listeners]));
  const partition = response.topics[0]?.partitions[0];
  const { leaderId = -1, leaderEpoch = -1, highWatermark = -1 } = partition ?? {};
  const replicas = [...(partition?.currentVoters ?? []), ...(partition?.observers ?? [])];
  const end = replicas.find(({ replicaId }) => replicaId === leaderId)?.logEndOffset ?? 0;
  const replicaOf = (wire: WireReplica): QuorumReplica => ({
    replicaId: wire.replicaId,
    directoryId: wire.replicaDirectoryId === ZERO_UUID ? null : wire.replicaDirectoryId,
    logEndOffset: wire.logEndOffset,
    lag: Math.max(0, end - wire.logEndOffset),
    lastFetchTimestamp: orNull(wire.lastFetchTimestamp),
    lastCaughtUpTimestamp: orNull(wire.lastCaughtUpTimestamp),
    endpoints: endpoints.get(wire.replicaId) ?? [],
  });
  const sorted = (wires: readonly WireReplica[] = []): QuorumReplica[] =>
    wires.map(replicaOf).sort((a, b) => a.replicaId - b.replicaId);
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    voters: sorted(partition?.currentVoters),
    observers: sorted(partition?.observers),
  };
}

/**
 * Makes a controller that follows the metadata log a voter (KIP-853). Throws
 * `DUPLICATE_VOTER`, `UNSUPPORTED_VERSION` for quorums with static voters.
 */
export async function addRaftVoter(
  cluster: Cluster,
  { voterId, directoryId, endpoints }: NewVoter,
  options: VoterOptions = {},
): Promise<void> {
  const deadline = cluster.deadline(options);
  const body = {
    clusterId: options.clusterId ?? null,
    timeoutMs: brokerTimeoutMs(cluster, deadline),
    voterId,
    voterDirectoryId: directoryId,
    listeners: endpoints,
  };
  const context = { api: "AddRaftVoter" };
  await askController(cluster, addVoterCall, body, deadline, ({ errorCode, errorMessage }) =>
    throwOnError(errorCode, context, errorMessage),
  );
}

/** Takes the vote of a controller away (KIP-853). Throws `VOTER_NOT_FOUND`. */
export async function removeRaftVoter(
  cluster: Cluster,
  { voterId, directoryId }: VoterKey,
  options: VoterOptions = {},
): Promise<void> {
  const deadline = cluster.deadline(options);
  const body = { clusterId: options.clusterId ?? null, voterId, voterDirectoryId: directoryId };
  const context = { api: "RemoveRaftVoter" };
  await askController(cluster, removeVoterCall, body, deadline, ({ errorCode, errorMessage }) =>
    throwOnError(errorCode, context, errorMessage),
  );
}
