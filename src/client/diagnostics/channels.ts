import {
  channel,
  tracingChannel,
  type Channel,
  type TracingChannel,
} from "node:diagnostics_channel";
import type { TopicPartition } from "../../core/topic-partition.ts";

/**
 * What the client tells through `node:diagnostics_channel`. Payloads are typed here; whoever publishes asks
 * `hasSubscribers` first, so that nothing is gathered for nobody.
 *
 * What happens at one moment is published under its name (`moldau:client:connection`). What takes time is a
 * tracing channel: `diagnostics_channel.tracingChannel("moldau:client:request")`, with the channels
 * `tracing:moldau:client:request:start`, `:end`, `:asyncStart`, `:asyncEnd` and `:error`. All five get the same
 * object, which is filled in as more becomes known.
 *
 * Durations are milliseconds of the monotonic clock. Payloads are not copied: leave them as they are.
 */

/** Opened, could not be opened, or ended. */
export interface ConnectionEvent {
  readonly kind: "opened" | "failed" | "closed";
  /** `host:port`. */
  readonly broker: string;
  /** -1 while it is not known, as of the first connection. */
  readonly nodeId: number;
  readonly clientId: string;
  /** Until it was opened or failed; of one that closed, how long it was open. */
  readonly durationMs: number;
  /** Why it failed or closed. */
  readonly error?: unknown;
}

/** Metadata came, a leader became known without asking, or the client went back to its first addresses. */
export interface MetadataEvent {
  readonly kind: "updated" | "failed" | "leader-learned" | "rebootstrapped";
  readonly clientId: string;
  readonly clusterId: string | null;
  readonly brokers: number;
  /** How many topics the answer was about. */
  readonly topics: number;
  /** Of `leader-learned`. */
  readonly partition?: TopicPartition;
  readonly error?: unknown;
}

/** A request on its way, and what came of it. */
export interface RequestTrace {
  /** Kafka's name, such as `Fetch`. */
  readonly api: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly broker: string;
  readonly nodeId: number;
  readonly clientId: string;
  readonly requestBytes: number;
  /** With the answer: its size, and the time since the request was given to the connection. */
  responseBytes?: number;
  durationMs?: number;
  error?: unknown;
}

/** A batch of records for one partition, from being sent until it is acknowledged or given up. */
export interface ProducerBatchTrace {
  readonly topic: string;
  readonly partition: number;
  readonly nodeId: number;
  readonly clientId: string;
  readonly records: number;
  /** As sent, so compressed. */
  readonly bytes: number;
  /** Before compression. */
  readonly uncompressedBytes: number;
  readonly compression: string;
  /** 1 for the first time it is sent. */
  readonly attempt: number;
  /** How long its first record had waited when it was sent. */
  readonly queuedMs: number;
  /** With the answer: offset of its first record (-1 with acks 0). */
  baseOffset?: number;
  durationMs?: number;
  error?: unknown;
}

/** A Fetch to one broker. */
export interface ConsumerFetchTrace {
  readonly nodeId: number;
  readonly clientId: string;
  /** `undefined` without a group. */
  readonly group?: string | undefined;
  /** Partitions that the request names; those of its session that did not change are not. */
  readonly partitions: number;
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** With the answer: bytes of records, as they were received, and partitions that had some. */
  bytes?: number;
  partitionsWithRecords?: number;
  durationMs?: number;
  error?: unknown;
}

/** Partitions came or went, or membership ended. */
export interface RebalanceEvent {
  readonly kind: "assigned" | "revoked" | "lost" | "failed";
  readonly group: string;
  readonly protocol: "classic" | "consumer" | "share";
  readonly memberId: string;
  /** Generation of a classic group, member epoch of a new one. */
  readonly generationId: number;
  readonly clientId: string;
  readonly partitions: readonly TopicPartition[];
  /** What the listeners took. */
  readonly durationMs: number;
  readonly error?: unknown;
}

/** Offsets stored for a group. */
export interface CommitTrace {
  readonly group: string;
  readonly memberId: string;
  readonly generationId: number;
  readonly clientId: string;
  readonly partitions: number;
  durationMs?: number;
  error?: unknown;
}

/** A channel of things that happen at one moment. */
export interface EventChannel<T> {
  /** The name to subscribe to. */
  readonly name: string;
  /** Ask before a payload is made. */
  readonly hasSubscribers: boolean;
  publish(event: T): void;
}

/** A channel of things that take time. The same object goes to all its calls. */
export interface TraceChannel<T extends { durationMs?: number; error?: unknown }> {
  /** The name for `tracingChannel`. */
  readonly name: string;
  /** Ask before a payload is made. */
  readonly hasSubscribers: boolean;
  /** It begins. */
  begin(trace: T): void;
  /** It came to its end; what is known by now stands in the payload. */
  finish(trace: T, durationMs: number): void;
  /** It failed. */
  fail(trace: T, durationMs: number, error: unknown): void;
}

class MomentChannel<T> implements EventChannel<T> {
  readonly name: string;
  readonly #channel: Channel;

  constructor(name: string) {
    this.name = name;
    this.#channel = channel(name);
  }

  get hasSubscribers(): boolean {
    return this.#channel.hasSubscribers;
  }

  publish(event: T): void {
    this.#channel.publish(event);
  }
}

class SpanChannel<
  T extends object & { durationMs?: number; error?: unknown },
> implements TraceChannel<T> {
  readonly name: string;
  readonly #channels: TracingChannel<unknown, T>;

  constructor(name: string) {
    this.name = name;
    this.#channels = tracingChannel<unknown, T>(name);
  }

  get hasSubscribers(): boolean {
    return this.#channels.hasSubscribers;
  }

  begin(trace: T): void {
    this.#channels.start.publish(trace);
    this.#channels.end.publish(trace);
  }

  finish(trace: T, durationMs: number): void {
    trace.durationMs = durationMs;
    this.#channels.asyncStart.publish(trace);
    this.#channels.asyncEnd.publish(trace);
  }

  fail(trace: T, durationMs: number, error: unknown): void {
    trace.error = error;
    this.#channels.error.publish(trace);
    this.finish(trace, durationMs);
  }
}

export const connectionChannel: EventChannel<ConnectionEvent> = new MomentChannel(
  "moldau:client:connection",
);
export const metadataChannel: EventChannel<MetadataEvent> = new MomentChannel(
  "moldau:client:metadata",
);
export const rebalanceChannel: EventChannel<RebalanceEvent> = new MomentChannel(
  "moldau:client:consumer:rebalance",
);
export const requestChannel: TraceChannel<RequestTrace> = new SpanChannel("moldau:client:request");
export const producerBatchChannel: TraceChannel<ProducerBatchTrace> = new SpanChannel(
  "moldau:client:producer:batch",
);
export const consumerFetchChannel: TraceChannel<ConsumerFetchTrace> = new SpanChannel(
  "moldau:client:consumer:fetch",
);
export const commitChannel: TraceChannel<CommitTrace> = new SpanChannel("moldau:client:commit");
