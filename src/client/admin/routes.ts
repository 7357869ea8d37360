import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Clock } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import type { ApiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster, TopicMetadata } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { CoordinatorType } from "../cluster/coordinators.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError } from "../errors.ts";
import { groupBy } from "../partitions.ts";
import type { Settled } from "./outcome.ts";
import { kafkaErrorOf, settleEach, type ErrorContext, type Settle } from "./settle.ts";

/** Partitions in one request; bounds what one answer takes to decode. */
const PARTITIONS_PER_REQUEST_MAX = 2_000;
/** Coordinators that are asked for in one request. */
const COORDINATORS_PER_REQUEST_MAX = 1_000;

/** Stands for whichever broker a connection was there to. */
const ANY_BROKER = -1;

/** Sends a request for some of the items to the broker that answers for them, and tells what it said. */
export type Ask<Item, Value> = (
  connection: BrokerConnection,
  items: readonly Item[],
  settle: Settle<Item, Value>,
  brokerId: number,
) => Promise<void>;

/** What every route needs to know. */
export interface Route<Item, Value> {
  readonly cluster: Cluster;
  readonly items: readonly Item[];
  readonly deadline: Deadline;
  readonly contextOf: (item: Item) => ErrorContext;
  readonly ask: Ask<Item, Value>;
}

/** What was settled, by item. */
export type SettledItems<Item, Value> = ReadonlyMap<Item, Settled<Value>>;

/** What is left of a deadline, for calls of the cluster. */
export function callOptions(deadline: Deadline): CallOptions {
  return { timeoutMs: deadline.remainingMs(), signal: deadline.signal };
}

/** Milliseconds that a broker may take for a request of its own. */
export function brokerTimeoutMs(cluster: Cluster, deadline: Deadline): number {
  return Math.ceil(cluster.bounds(deadline).timeoutMs);
}

/** Items that the controller answers for. */
export function byController<Item, Value>(
  route: Route<Item, Value>,
): Promise<SettledItems<Item, Value>> {
  const { cluster, deadline, ask } = route;
  return settleEach({
    ...route,
    attempt: async (pending, settle) =>
      ask(await cluster.controllerConnection(deadline), pending, settle, cluster.controllerId),
    onRetry: () => refreshBrokers(cluster, deadline),
  });
}

/** Items that any broker answers for. */
export function byAnyBroker<Item, Value>(
  route: Route<Item, Value>,
): Promise<SettledItems<Item, Value>> {
  const { cluster, deadline, ask } = route;
  return settleEach({
    ...route,
    attempt: async (pending, settle) =>
      ask(await cluster.anyConnection(deadline), pending, settle, ANY_BROKER),
    onRetry: () => refreshBrokers(cluster, deadline),
  });
}

/** Items each of which one broker answers for; without a broker (`undefined`) any does. */
export function byBroker<Item, Value>(
  route: Route<Item, Value> & { readonly brokerOf: (item: Item) => number | undefined },
): Promise<SettledItems<Item, Value>> {
  const { cluster, deadline, ask, brokerOf } = route;
  return settleEach({
    ...route,
    async attempt(pending, settle) {
      const isGone = (id: number | undefined) => id !== undefined && !cluster.brokers.has(id);
      const named = groupBy(pending, brokerOf);
      if ([...named.keys()].some(isGone)) await refreshBrokers(cluster, deadline);
      const places = [...named].filter(([broker, items]) => {
        if (!isGone(broker)) return true;
        const detail = `broker ${broker} is not among those that are alive`;
        for (const item of items) {
          const context = { ...route.contextOf(item), broker: `broker ${broker}` };
          settle.refused(item, brokerError(ErrorCode.BROKER_NOT_AVAILABLE, context, detail));
        }
        return false;
      });
      await Promise.all(
        places.map(([broker, items]) =>
          atPlace(items, settle, async () => {
            const connection =
              broker === undefined
                ? await cluster.anyConnection(deadline)
                : await cluster.connectionTo(broker, deadline);
            await ask(connection, items, settle, broker ?? ANY_BROKER);
          }),
        ),
      );
    },
    onRetry: () => refreshBrokers(cluster, deadline),
  });
}

