import { ApiKey } from "../../protocol/apis.ts";
import { EndpointType } from "../../protocol/constants.ts";
import {
  describeClusterRequest,
  describeClusterResponse,
} from "../../protocol/messages/describe-cluster.ts";
import {
  unregisterBrokerRequest,
  unregisterBrokerResponse,
} from "../../protocol/messages/unregister-broker.ts";
import {
  unregisterControllerRequest,
  unregisterControllerResponse,
} from "../../protocol/messages/unregister-controller.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { KafkaError, throwOnError } from "../errors.ts";
import { aclOperationsOf, type AclOperation } from "./acl-words.ts";
import { describeFeatures, type FeatureDescription } from "./features.ts";
import { describeMetadataQuorum, type QuorumEndpoint } from "./quorum.ts";
import { askController, brokerIds, callOptions } from "./routes.ts";
import { orNull } from "./vocabulary.ts";

const describeClusterCall = apiCall(
  ApiKey.DESCRIBE_CLUSTER,
  describeClusterRequest,
  describeClusterResponse,
);
const unregisterBrokerCall = apiCall(
  ApiKey.UNREGISTER_BROKER,
  unregisterBrokerRequest,
  unregisterBrokerResponse,
);
const unregisterControllerCall = apiCall(
  ApiKey.UNREGISTER_CONTROLLER,
  unregisterControllerRequest,
  unregisterControllerResponse,
);
/** Since this version brokers that are fenced can be asked for (KIP-1073). */
const FENCED_BROKERS_VERSION = 2;

/** A broker as clients reach it. */
export interface BrokerDescription {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  /** Registered and not in service (KIP-1073). */
  readonly isFenced: boolean;
}

/** A controller of the quorum. */
export interface ControllerDescription {
  readonly id: number;
  readonly endpoints: readonly QuorumEndpoint[];
  /** Whether it leads the quorum: the active controller. */
  readonly isActive: boolean;
}

/** What a cluster is made of. */
export interface ClusterDescription {
  /** Null for brokers that have none. */
  readonly clusterId: string | null;
  /** The broker that passes on what is for the controller; null while there is none. */
  readonly controllerId: number | null;
  /** In order of their ids. */
  readonly brokers: readonly BrokerDescription[];
  /** Null where the broker does not tell, or not to this client. */
  readonly controllers: readonly ControllerDescription[] | null;
  readonly features: readonly FeatureDescription[];
  /** What this client may do to the cluster, where that was asked for (KIP-430). */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

/** What a description of the cluster holds besides. */
export interface DescribeClusterOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean | undefined;
  /** Brokers that are registered and not in service too (KIP-1073). Default false. */
  readonly includeFencedBrokers?: boolean | undefined;
}

/** Describes the cluster: its brokers, its controllers, the levels of its features. */
export async function describeCluster(
  cluster: Cluster,
  options: DescribeClusterOptions = {},
): Promise<ClusterDescription> {
  const deadline = cluster.deadline(options);
  const [base, controllers, { features }] = await Promise.all([
    brokersOf(cluster, deadline, options),
    controllersOf(cluster, deadline),
    describeFeatures(cluster, callOptions(deadline)),
  ]);
  return { ...base, controllers, features };
}

type BrokersPart = Omit<ClusterDescription, "controllers" | "features">;

function brokersOf(
  cluster: Cluster,
  deadline: Deadline,
  options: DescribeClusterOptions,
): Promise<BrokersPart> {
  const { includeAuthorizedOperations = false, includeFencedBrokers = false } = options;
  return deadline.retry(async () => {
    const connection = await cluster.anyConnection(deadline);
    const version = connection.versionOf(describeClusterCall);
    if (version === undefined) return brokersByMetadata(cluster, deadline);
    const body = {
      includeClusterAuthorizedOperations: includeAuthorizedOperations,
      endpointType: EndpointType.BROKER,
      includeFencedBrokers: includeFencedBrokers && version >= FENCED_BROKERS_VERSION,
    };
    const response = await connection.request(describeClusterCall, body, cluster.bounds(deadline));
    throwOnError(response.errorCode, { api: "DescribeCluster" }, response.errorMessage);
    return {
      clusterId: response.clusterId,
      controllerId: orNull(response.controllerId),
      brokers: response.brokers
        .map(({ brokerId: id, host, port, rack, isFenced }) => ({ id, host, port, rack, isFenced }))
        .sort((a, b) => a.id - b.id),
      authorizedOperations: includeAuthorizedOperations
        ? aclOperationsOf(response.clusterAuthorizedOperations)
        : null,
    };
  });
}

/** For brokers older than DescribeCluster (KIP-700). */
async function brokersByMetadata(cluster: Cluster, deadline: Deadline): Promise<BrokersPart> {
  await brokerIds(cluster, deadline);
  return {
    clusterId: cluster.clusterId,
    controllerId: orNull(cluster.controllerId),
    brokers: [...cluster.brokers.values()]
      .map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack, isFenced: false }))
      .sort((a, b) => a.id - b.id),
    authorizedOperations: null,
  };
}

async function controllersOf(
  cluster: Cluster,
  deadline: Deadline,
): Promise<ClusterDescription["controllers"]> {
  try {
    const { voters, leaderId } = await describeMetadataQuorum(cluster, callOptions(deadline));
    return voters
      .map(({ replicaId: id, endpoints }) => ({ id, endpoints, isActive: id === leaderId }))
      .sort((a, b) => a.id - b.id);
  } catch (thrown) {
    // The controllers are an extra: who may not see them sees the brokers all the same.
    if (thrown instanceof KafkaError && notTold.has(thrown.code)) return null;
    throw thrown;
  }
}

const notTold: ReadonlySet<string> = new Set([
  "UNSUPPORTED_API",
  "UNSUPPORTED_VERSION",
  "CLUSTER_AUTHORIZATION_FAILED",
]);

/**
 * Forgets a broker that is gone for good. One that runs comes back by itself when it starts anew.
 * Throws `BROKER_ID_NOT_REGISTERED`.
 */
export async function unregisterBroker(
  cluster: Cluster,
  brokerId: number,
  options: CallOptions = {},
): Promise<void> {
  const deadline = cluster.deadline(options);
  await askController(
    cluster,
    unregisterBrokerCall,
    { brokerId },
    deadline,
    ({ errorCode, errorMessage }) =>
      throwOnError(errorCode, { broker: `broker ${brokerId}` }, errorMessage),
  );
}

/** Forgets a controller that is gone for good. */
export async function unregisterController(
  cluster: Cluster,
  controllerId: number,
  options: CallOptions = {},
): Promise<void> {
  const deadline = cluster.deadline(options);
  await askController(
    cluster,
    unregisterControllerCall,
    { controllerId },
    deadline,
    ({ errorCode, errorMessage }) =>
      throwOnError(errorCode, { broker: `controller ${controllerId}` }, errorMessage),
  );
}
