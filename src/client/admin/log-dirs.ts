import type { TopicPartition } from "../../core/topic-partition.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
} from "../../protocol/messages/alter-replica-log-dirs.ts";
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
  type DescribeLogDirsResponse,
} from "../../protocol/messages/describe-log-dirs.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, throwOnError, type KafkaError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import { valuesOf, type Outcome, type PartitionOutcome, partitionOutcome } from "./outcome.ts";
import { PartitionIndex } from "./partition-index.ts";
import { brokerIds, byBroker } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { orNull } from "./vocabulary.ts";

const describeLogDirsCall = apiCall(
  ApiKey.DESCRIBE_LOG_DIRS,
  describeLogDirsRequest,
  describeLogDirsResponse,
);
const alterReplicaLogDirsCall = apiCall(
  ApiKey.ALTER_REPLICA_LOG_DIRS,
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
);

/** A replica of a partition in a log directory. */
export interface LogDirReplica extends TopicPartition {
  readonly sizeBytes: number;
  /** Records that it is behind: the high watermark, or of a future replica the current one. */
  readonly offsetLag: number;
  /** Being made to take the place of the one in another directory. */
  readonly isFuture: boolean;
}

/** A log directory of a broker. */
export interface LogDir {
  readonly path: string;
  /** `KAFKA_STORAGE_ERROR` when it is offline; the rest is then empty. */
  readonly error: KafkaError | undefined;
  /** Size of the volume it is on; null for brokers older than KIP-827. */
  readonly totalBytes: number | null;
  /** Bytes of the volume that are free; null for brokers older than KIP-827. */
  readonly usableBytes: number | null;
  /** Whether no new replicas are placed in it. */
  readonly isCordoned: boolean;
  readonly replicas: readonly LogDirReplica[];
}

/** The log directories of one broker. */
export interface BrokerLogDirs {
  readonly brokerId: number;
  readonly logDirs: readonly LogDir[];
}

/** Bytes of one replica on one broker. */
export interface ReplicaSize extends TopicPartition {
  readonly brokerId: number;
  readonly logDir: string;
  readonly sizeBytes: number;
}

/** A replica by its partition and its broker. */
export interface Replica extends TopicPartition {
  readonly brokerId: number;
}

/** Where a replica is, and where it is going. */
export interface ReplicaLogDirs {
  /** Null when the broker has no such replica. */
  readonly current: ReplicaPlace | null;
  /** Null unless it is being moved. */
  readonly future: ReplicaPlace | null;
}

/** A log directory that a replica is in. */
export interface ReplicaPlace {
  readonly path: string;
  /** As {@link LogDirReplica.offsetLag}. */
  readonly offsetLag: number;
}

/** A replica and the directory of its broker that it moves to. */
export interface ReplicaMove extends Replica {
  /** The whole path, one of the broker's `log.dirs`. */
  readonly path: string;
}

/** An {@link Outcome} for one replica. */
export type ReplicaOutcome<Value = undefined> = PartitionOutcome<Value> & Replica;

/** Which partitions are looked for in log directories. */
export interface DescribeLogDirsOptions extends CallOptions {
  /** Only these partitions. Default: all there are. */
  readonly partitions?: readonly TopicPartition[] | undefined;
}

type WireLogDir = ElementOf<DescribeLogDirsResponse["results"]>;

/** Describes the log directories of brokers (by default all); one outcome for each (KIP-113). */
export async function describeLogDirs(
  cluster: Cluster,
  brokers: readonly number[] | null,
  options: DescribeLogDirsOptions = {},
): Promise<readonly Outcome<BrokerLogDirs>[]> {
  const deadline = cluster.deadline(options);
  const ids = brokers ?? (await brokerIds(cluster, deadline));
  const topics = options.partitions === undefined ? null : topicsOf(options.partitions);
  const settled = await byBroker<number, BrokerLogDirs>({
    cluster,
    items: ids,
    deadline,
    contextOf: (id) => ({ broker: `broker ${id}` }),
    brokerOf: (id) => id,
    async ask(connection, items, settle) {
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(describeLogDirsCall, { topics }, bounds);
      throwOnError(response.errorCode, { broker: connection.where, api: "DescribeLogDirs" });
      const logDirs = response.results.map(logDirOf);
      for (const brokerId of items) settle.done(brokerId, { brokerId, logDirs });
    },
  });
  return ids.map((id) => ({ name: `broker ${id}`, ...resultOf(settled, id) }));
}

function topicsOf(partitions: readonly TopicPartition[]) {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
    topic,
    partitions: of.map(({ partition }) => partition),
  }));
}

