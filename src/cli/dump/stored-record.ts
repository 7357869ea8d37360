import { messageOf } from "../../core/errors.ts";
import { decodeClusterRecord } from "../../metadata/record-codec.ts";
import { storedRecords } from "../../protocol/all-records.ts";
import { decodeMessage } from "../../protocol/codec.ts";
import type { AnyMessage } from "../../protocol/schema.ts";
import {
  GROUP_METADATA_TOPIC,
  METADATA_TOPIC,
  SHARE_STATE_TOPIC,
  TRANSACTION_STATE_TOPIC,
} from "./topics.ts";

/** What a record of one of Kafka's own topics says; the field names are those of its schemas. */
export interface StoredRecord {
  /** Of the schema, such as `PartitionRecord` or `OffsetCommitKey`. */
  readonly type: string;
  readonly version?: number;
  readonly key?: unknown;
  /** Null where the record deletes the key. */
  readonly value?: unknown;
  /** Why it could not be read. */
  readonly error?: string;
}

const modules = new Map<string, readonly AnyMessage[]>([
  [GROUP_METADATA_TOPIC, storedRecords["group-coordinator"]],
  [TRANSACTION_STATE_TOPIC, storedRecords["transaction-coordinator"]],
  [SHARE_STATE_TOPIC, storedRecords["share-coordinator"]],
]);

/** Reads a record of one of Kafka's own topics; `undefined` for other topics. */
export function decodeStored(
  topic: string,
  key: Buffer | null,
  value: Buffer | null,
): StoredRecord | undefined {
  try {
    if (topic === METADATA_TOPIC) return value === null ? undefined : metadataRecord(value);
    const messages = modules.get(topic);
    return messages === undefined || key === null
      ? undefined
      : coordinatorRecord(messages, key, value);
  } catch (thrown) {
    return { type: "unreadable", error: messageOf(thrown) };
  }
}

function metadataRecord(bytes: Buffer): StoredRecord {
  const { kind, version, value } = decodeClusterRecord(bytes);
  return { type: kind, version, value };
}

/** A key is an int16 type and a body of version 0; a value is an int16 version and a body. */
function coordinatorRecord(
  messages: readonly AnyMessage[],
  key: Buffer,
  value: Buffer | null,
): StoredRecord {
  const type = key.readInt16BE(0);
  const of = (kind: string): AnyMessage | undefined =>
    messages.find(({ traits }) => traits.kind === kind && traits.apiKey === type);
  const keySchema = of("coordinator-key");
  const valueSchema = of("coordinator-value");
  if (keySchema === undefined) return { type: `unknown type ${type}` };
  const read = { type: keySchema.name, key: decodeMessage(keySchema, 0, key.subarray(2)) };
  if (value === null || valueSchema === undefined) return { ...read, value: null };
  const version = value.readInt16BE(0);
  return { ...read, version, value: decodeMessage(valueSchema, version, value.subarray(2)) };
}

const controlNames: Readonly<Record<number, string>> = {
  0: "abort marker",
  1: "commit marker",
  2: "LeaderChangeMessage",
  3: "SnapshotHeaderRecord",
  4: "SnapshotFooterRecord",
  5: "KRaftVersionRecord",
  6: "VotersRecord",
};

/** Reads a control record: what ends a transaction, and what consensus writes for itself. */
export function decodeControl(key: Buffer | null, value: Buffer | null): StoredRecord {
  if (key === null || key.length < 4)
    return { type: "unreadable", error: "a key that is too short" };
  const type = key.readInt16BE(2);
  const name = controlNames[type] ?? `unknown type ${type}`;
  const schemaName = type <= 1 ? "EndTxnMarker" : name;
  const schema: AnyMessage | undefined = storedRecords.common.find(
    (message) => message.name === schemaName,
  );
  if (schema === undefined || value === null) return { type: name };
  try {
    const version = value.readInt16BE(0);
    // The schemas of consensus have the version among their fields, that of the markers has not.
    const body = type <= 1 ? value.subarray(2) : value;
    return { type: name, version, value: decodeMessage(schema, version, body) };
  } catch (thrown) {
    return { type: name, error: messageOf(thrown) };
  }
}
