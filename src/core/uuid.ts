/**
 * A Kafka uuid as its text: 22 characters of URL-safe base64 without padding over 16 bytes
 * (`org.apache.kafka.common.Uuid`). Text, because ids are keys of maps and parts of messages.
 */
export type Uuid = string;

/** All bits zero: "no id" on the wire. Also the directory id MIGRATING. */
export const ZERO_UUID: Uuid = "AAAAAAAAAAAAAAAAAAAAAA";
/** Topic id of `__cluster_metadata`; also the directory id UNASSIGNED. */
export const ONE_UUID: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ";
/** Topic id of `__cluster_metadata` (KIP-595). */
export const METADATA_TOPIC_ID: Uuid = ONE_UUID;
/** Directory ids below 100 have meanings of their own (KIP-858). */
export const DIRECTORY_MIGRATING: Uuid = ZERO_UUID;
export const DIRECTORY_UNASSIGNED: Uuid = ONE_UUID;
export const DIRECTORY_LOST: Uuid = "AAAAAAAAAAAAAAAAAAAAAg";

const UUID_BYTES = 16;
const RESERVED_IDS = 100;

/** The uuid at `offset` of `bytes`. */
export function readUuid(bytes: Buffer, offset: number): Uuid {
  return bytes.toString("base64url", offset, offset + UUID_BYTES);
}

/** The 16 bytes of a uuid, or `undefined` when the text is none. */
export function uuidBytes(uuid: Uuid): Buffer | undefined {
  if (uuid.length !== 22) return undefined;
  const bytes = Buffer.from(uuid, "base64url");
  return bytes.length === UUID_BYTES ? bytes : undefined;
}

/**
 * A random (version 4) uuid from 16 random bytes, which are changed. Like Kafka's, it is neither
 * reserved nor does its text begin with a dash; `undefined` asks for other bytes.
 */
export function uuidFromRandom(bytes: Buffer): Uuid | undefined {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const uuid = readUuid(bytes, 0);
  return uuid.startsWith("-") || isReservedUuid(uuid) ? undefined : uuid;
}

/** Whether the id is one of the first 100, which Kafka keeps for meanings of its own. */
export function isReservedUuid(uuid: Uuid): boolean {
  const bytes = uuidBytes(uuid);
  if (bytes === undefined) return false;
  return bytes.readBigUInt64BE(0) === 0n && bytes.readBigUInt64BE(8) < BigInt(RESERVED_IDS);
}
