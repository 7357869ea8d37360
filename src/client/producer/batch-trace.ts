import { producerBatchChannel, type ProducerBatchTrace } from "../diagnostics/channels.ts";
import type { QueuedBatch } from "./producer-topic.ts";

/** Who sends, and how. */
export interface TraceDetails {
  readonly clientId: string;
  readonly nodeId: number;
  readonly compression: string;
  /** By the monotonic clock. */
  readonly nowMs: number;
}

/** Batches on their way that somebody listens to. */
const traces = new WeakMap<QueuedBatch, ProducerBatchTrace>();

/** Tells that a batch goes out, if somebody listens. */
export function traceSent(batch: QueuedBatch, details: TraceDetails): void {
  if (!producerBatchChannel.hasSubscribers) return;
  const { queue, count, sizeBytes, uncompressedBytes, attempts, createdMs } = batch;
  const { clientId, nodeId, compression, nowMs } = details;
  const trace: ProducerBatchTrace = {
    topic: queue.topic.name,
    partition: queue.partition,
    nodeId,
    clientId,
    records: count,
    bytes: sizeBytes,
    uncompressedBytes,
    compression,
    attempt: attempts,
    queuedMs: nowMs - createdMs,
  };
  traces.set(batch, trace);
  producerBatchChannel.begin(trace);
}

/** Tells that a batch was written. */
export function traceWritten(batch: QueuedBatch, nowMs: number, baseOffset: number): void {
  const trace = traces.get(batch);
  if (trace === undefined) return;
  traces.delete(batch);
  trace.baseOffset = baseOffset;
  producerBatchChannel.finish(trace, nowMs - batch.sentMs);
}

/** Tells that it was not, or that nobody knows. */
export function traceFailed(batch: QueuedBatch, nowMs: number, error: unknown): void {
  const trace = traces.get(batch);
  if (trace === undefined) return;
  traces.delete(batch);
  producerBatchChannel.fail(trace, nowMs - batch.sentMs, error);
}
