import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { buildBatch, type BatchOptions, type NewRecord } from "../../../src/records/build.ts";
import { createTopics, listOffsets, metadata, produce } from "./exchanges.ts";
import type { Session } from "./session.ts";

/** A course of requests that both brokers go through. */
export interface Scenario {
  readonly name: string;
  /** Not while others run: it looks at everything there is. */
  readonly alone?: boolean;
  run(session: Session): Promise<void>;
}

/** Scenarios about one subject: one line of the report. */
export interface Group {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
}

export interface TopicWanted {
  readonly partitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** A topic that is there. */
export interface Topic {
  readonly name: string;
  readonly id: string;
}

const READY_WITHIN_MS = 15_000;

/** Creates a topic of this scenario and waits until it can be used. */
export async function topic(
  session: Session,
  suffix: string,
  wanted: TopicWanted = {},
): Promise<Topic> {
  const name = `${session.prefix}${suffix}`;
  const partitions = wanted.partitions ?? 1;
  const configs = Object.entries(wanted.configs ?? {}).map(([key, value]) => ({
    name: key,
    value,
  }));
  const created = await session.must(
    createTopics,
    7,
    { topics: [{ name, numPartitions: partitions, replicationFactor: 1, configs }] },
    { quiet: true },
  );
  const { errorCode, errorMessage, topicId } = created.topics[0]!;
  if (errorCode !== ErrorCode.NONE) throw new Error(`${name}: ${errorCode} ${errorMessage}`);
  await untilServed(session, name, partitions);
  return { name, id: topicId };
}

/** Waits until every partition of a topic answers. */
export async function untilServed(
  session: Session,
  name: string,
  partitions: number,
): Promise<void> {
  const wanted = Array.from({ length: partitions }, (_unused, partitionIndex) => ({
    partitionIndex,
    timestamp: -1,
  }));
  await until(`${name} is served`, async () => {
    const answer = await session.must(
      listOffsets,
      7,
      { replicaId: -1, topics: [{ name, partitions: wanted }] },
      { quiet: true },
    );
    const found = answer.topics[0]?.partitions ?? [];
    return found.every(({ errorCode }) => errorCode === ErrorCode.NONE);
  });
  await until(`${name} is known`, async () => {
    const known = await session.must(
      metadata,
      12,
      { topics: [{ name }], allowAutoTopicCreation: false },
      { quiet: true },
    );
    return known.topics[0]?.errorCode === ErrorCode.NONE;
  });
}

/** Asks again until it is so. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

/** A time that both brokers are told, so that what they store is the same. */
export const baseTime = Date.now() - 3_600_000;

/** `count` records with keys, values and times that follow from their index. */
export function records(count: number, options: { readonly bytes?: number } = {}): NewRecord[] {
  return Array.from({ length: count }, (_unused, i) => ({
    timestamp: baseTime + i,
    key: Buffer.from(`k${i}`),
    value: Buffer.alloc(options.bytes ?? 10, 97 + (i % 26)),
  }));
}

export function batch(
  count: number,
  options: BatchOptions & { readonly bytes?: number } = {},
): Buffer {
  return buildBatch(records(count, options), options);
}

/** Writes a batch in a way that is not compared. */
export async function write(session: Session, to: Topic, bytes: Buffer, index = 0): Promise<void> {
  const answer = await session.must(
    produce,
    13,
    {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ topicId: to.id, partitionData: [{ index, records: bytes }] }],
    },
    { quiet: true },
  );
  const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
  if (errorCode !== ErrorCode.NONE) throw new Error(`writing to ${to.name}: ${errorCode}`);
}

/** A valid id that nothing has. */
export const noSuchId = "Zm9vYmFyYmF6cXV4cXV1eA";
/** A name of 250 characters. */
export const tooLongName = "n".repeat(250);
