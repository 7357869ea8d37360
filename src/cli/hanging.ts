import {
  describeProducers,
  describeTransactions,
  listTransactions,
  type ProducerState,
  type TransactionDescription,
} from "../client/admin/transactions.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import type { HangingRow } from "./shapes/transaction.ts";

interface Open extends TopicPartition {
  readonly producer: ProducerState;
  readonly startOffset: number;
}

/**
 * Transactions that are open in a partition for longer than a transaction may take, and that no coordinator
 * knows to be going on there (KIP-664): nobody will end them.
 */
export async function findHanging(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  olderThanMs: number,
  nowMs: number,
  brokerId?: number,
): Promise<HangingRow[]> {
  const outcomes = await describeProducers(cluster, partitions, { brokerId });
  const open = outcomes.flatMap(({ topic, partition, value = [] }) =>
    value.flatMap((producer): Open[] => {
      const startOffset = producer.currentTransactionStartOffset;
      const isOld = nowMs - producer.lastTimestamp > olderThanMs;
      return startOffset === null || !isOld ? [] : [{ topic, partition, producer, startOffset }];
    }),
  );
  if (open.length === 0) return [];
  const owners = await ownersOf(cluster, open);
  return open.flatMap((one) => {
    const owner = owners.get(one.producer.producerId);
    const reason = reasonOf(one, owner);
    return reason === undefined ? [] : [rowOf(one, owner, reason)];
  });
}

/** The transactions of producers, by producer id. */
async function ownersOf(
  cluster: Cluster,
  open: readonly Open[],
): Promise<ReadonlyMap<number, TransactionDescription>> {
  const producerIds = [...new Set(open.map(({ producer }) => producer.producerId))];
  const listed = await listTransactions(cluster, { producerIds });
  const ids = listed.map(({ transactionalId }) => transactionalId);
  const owners = new Map<number, TransactionDescription>();
  if (ids.length === 0) return owners;
  for (const { value } of await describeTransactions(cluster, ids)) {
    if (value !== undefined) owners.set(value.producerId, value);
  }
  return owners;
}

/** Why a transaction is taken for hanging; undefined for one that is going on. */
function reasonOf(
  { topic, partition, producer }: Open,
  owner: TransactionDescription | undefined,
): string | undefined {
  if (owner === undefined) return "no coordinator knows its producer";
  if (owner.producerEpoch !== producer.producerEpoch) {
    return `its producer has gone on to epoch ${owner.producerEpoch}`;
  }
  const takesPart = owner.partitions.some(
    (one) => one.topic === topic && one.partition === partition,
  );
  return takesPart ? undefined : "its coordinator does not count this partition among it";
}

function rowOf(
  { topic, partition, producer, startOffset }: Open,
  owner: TransactionDescription | undefined,
  reason: string,
): HangingRow {
  return {
    topic,
    partition,
    startOffset,
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    coordinatorEpoch: producer.coordinatorEpoch,
    lastTimestamp: producer.lastTimestamp,
    transactionalId: owner?.transactionalId ?? null,
    reason,
  };
}
