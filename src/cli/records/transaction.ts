import type { Cluster } from "../../client/cluster/cluster.ts";
import type { RawRecord, RecordMetadata } from "../../client/producer/producer-record.ts";
import {
  TransactionalProducer,
  type TransactionalProducerOptions,
} from "../../client/producer/transactional-producer.ts";
import type { Transaction } from "../../client/producer/transaction.ts";
import { problemOf, Problem } from "../problem.ts";

/** Records that become visible together, or not at all. */
export interface OneTransaction {
  readonly transactionalId: string;
  readonly topic: string;
  readonly records: AsyncIterable<RawRecord>;
  /** How long to wait for its beginning and for its end. */
  readonly timeoutMs: number;
  readonly options: TransactionalProducerOptions;
}

/** Sends all of the records, or leaves none of them; resolves with where they went. */
export async function sendInTransaction(
  cluster: Cluster,
  { transactionalId, topic, records, timeoutMs, options }: OneTransaction,
): Promise<RecordMetadata[]> {
  const producer = new TransactionalProducer(cluster, transactionalId, options);
  try {
    const transaction = await producer.begin({ timeoutMs });
    try {
      const sent = await sendAll(transaction, topic, records);
      await transaction.commit({ timeoutMs });
      return sent;
    } catch (thrown) {
      throw await abort(transaction, thrown, timeoutMs);
    }
  } finally {
    await producer.close();
  }
}

async function sendAll(
  transaction: Transaction,
  topic: string,
  records: AsyncIterable<RawRecord>,
): Promise<RecordMetadata[]> {
  const sent: Promise<RecordMetadata>[] = [];
  for await (const record of records) {
    await transaction.ready();
    const sending = transaction.send(topic, record);
    // Who waits for all learns of it; until then nobody does.
    sending.catch(() => undefined);
    sent.push(sending);
  }
  return Promise.all(sent);
}

/** Takes everything back; what to say of it. */
async function abort(
  transaction: Transaction,
  thrown: unknown,
  timeoutMs: number,
): Promise<Problem> {
  const { code, message, remedy, exitCode } = problemOf(thrown);
  let outcome = "nothing was sent, for the transaction was aborted";
  try {
    if (!transaction.isOver) await transaction.abort({ timeoutMs });
  } catch (aborting) {
    outcome = `the transaction could not be aborted (${problemOf(aborting).message})`;
  }
  return new Problem(code, `${message}; ${outcome}`, { remedy, exitCode, cause: thrown });
}
