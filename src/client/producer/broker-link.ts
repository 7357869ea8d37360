import type { BrokerConnection } from "../cluster/connection.ts";
import type { PartitionQueue } from "./producer-topic.ts";

/** A broker that leads partitions of a producer: the connection to it, and the request that is being filled. */
export class BrokerLink {
  readonly nodeId: number;
  connection: BrokerConnection | undefined;
  isConnecting = false;
  /** Attempts to connect that failed, since one did not. */
  failures = 0;
  /** Requests without an answer. */
  inFlight = 0;
  /** By the monotonic clock: nothing is sent before, because it could not be reached or asked for rest (KIP-219). */
  notBeforeMs = 0;
  /** Partitions whose oldest batch goes into the next request. */
  readonly chosen: PartitionQueue[] = [];
  chosenBytes = 0;
  /** Partitions whose oldest batch would wait for more records, but goes along when there is a request. */
  readonly lingering: PartitionQueue[] = [];

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  /** The connection, if there is one and it lasts. */
  get open(): BrokerConnection | undefined {
    return this.connection?.isOpen === true ? this.connection : undefined;
  }

  /** Takes the oldest batch of a partition into the next request, if it fits; one always does. */
  choose(queue: PartitionQueue, bytesMax: number): void {
    const bytes = queue.pending[0]?.sizeBytes ?? 0;
    if (this.chosen.length > 0 && this.chosenBytes + bytes > bytesMax) return;
    this.chosen.push(queue);
    this.chosenBytes += bytes;
  }

  /** What was chosen; the next request is empty again. */
  takeChosen(): PartitionQueue[] {
    this.lingering.length = 0;
    this.chosenBytes = 0;
    return this.chosen.splice(0);
  }
}
