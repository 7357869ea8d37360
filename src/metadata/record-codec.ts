import { messageOf } from "../core/errors.ts";
import {
  clusterRecordSchemas,
  MetadataReplayError,
  type ClusterRecord,
  type ClusterRecordKind,
} from "./cluster-record.ts";
import { decodeMessage, encodeMessage } from "../protocol/codec.ts";
import { supportsVersion } from "../protocol/layout.ts";
import type { AnyMessage } from "../protocol/schema.ts";

/**
 * A record as it stands in the value of a log record: unsigned varints of the frame version (1), the
 * record type and its version, then the body.
 */
const FRAME_VERSION = 1;

const kinds = new Map<number, ClusterRecordKind>();
for (const kind of Object.keys(clusterRecordSchemas) as ClusterRecordKind[]) {
  const { apiKey } = clusterRecordSchemas[kind].traits;
  if (apiKey !== undefined) kinds.set(apiKey, kind);
}

export function encodeClusterRecord(record: ClusterRecord): Buffer {
  const schema: AnyMessage = clusterRecordSchemas[record.kind];
  const body = encodeMessage(schema, record.version, record.value as never);
  const head: number[] = [];
  pushVarint(head, FRAME_VERSION);
  pushVarint(head, schema.traits.apiKey ?? 0);
  pushVarint(head, record.version);
  return Buffer.concat([Buffer.from(head), body]);
}

/**
 * Reads a record, which shares nothing with `bytes`.
 * @throws MetadataReplayError for a frame, type or version that is not known, and for a damaged body
 */
export function decodeClusterRecord(bytes: Buffer): ClusterRecord {
  const frame = readVarint(bytes, 0);
  if (frame.value !== FRAME_VERSION) {
    throw new MetadataReplayError(`a metadata record has frame version ${frame.value}`);
  }
  const type = readVarint(bytes, frame.next);
  const version = readVarint(bytes, type.next);
  const kind = kinds.get(type.value);
  if (kind === undefined) {
    throw new MetadataReplayError(`a metadata record has the unknown type ${type.value}`);
  }
  const schema: AnyMessage = clusterRecordSchemas[kind];
  if (!supportsVersion(schema, version.value)) {
    throw new MetadataReplayError(`${kind} has the unknown version ${version.value}`);
  }
  try {
    const value = decodeMessage(schema, version.value, bytes.subarray(version.next));
    return detached({ kind, version: version.value, value } as ClusterRecord);
  } catch (thrown) {
    throw new MetadataReplayError(`${kind} cannot be read: ${messageOf(thrown)}`, thrown);
  }
}

/** Decoded bytes are views of a log buffer that is not kept. */
function detached(record: ClusterRecord): ClusterRecord {
  if (record.kind !== "UserScramCredentialRecord") return record;
  const { salt, storedKey, serverKey } = record.value;
  const value = {
    ...record.value,
    salt: Buffer.from(salt),
    storedKey: Buffer.from(storedKey),
    serverKey: Buffer.from(serverKey),
  };
  return { ...record, value };
}

function pushVarint(target: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    target.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  target.push(rest);
}

/** Types and versions are small: more than three bytes is damage. */
function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 3; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  throw new MetadataReplayError("a metadata record is cut short");
}
