import type { ClusterRecord } from "./cluster-record.ts";

/** Records of one batch of the metadata log. A control batch of consensus has none. */
export interface MetadataBatch {
  readonly baseOffset: number;
  /** Offset of the last record of the batch. */
  readonly lastOffset: number;
  readonly epoch: number;
  readonly appendTimestampMs: number;
  readonly records: readonly ClusterRecord[];
}
