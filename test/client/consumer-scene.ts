import assert from "node:assert/strict";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import type { Consumer } from "../../src/client/consumer/consumer.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { startTarget, uniqueName, type Target } from "./target.ts";

/** Timestamp of record 0; each that follows is a second younger. */
export const FIRST_TIMESTAMP = 1_700_000_000_000;
const LOOK_MS = 10;
const LOOKING_MAX_MS = 30_000;

/** A cluster with topics of records that tell their numbers. */
export class ConsumerScene {
  readonly target: Target;
  readonly kafka: Kafka;

  private constructor(target: Target, kafka: Kafka) {
    this.target = target;
    this.kafka = kafka;
  }

  static async open(settings: readonly string[] = []): Promise<ConsumerScene> {
    const target = await startTarget(settings);
    return new ConsumerScene(target, await connect(target.bootstrap, { clientId: "consumer" }));
  }

  async close(): Promise<void> {
    await this.kafka.close();
    await this.target.close();
  }

  async makeTopic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const name = uniqueName("consumer");
    await this.kafka.admin.createTopic({ name, partitions, replicationFactor: 1, configs });
    return name;
  }

  /** Writes `v<from>`, `v<from + 1>` … in turn to the partitions of a topic. */
  async produce(topic: string, count: number, { partitions = 1, from = 0 } = {}): Promise<void> {
    const producer = this.kafka.producer();
    const records = Array.from({ length: count }, (_, i) => ({
      key: `k${(from + i) % 7}`,
      value: `v${from + i}`,
      partition: (from + i) % partitions,
      timestamp: FIRST_TIMESTAMP + (from + i) * 1_000,
    }));
    await producer.sendAll(topic, records);
    await producer.close();
  }

  /** What a consumer reads until the ends of its partitions. */
  async readAll(topic: string, options: ConsumeOptions = {}): Promise<string[]> {
    const consumer = this.kafka.consume(topic, { until: "end", ...options });
    const texts: string[] = [];
    for await (const record of consumer) texts.push(textOf(record));
    await consumer.close();
    return texts;
  }

  /** The offsets that a group has stored, by partition. */
  async committed(group: string): Promise<number[]> {
    const offsets = await this.kafka.admin.groupOffsets(group);
    return [...offsets].sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
  }
}

export function textOf({ value }: { readonly value: Buffer | null }): string {
  return value?.toString() ?? "null";
}

/** The next so many records. */
export async function take(consumer: Consumer<string>, count: number): Promise<string[]> {
  const texts: string[] = [];
  if (count === 0) return texts;
  for await (const record of consumer) {
    texts.push(textOf(record));
    if (texts.length === count) break;
  }
  return texts;
}

/** `v<from>` to before `v<to>`. */
export function values(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `v${from + i}`);
}

/** Waits until something holds. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const untilMs = performance.now() + LOOKING_MAX_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < untilMs, `${what}, eventually`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** A tick of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export type { ConsumerRecord };