function logDirOf(wire: WireLogDir): LogDir {
  const { logDir: path, errorCode, totalBytes, usableBytes, isCordoned, topics } = wire;
  return {
    path,
    error: errorCode === ErrorCode.NONE ? undefined : brokerError(errorCode, { broker: path }),
    totalBytes: orNull(totalBytes),
    usableBytes: orNull(usableBytes),
    isCordoned,
    replicas: topics.flatMap(({ name: topic, partitions }) =>
      partitions.map((partition) => ({
        topic,
        partition: partition.partitionIndex,
        sizeBytes: partition.partitionSize,
        offsetLag: partition.offsetLag,
        isFuture: partition.isFutureKey,
      })),
    ),
  };
}

/** What the replicas of all brokers take on disk, those that are being moved counted twice. */
export async function replicaSizes(
  cluster: Cluster,
  options: DescribeLogDirsOptions = {},
): Promise<readonly ReplicaSize[]> {
  const described = await describeLogDirs(cluster, null, options);
  return valuesOf(described).flatMap(({ brokerId, logDirs }) =>
    logDirs.flatMap(({ path: logDir, replicas }) =>
      replicas.map(({ topic, partition, sizeBytes }) => ({
        topic,
        partition,
        brokerId,
        logDir,
        sizeBytes,
      })),
    ),
  );
}

/** Tells in which directories replicas are (KIP-113); one outcome for each. */
export async function describeReplicaLogDirs(
  cluster: Cluster,
  replicas: readonly Replica[],
  options: CallOptions = {},
): Promise<readonly ReplicaOutcome<ReplicaLogDirs>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byBroker<Replica, ReplicaLogDirs>({
    cluster,
    items: replicas,
    deadline,
    contextOf: ({ topic, partition }) => ({ topic, partition }),
    brokerOf: ({ brokerId }) => brokerId,
    async ask(connection, items, settle) {
      const body = { topics: topicsOf(items) };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(describeLogDirsCall, body, bounds);
      throwOnError(response.errorCode, { broker: connection.where, api: "DescribeLogDirs" });
      const found = placesOf(response.results.map(logDirOf));
      for (const item of items) {
        const { current = null, future = null } = found.get(item.topic, item.partition) ?? {};
        settle.done(item, { current, future });
      }
    },
  });
  return replicas.map((replica) => replicaOutcome(replica, settled));
}

interface ReplicaPlaces extends TopicPartition {
  current: ReplicaPlace | null;
  future: ReplicaPlace | null;
}

function placesOf(logDirs: readonly LogDir[]): PartitionIndex<ReplicaPlaces> {
  const places = new PartitionIndex<ReplicaPlaces>();
  for (const { path, replicas } of logDirs) {
    for (const { topic, partition, offsetLag, isFuture } of replicas) {
      let place = places.get(topic, partition);
      if (place === undefined) {
        place = { topic, partition, current: null, future: null };
        places.add(place);
      }
      place[isFuture ? "future" : "current"] = { path, offsetLag };
    }
  }
  return places;
}

/** Moves replicas to other directories of their brokers (KIP-113); one outcome for each. */
export async function alterReplicaLogDirs(
  cluster: Cluster,
  moves: readonly ReplicaMove[],
  options: CallOptions = {},
): Promise<readonly ReplicaOutcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byBroker<ReplicaMove, undefined>({
    cluster,
    items: moves,
    deadline,
    contextOf: ({ topic, partition }) => ({ topic, partition }),
    brokerOf: ({ brokerId }) => brokerId,
    async ask(connection, items, settle) {
      const body = {
        dirs: [...groupBy(items, ({ path }) => path)].map(([path, of]) => ({
          path,
          topics: topicsOf(of).map(({ topic: name, partitions }) => ({ name, partitions })),
        })),
      };
      const bounds = cluster.bounds(deadline);
      const response = await connection.request(alterReplicaLogDirsCall, body, bounds);
      const asked = new PartitionIndex(items);
      for (const { topicName, partitions } of response.results) {
        for (const { partitionIndex, errorCode } of partitions) {
          const item = asked.get(topicName, partitionIndex);
          if (item !== undefined) settle.answered(item, errorCode, null, () => undefined);
        }
      }
    },
  });
  return moves.map((move) => replicaOutcome(move, settled));
}

function replicaOutcome<Item extends Replica, Value>(
  replica: Item,
  settled: Parameters<typeof resultOf<Item, Value>>[0],
): ReplicaOutcome<Value> {
  const { brokerId } = replica;
  return { ...partitionOutcome(replica, resultOf(settled, replica)), brokerId };
}