/** The brokers that are alive, as of now. */
export async function brokerIds(cluster: Cluster, deadline: Deadline): Promise<readonly number[]> {
  await cluster.metadataOf([], callOptions(deadline));
  return [...cluster.brokers.keys()];
}

/**
 * Asks every broker that is alive; those that are gone by the time of a retry are left out. Throws
 * what a broker says to the request as a whole.
 */
export async function everyBroker<Value>(
  cluster: Cluster,
  deadline: Deadline,
  ask: (connection: BrokerConnection, brokerId: number) => Promise<Value>,
): Promise<readonly (readonly [brokerId: number, value: Value])[]> {
  let ids = [...cluster.brokers.keys()];
  return deadline.retry(
    () =>
      Promise.all(
        ids.map(async (id) => {
          const connection = await cluster.connectionTo(id, deadline);
          return [id, await ask(connection, id)] as const;
        }),
      ),
    async () => {
      ids = [...(await brokerIds(cluster, deadline))];
    },
  );
}

/** Items that the coordinators of groups or transactions answer for. */
export function byCoordinator<Item, Value>(
  route: Route<Item, Value> & {
    readonly keyOf: (item: Item) => string;
    /** Default: groups. */
    readonly type?: CoordinatorType;
    /** Items in one request. Default: no bound. */
    readonly perRequestMax?: number;
  },
): Promise<SettledItems<Item, Value>> {
  const { cluster, deadline, keyOf, contextOf, type = "group", perRequestMax = Infinity } = route;
  return settleEach({
    ...route,
    async attempt(pending, settle) {
      const located: [item: Item, coordinator: number][] = [];
      // Those that are asked for in one tick go into one request.
      for (const items of chunksOf(pending, COORDINATORS_PER_REQUEST_MAX)) {
        await Promise.all(
          items.map(async (item) => {
            try {
              located.push([item, await cluster.coordinatorNodeOf(keyOf(item), deadline, type)]);
            } catch (thrown) {
              settle.failed(item, thrown);
            }
          }),
        );
      }
      await askPlaces(route, located, settle, perRequestMax);
    },
    onTransient: (item) => cluster.forget(brokerError(ErrorCode.NOT_COORDINATOR, contextOf(item))),
    onRetry: () => refreshBrokers(cluster, deadline),
  });
}

/**
 * What a leader says that has lost the partition or does not have it yet. Whether there is such a
 * partition is for fresh metadata to say.
 */
const staleAtLeader: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

/** Partitions that their leaders answer for. */
export function byLeader<Item extends TopicPartition, Value>(
  route: Route<Item, Value>,
): Promise<SettledItems<Item, Value>> {
  const { cluster, deadline } = route;
  let fresh = false;
  return settleEach({
    ...route,
    alsoTransient: staleAtLeader,
    async attempt(pending, settle) {
      const topics = await topicsOf(cluster, pending, deadline, fresh);
      fresh = true;
      const located: [item: Item, leader: number][] = [];
      for (const item of pending) {
        const leader = leaderIn(topics.get(item.topic), item);
        if (typeof leader === "number") located.push([item, leader]);
        else if (leader.code === "LEADER_NOT_AVAILABLE") settle.failed(item, leader);
        else settle.refused(item, leader);
      }
      await askPlaces(route, located, settle, PARTITIONS_PER_REQUEST_MAX);
    },
  });
}

/** Topics of partitions by name: what is known of them, or freshly asked for in one request. */
async function topicsOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  deadline: Deadline,
  fresh: boolean,
): Promise<ReadonlyMap<string, PartitionsByNumber>> {
  const topics = new Map<string, PartitionsByNumber>();
  const missing: string[] = [];
  for (const [name, of] of groupBy(partitions, ({ topic }) => topic)) {
    const known = fresh ? undefined : cluster.knownTopic(name);
    const topic = known === undefined ? undefined : byNumber(known);
    // A partition that is not known may have been added since.
    if (topic === undefined || of.some(({ partition }) => !topic.partitions.has(partition))) {
      missing.push(name);
    } else topics.set(name, topic);
  }
  if (missing.length > 0) {
    for (const topic of await cluster.metadataOf(missing, callOptions(deadline))) {
      if (topic.name !== null) topics.set(topic.name, byNumber(topic));
    }
  }
  return topics;
}

