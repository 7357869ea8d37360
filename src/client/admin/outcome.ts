import { assert } from "../../core/assert.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import type { KafkaError } from "../errors.ts";

/** What became of a thing: its value, or why there is none. */
export type Settled<Value> =
  | { readonly value: Value; readonly error: undefined }
  | { readonly value: undefined; readonly error: KafkaError };

/**
 * One of several things that were asked for together. What fails for one alone is told here and does
 * not touch the others; what fails for all of them (no broker answers, the deadline, the signal, an API
 * that is not served) is thrown instead.
 */
export type Outcome<Value = undefined> = Settled<Value> & {
  /** What it is about, as one would print it: a topic, `topic-partition`, a group, a user. */
  readonly name: string;
};

/** An {@link Outcome} for one partition. */
export type PartitionOutcome<Value = undefined> = Outcome<Value> & TopicPartition;

/** The value, or its error thrown. */
export function valueOf<Value>(settled: Settled<Value>): Value {
  if (settled.error !== undefined) throw settled.error;
  return settled.value;
}

/** The values of all, or the first error thrown. */
export function valuesOf<Value>(settled: Iterable<Settled<Value>>): Value[] {
  return Array.from(settled, valueOf);
}

/** The value of the one thing that was asked for, or its error thrown. */
export function only<Value>(outcomes: readonly Settled<Value>[]): Value {
  const [one] = outcomes;
  assert(one !== undefined && outcomes.length === 1, "one outcome for one item");
  return valueOf(one);
}

/** The outcome of a partition, named `topic-partition`. */
export function partitionOutcome<Value>(
  { topic, partition }: TopicPartition,
  settled: Settled<Value>,
): PartitionOutcome<Value> {
  return { name: topicPartitionName(topic, partition), topic, partition, ...settled };
}
