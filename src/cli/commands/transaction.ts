import { listTopics } from "../../client/admin/describe-topics.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import {
  abortTransaction,
  describeProducers,
  describeTransactions,
  fenceProducers,
  listTransactions,
  type ListTransactionsOptions,
  type TransactionDescription,
  type TransactionListing,
} from "../../client/admin/transactions.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import { carryOut, difference } from "../changes.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { durationText } from "../duration.ts";
import { ExitCode } from "../exit-code.ts";
import { wordsOf } from "../group-words.ts";
import { findHanging } from "../hanging.ts";
import { printItems } from "../output.ts";
import { matching, notFound } from "../patterns.ts";
import { Problem } from "../problem.ts";
import type { HangingRow, ProducerRow, TransactionItem } from "../shapes/transaction.ts";
import type { Column } from "../table.ts";
import { paintFor, write, type Paint, type Terminal } from "../terminal.ts";
import { partitionsOf } from "../topics.ts";
import { assignmentText } from "./group-describe.ts";

/** `transaction.max.timeout.ms` of a broker that nobody has told otherwise. */
const TRANSACTION_TIMEOUT_MAX_MS = 900_000;

const STATES: NonNullable<ListTransactionsOptions["states"]> = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
];

/** `moldau txn list`. */
export function runList(
  terminal: Terminal,
  patterns: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const states = wordsOf(options.text("state"), STATES, "state");
  const runningLongerThanMs = options.duration("longer-than");
  return withCluster(terminal, options, async (cluster) => {
    const listed = await listTransactions(cluster, { states, runningLongerThanMs });
    const items = matching(listed, patterns, ({ transactionalId }) => transactionalId);
    await printItems<TransactionListing>(terminal, options, {
      items,
      id: ({ transactionalId }) => transactionalId,
      empty: "There are no transactional ids like that.",
      columns: listColumns,
    });
    return ExitCode.ok;
  });
}

const listColumns: readonly Column<TransactionListing>[] = [
  {
    title: "transactional id",
    field: "transactionalId",
    of: ({ transactionalId }) => transactionalId,
  },
  { title: "state", of: ({ state }) => state, color: ({ state }) => stateColor(state) },
  { title: "producer", field: "producerId", of: ({ producerId }) => producerId, right: true },
  {
    title: "coordinator",
    field: "coordinatorId",
    of: ({ coordinatorId }) => coordinatorId,
    right: true,
  },
];

function stateColor(state: string): keyof Paint | undefined {
  if (state === "Ongoing") return "yellow";
  return state === "Dead" ? "red" : undefined;
}

/** `moldau txn describe`. */
export function runDescribe(
  terminal: Terminal,
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const items: TransactionItem[] = [];
    for (const outcome of await describeTransactions(cluster, ids)) {
      if (outcome.error?.code === "TRANSACTIONAL_ID_NOT_FOUND") {
        throw await missingTransaction(cluster, outcome.name);
      }
      items.push(itemOf(valueOf(outcome)));
    }
    const nowMs = Date.now();
    await printItems<TransactionItem>(terminal, options, {
      items,
      id: ({ transactionalId }) => transactionalId,
      empty: "",
      columns: [
        {
          title: "transactional id",
          field: "transactionalId",
          of: ({ transactionalId }) => transactionalId,
        },
        { title: "state", of: ({ state }) => state, color: ({ state }) => stateColor(state) },
        { title: "producer", field: "producerId", of: ({ producerId }) => producerId, right: true },
        {
          title: "epoch",
          field: "producerEpoch",
          of: ({ producerEpoch }) => producerEpoch,
          right: true,
        },
        {
          title: "open for",
          field: "startTimestamp",
          of: ({ startTimestamp }) => startTimestamp,
          text: ({ startTimestamp }) =>
            startTimestamp === null ? null : durationText(Math.max(0, nowMs - startTimestamp)),
        },
        {
          title: "timeout",
          field: "timeoutMs",
          of: ({ timeoutMs }) => timeoutMs,
          text: ({ timeoutMs }) => durationText(timeoutMs),
        },
        {
          title: "coordinator",
          field: "coordinatorId",
          of: ({ coordinatorId }) => coordinatorId,
          right: true,
        },
        { title: "partitions", of: ({ partitions }) => assignmentText(partitions) },
      ],
    });
    return ExitCode.ok;
  });
}

function itemOf({ partitions, ...rest }: TransactionDescription): TransactionItem {
  return { ...rest, partitions: partitions.map(({ topic, partition }) => ({ topic, partition })) };
}

async function missingTransaction(cluster: Cluster, id: string): Promise<Problem> {
  const listed = await listTransactions(cluster);
  return notFound(
    "txn",
    id,
    listed.map(({ transactionalId }) => transactionalId),
  );
}