interface PartitionsByNumber {
  readonly errorCode: number;
  readonly partitions: ReadonlyMap<number, TopicMetadata["partitions"][number]>;
}

function byNumber({ errorCode, partitions }: TopicMetadata): PartitionsByNumber {
  return {
    errorCode,
    partitions: new Map(partitions.map((partition) => [partition.partitionIndex, partition])),
  };
}

/** The leader of a partition, or the error that there is none. */
function leaderIn(topic: PartitionsByNumber | undefined, of: TopicPartition) {
  const context = { topic: of.topic, partition: of.partition };
  if (topic === undefined) return brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, context);
  if (topic.errorCode !== ErrorCode.NONE) return brokerError(topic.errorCode, context);
  const partition = topic.partitions.get(of.partition);
  if (partition === undefined) return brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, context);
  if (partition.leaderId < 0) return brokerError(ErrorCode.LEADER_NOT_AVAILABLE, context);
  return partition.leaderId;
}

/** One request of one answer, which any broker gives; retried as the deadline allows. */
export async function askAny<Req extends Fields, Res extends Fields>(
  cluster: Cluster,
  call: ApiCall<Req, Res>,
  body: InputOf<Message<Req>>,
  deadline: Deadline,
  check: (response: ValueOf<Message<Res>>) => void,
): Promise<ValueOf<Message<Res>>> {
  return deadline.retry(
    async () => {
      const response = await cluster.ask(call, body, deadline);
      check(response);
      return response;
    },
    () => refreshBrokers(cluster, deadline),
  );
}

/** As {@link askAny}, of the controller. */
export async function askController<Req extends Fields, Res extends Fields>(
  cluster: Cluster,
  call: ApiCall<Req, Res>,
  body: InputOf<Message<Req>>,
  deadline: Deadline,
  check: (response: ValueOf<Message<Res>>) => void,
): Promise<ValueOf<Message<Res>>> {
  return deadline.retry(
    async () => {
      const connection = await cluster.controllerConnection(deadline);
      const response = await connection.request(call, body, cluster.bounds(deadline));
      check(response);
      return response;
    },
    () => refreshBrokers(cluster, deadline),
  );
}

/** Learns anew which brokers there are; when that fails the next attempt says so. */
async function refreshBrokers(cluster: Cluster, deadline: Deadline): Promise<void> {
  try {
    await cluster.metadataOf([], callOptions(deadline));
  } catch (thrown) {
    kafkaErrorOf(thrown);
  }
}

/**
 * Asks the brokers, all at once; what is too much for one request goes to the same broker in the next
 * one, after other work of this process had its turn.
 */
async function askPlaces<Item, Value>(
  { cluster, deadline, ask }: Route<Item, Value>,
  located: readonly (readonly [item: Item, brokerId: number])[],
  settle: Settle<Item, Value>,
  perRequestMax: number,
): Promise<void> {
  const places = groupBy(located, ([, brokerId]) => brokerId);
  await Promise.all(
    [...places].map(async ([brokerId, of]) => {
      for (const [index, chunk] of chunksOf(of, perRequestMax).entries()) {
        if (index > 0) await turn(cluster.platform.clock);
        const items = chunk.map(([item]) => item);
        await atPlace(items, settle, async () => {
          const connection = await cluster.connectionTo(brokerId, deadline);
          await ask(connection, items, settle, brokerId);
        });
      }
    }),
  );
}

/** Lets other work of this process have its turn. */
export function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.defer(resolve));
}

/** What fails at one broker is the failure of the items there, not of all. */
async function atPlace<Item, Value>(
  items: readonly Item[],
  settle: Settle<Item, Value>,
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await ask();
  } catch (thrown) {
    for (const item of items) settle.failed(item, thrown);
  }
}

/** Parts of a list, each of `max` items at most. */
export function chunksOf<T>(items: readonly T[], max: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += max) chunks.push(items.slice(at, at + max));
  return chunks;
}
