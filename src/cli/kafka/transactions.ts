import { describeTopics, listTopics } from "../../client/admin/describe-topics.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import {
  abortTransaction,
  describeProducers,
  describeTransactions,
  fenceProducers,
  listTransactions,
} from "../../client/admin/transactions.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { findHanging } from "../hanging.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { needed, tabTable, withKafkaCluster } from "./options.ts";

const MINUTE_MS = 60_000;
const TRANSACTION_TIMEOUT_MAX_MINUTES = 15;

function neededNumber(options: Options, name: string): number {
  const value = options.integer(name, { min: 0 });
  if (value === undefined) throw usageProblem(`--${name} is missing`);
  return value;
}

/** `moldau kafka-transactions list`. */
export function runList(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const duration = options.integer("duration-filter", { min: -1 });
  const pattern = options.text("transactional-id-pattern");
  return withKafkaCluster(terminal, options, async (cluster) => {
    const found = await listTransactions(cluster, {
      ...(duration === undefined || duration < 0 ? {} : { runningLongerThanMs: duration }),
      ...(pattern === undefined ? {} : { transactionalIdPattern: pattern }),
    });
    const rows = found.map(({ transactionalId, coordinatorId, producerId, state }) => [
      transactionalId,
      String(coordinatorId),
      String(producerId),
      state,
    ]);
    const header = ["TransactionalId", "Coordinator", "ProducerId", "TransactionState"];
    await write(terminal.stdout, tabTable(header, rows));
    return ExitCode.ok;
  });
}

/** `moldau kafka-transactions describe`. */
export function runDescribe(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const id = needed(options, "transactional-id");
  return withKafkaCluster(terminal, options, async (cluster) => {
    const [outcome] = await describeTransactions(cluster, [id]);
    if (outcome === undefined) return ExitCode.notFound;
    const found = valueOf(outcome);
    const { startTimestamp } = found;
    const header = [
      "CoordinatorId",
      "TransactionalId",
      "ProducerId",
      "ProducerEpoch",
      "TransactionState",
      "TransactionTimeoutMs",
      "CurrentTransactionStartTimeMs",
      "TransactionDurationMs",
      "TopicPartitions",
    ];
    const row = [
      String(found.coordinatorId),
      id,
      String(found.producerId),
      String(found.producerEpoch),
      found.state,
      String(found.timeoutMs),
      startTimestamp === null ? "None" : String(startTimestamp),
      startTimestamp === null ? "None" : String(Date.now() - startTimestamp),
      found.partitions
        .map(({ topic, partition }) => topicPartitionName(topic, partition))
        .join(","),
    ];
    await write(terminal.stdout, tabTable(header, [row]));
    return ExitCode.ok;
  });
}

/** `moldau kafka-transactions describe-producers`. */
export function runProducers(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const place = { topic: needed(options, "topic"), partition: neededNumber(options, "partition") };
  return withKafkaCluster(terminal, options, async (cluster) => {
    const brokerId = options.integer("broker-id", { min: 0 });
    const [outcome] = await describeProducers(cluster, [place], { brokerId });
    const producers = outcome === undefined ? [] : valueOf(outcome);
    const header = [
      "ProducerId",
      "ProducerEpoch",
      "LatestCoordinatorEpoch",
      "LastSequence",
      "LastTimestamp",
      "CurrentTransactionStartOffset",
    ];
    const rows = producers.map((producer) => [
      String(producer.producerId),
      String(producer.producerEpoch),
      String(producer.coordinatorEpoch ?? -1),
      String(producer.lastSequence),
      String(producer.lastTimestamp),
      String(producer.currentTransactionStartOffset ?? "None"),
    ]);
    await write(terminal.stdout, tabTable(header, rows));
    return ExitCode.ok;
  });
}

/** `moldau kafka-transactions find-hanging`. */
export function runHanging(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const brokerId = options.integer("broker-id", { min: 0 });
  const topic = options.text("topic");
  if (brokerId === undefined && topic === undefined) {
    throw usageProblem("say where: --broker-id or --topic");
  }
  const minutes =
    options.integer("max-transaction-timeout", { min: 0 }) ?? TRANSACTION_TIMEOUT_MAX_MINUTES;
  return withKafkaCluster(terminal, options, async (cluster) => {
    const partitions = await candidates(
      cluster,
      topic,
      options.integer("partition", { min: 0 }),
      brokerId,
    );
    const nowMs = Date.now();
    const found = await findHanging(cluster, partitions, minutes * MINUTE_MS, nowMs, brokerId);
    const header = [
      "Topic",
      "Partition",
      "ProducerId",
      "ProducerEpoch",
      "CoordinatorEpoch",
      "StartOffset",
      "LastTimestamp",
      "Duration(min)",
    ];
    const rows = found.map((one) => [
      one.topic,
      String(one.partition),
      String(one.producerId),
      String(one.producerEpoch),
      String(one.coordinatorEpoch ?? -1),
      String(one.startOffset),
      String(one.lastTimestamp),
      String(Math.floor((nowMs - one.lastTimestamp) / MINUTE_MS)),
    ]);
    await write(terminal.stdout, tabTable(header, rows));
    return ExitCode.ok;
  });
}

async function candidates(
  cluster: Cluster,
  topic: string | undefined,
  partition: number | undefined,
  brokerId: number | undefined,
): Promise<TopicPartition[]> {
  const topics =
    topic === undefined
      ? await listTopics(cluster, { includeInternal: true })
      : (await describeTopics(cluster, [topic])).map(valueOf);
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ replicas }) => brokerId === undefined || replicas.includes(brokerId))
      .filter((one) => partition === undefined || one.partition === partition)
      .map((one) => ({ topic: name, partition: one.partition })),
  );
}

/** `moldau kafka-transactions abort`. */
export function runAbort(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const place = { topic: needed(options, "topic"), partition: neededNumber(options, "partition") };
  const startOffset = options.integer("start-offset", { min: 0 });
  const spec =
    startOffset === undefined
      ? {
          ...place,
          producerId: neededNumber(options, "producer-id"),
          producerEpoch: neededNumber(options, "producer-epoch"),
          coordinatorEpoch: options.integer("coordinator-epoch", { min: -1 }) ?? 0,
        }
      : { ...place, startOffset };
  return withKafkaCluster(terminal, options, async (cluster) => {
    await abortTransaction(cluster, spec);
    return ExitCode.ok;
  });
}

/** `moldau kafka-transactions forceTerminateTransaction`. */
export function runForceTerminate(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const id = needed(options, "transactional-id");
  return withKafkaCluster(terminal, options, async (cluster) => {
    for (const outcome of await fenceProducers(cluster, [id])) valueOf(outcome);
    return ExitCode.ok;
  });
}