/** `moldau txn producers`. */
export function runProducers(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const partitions = await partitionsOf(cluster, args);
    const items: ProducerRow[] = [];
    for (const outcome of await describeProducers(cluster, partitions)) {
      const { topic, partition } = outcome;
      for (const { currentTransactionStartOffset, ...producer } of valueOf(outcome)) {
        items.push({
          topic,
          partition,
          ...producer,
          transactionStartOffset: currentTransactionStartOffset,
        });
      }
    }
    const nowMs = Date.now();
    await printItems<ProducerRow>(terminal, options, {
      items,
      id: ({ producerId }) => String(producerId),
      empty: "Nobody with a producer id has written there lately.",
      columns: [
        { title: "topic", of: ({ topic }) => topic },
        { title: "partition", of: ({ partition }) => partition, right: true },
        { title: "producer", field: "producerId", of: ({ producerId }) => producerId, right: true },
        {
          title: "epoch",
          field: "producerEpoch",
          of: ({ producerEpoch }) => producerEpoch,
          right: true,
        },
        {
          title: "sequence",
          field: "lastSequence",
          of: ({ lastSequence }) => lastSequence,
          right: true,
        },
        {
          title: "last written",
          field: "lastTimestamp",
          of: ({ lastTimestamp }) => lastTimestamp,
          text: ({ lastTimestamp }) => `${durationText(Math.max(0, nowMs - lastTimestamp))} ago`,
        },
        {
          title: "open from",
          field: "transactionStartOffset",
          of: ({ transactionStartOffset }) => transactionStartOffset,
          color: ({ transactionStartOffset }) =>
            transactionStartOffset === null ? undefined : "yellow",
          right: true,
        },
      ],
    });
    return ExitCode.ok;
  });
}

/** `moldau txn hanging`. */
export function runHanging(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const olderThanMs = options.duration("older-than") ?? TRANSACTION_TIMEOUT_MAX_MS;
  return withCluster(terminal, options, async (cluster) => {
    const partitions =
      args.length > 0 ? await partitionsOf(cluster, args) : await everywhere(cluster);
    const items = await findHanging(cluster, partitions, olderThanMs, Date.now());
    const nowMs = Date.now();
    await printItems<HangingRow>(terminal, options, {
      items,
      id: placeText,
      empty: "No transaction hangs.",
      columns: [
        { title: "place", of: placeText },
        { title: "producer", field: "producerId", of: ({ producerId }) => producerId, right: true },
        {
          title: "epoch",
          field: "producerEpoch",
          of: ({ producerEpoch }) => producerEpoch,
          right: true,
        },
        {
          title: "transactional id",
          field: "transactionalId",
          of: ({ transactionalId }) => transactionalId,
        },
        {
          title: "for",
          field: "lastTimestamp",
          of: ({ lastTimestamp }) => lastTimestamp,
          text: ({ lastTimestamp }) => durationText(Math.max(0, nowMs - lastTimestamp)),
        },
        { title: "why", field: "reason", of: ({ reason }) => reason },
      ],
    });
    const [first] = items;
    if (first !== undefined && terminal.stderr.isTTY === true) {
      const { dim } = paintFor(terminal, terminal.stderr);
      await write(terminal.stderr, dim(`\nAbort one with: moldau txn abort ${placeText(first)}\n`));
    }
    return ExitCode.ok;
  });
}

async function everywhere(cluster: Cluster): Promise<TopicPartition[]> {
  const topics = await listTopics(cluster, { includeInternal: true });
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
}

/** `orders:0@1200`, as `txn abort` takes it. */
function placeText({ topic, partition, startOffset }: HangingRow): string {
  return `${topic}:${partition}@${startOffset}`;
}

/** `moldau txn abort`. */
export function runAbort(
  terminal: Terminal,
  [what = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const place = /^(.+):(\d+)@(\d+)$/.exec(what);
  return withCluster(terminal, options, (cluster) =>
    place === null
      ? abortById(terminal, options, cluster, what)
      : abortAt(terminal, options, cluster, {
          topic: place[1] ?? "",
          partition: Number(place[2]),
          startOffset: Number(place[3]),
        }),
  );
}

async function abortById(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  id: string,
): Promise<ExitCode> {
  const [described] = await describeTransactions(cluster, [id]);
  if (described === undefined || described.error !== undefined)
    throw await missingTransaction(cluster, id);
  const { state, partitions, producerId, producerEpoch } = described.value;
  const differences = [
    difference("state", state, "CompleteAbort"),
    difference("producer epoch", producerEpoch, producerEpoch + 1),
    difference("partitions", partitions.length === 0 ? null : assignmentText(partitions), null),
  ].filter(({ before, after }) => before !== after);
  return carryOut(terminal, options, {
    changes: [{ kind: "transaction", name: id, action: "abort", differences }],
    question: `Abort what ${id} (producer ${producerId}) has open, and fence its producer?`,
    apply: () => fenceProducers(cluster, [id]),
  });
}

async function abortAt(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  place: TopicPartition & { readonly startOffset: number },
): Promise<ExitCode> {
  const { topic, partition, startOffset } = place;
  const [outcome] = await describeProducers(cluster, [place]);
  const producers = outcome === undefined ? [] : valueOf(outcome);
  const owner = producers.find((one) => one.currentTransactionStartOffset === startOffset);
  const name = `${topic}:${partition}@${startOffset}`;
  if (owner === undefined) {
    throw new Problem("MLD3012", `no transaction begins at ${name}`, {
      exitCode: ExitCode.notFound,
      remedy: `see what is open: moldau txn producers ${topic}:${partition}`,
    });
  }
  const differences = [
    difference("producer", owner.producerId, null),
    difference("epoch", owner.producerEpoch, null),
    difference("open from", startOffset, null),
  ];
  return carryOut(terminal, options, {
    changes: [{ kind: "transaction", name, action: "abort", differences }],
    question: `Abort the transaction of producer ${owner.producerId} at ${name}?`,
    apply: async () => {
      try {
        await abortTransaction(cluster, place);
        return [{}];
      } catch (error) {
        return [{ error }];
      }
    },
  });
}
