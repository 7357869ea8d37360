/**
 * Records of `__consumer_offsets`. A key is an int16 type and a body; a value is an int16 version and
 * a body, or null, which deletes.
 */

import { unreachable } from "../../core/assert.ts";
import { MoldauError } from "../../core/errors.ts";
import { ZERO_UUID } from "../../core/uuid.ts";
import { codecOf, decodeMessage } from "../../protocol/codec.ts";
import {
  groupMetadataKey,
  groupMetadataValue,
  type GroupMetadataValue,
} from "../../protocol/records/group-coordinator/group-metadata.ts";
import { legacyOffsetCommitKey } from "../../protocol/records/group-coordinator/legacy-offset-commit.ts";
import {
  offsetCommitKey,
  offsetCommitValue,
  type OffsetCommitValue,
} from "../../protocol/records/group-coordinator/offset-commit.ts";
import { Writer } from "../../protocol/writer.ts";
import type { StoredRecord } from "../machine.ts";
import {
  decodeEpochGroupRecord,
  encodeEpochGroupKey,
  isEpochGroupRecordType,
  type EpochGroupRecord,
} from "./epoch-group-records.ts";

export interface OffsetCommitRecord {
  readonly kind: "offset-commit";
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  /** Null deletes the offset. */
  readonly value: OffsetCommitValue | null;
}

export interface GroupMetadataRecord {
  readonly kind: "group-metadata";
  readonly groupId: string;
  /** Null deletes the group. */
  readonly value: GroupMetadataValue | null;
}

export type GroupRecord = OffsetCommitRecord | GroupMetadataRecord | EpochGroupRecord;

const LEGACY_OFFSET_COMMIT = 0;
const OFFSET_COMMIT = 1;
const GROUP_METADATA = 2;
const KEY_VERSION = 0;
/** With the topic id as tagged field. */
const OFFSET_COMMIT_VERSION = 4;
/** The only version with an expire time. */
const OFFSET_COMMIT_EXPIRING_VERSION = 1;
const GROUP_METADATA_VERSION = 3;
/** An int16 stands before each body. */
const NUMBER_BYTES = 2;
const KEY_INITIAL_BYTES = 96;
const VALUE_INITIAL_BYTES = 64;

/** No expire time of its own: the retention of the broker counts. */
export const NO_EXPIRE_TIME = -1;

/** A record of a known type that cannot be understood. */
export class GroupRecordError extends MoldauError {
  override readonly name = "GroupRecordError";

  constructor(message: string) {
    super(message, {
      code: "GROUP_RECORD",
      remedy: "A newer version may have written it; start that version, or delete the group there.",
    });
  }
}

/** The record of the log; `undefined` when its type is not known. */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  if (key.length < NUMBER_BYTES) throw new GroupRecordError("a key without a type");
  const type = key.readInt16BE(0);
  const keyBody = key.subarray(NUMBER_BYTES);
  switch (type) {
    case LEGACY_OFFSET_COMMIT:
    case OFFSET_COMMIT: {
      // The older key differs in its number only, and the oldest value is the newer one's version 0.
      const schema = type === OFFSET_COMMIT ? offsetCommitKey : legacyOffsetCommitKey;
      const { group, topic, partition } = decodeMessage(schema, KEY_VERSION, keyBody);
      return {
        kind: "offset-commit",
        groupId: group,
        topic,
        partition,
        value: decodeValue(value, (version, body) =>
          decodeMessage(offsetCommitValue, version, body, "ignore"),
        ),
      };
    }
    case GROUP_METADATA: {
      const { group } = decodeMessage(groupMetadataKey, KEY_VERSION, keyBody);
      return {
        kind: "group-metadata",
        groupId: group,
        value: decodeValue(value, (version, body) =>
          decodeMessage(groupMetadataValue, version, body, "ignore"),
        ),
      };
    }
    default:
      if (!isEpochGroupRecordType(type)) return undefined;
      return decodeEpochGroupRecord(
        type,
        keyBody,
        decodeValue(value, (version, body) => ({ version, body })),
      );
  }
}

/** The bytes of a record, in the versions that Kafka 4.4 writes. */
export function encodeGroupRecord(record: GroupRecord): StoredRecord {
  switch (record.kind) {
    case "offset-commit": {
      const key = beginBody(OFFSET_COMMIT, KEY_INITIAL_BYTES);
      codecOf(offsetCommitKey, KEY_VERSION).encode(key, {
        group: record.groupId,
        topic: record.topic,
        partition: record.partition,
      });
      return { key: key.toBuffer(), value: encodeOffsetCommit(record.value) };
    }
    case "group-metadata": {
      const key = beginBody(GROUP_METADATA, KEY_INITIAL_BYTES);
      codecOf(groupMetadataKey, KEY_VERSION).encode(key, { group: record.groupId });
      if (record.value === null) return { key: key.toBuffer(), value: null };
      const value = beginBody(GROUP_METADATA_VERSION, VALUE_INITIAL_BYTES);
      codecOf(groupMetadataValue, GROUP_METADATA_VERSION).encode(value, record.value);
      return { key: key.toBuffer(), value: value.toBuffer() };
    }
    case "epoch-group": {
      if (record.fact !== null) {
        throw new GroupRecordError(`records of ${record.groupType} groups are only deleted`);
      }
      const key = beginBody(record.recordType, KEY_INITIAL_BYTES);
      key.writeRaw(encodeEpochGroupKey(record));
      return { key: key.toBuffer(), value: null };
    }
    default:
      return unreachable(record, "a record of no kind");
  }
}

/** Deletes an offset. */
export function offsetTombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { kind: "offset-commit", groupId, topic, partition, value: null };
}

/** Deletes a classic group; its offsets have tombstones of their own. */
export function groupTombstone(groupId: string): GroupRecord {
  return { kind: "group-metadata", groupId, value: null };
}

/** The topic of an offset, or the zero id where it was stored without one. */
export const NO_TOPIC_ID = ZERO_UUID;

function encodeOffsetCommit(value: OffsetCommitValue | null): Buffer | null {
  if (value === null) return null;
  const version =
    value.expireTimestamp === NO_EXPIRE_TIME
      ? OFFSET_COMMIT_VERSION
      : OFFSET_COMMIT_EXPIRING_VERSION;
  const writer = beginBody(version, VALUE_INITIAL_BYTES);
  codecOf(offsetCommitValue, version).encode(writer, value);
  return writer.toBuffer();
}

function beginBody(number: number, initialBytes: number): Writer {
  const writer = new Writer(initialBytes);
  writer.writeInt16(number);
  return writer;
}

function decodeValue<T>(
  value: Buffer | null,
  decode: (version: number, body: Buffer) => T,
): T | null {
  if (value === null) return null;
  if (value.length < NUMBER_BYTES) throw new GroupRecordError("a value without a version");
  return decode(value.readInt16BE(0), value.subarray(NUMBER_BYTES));
}
