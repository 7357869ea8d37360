import { ZERO_UUID } from "../core/uuid.ts";
import { decodeMessage, encodeMessage } from "../protocol/codec.ts";
import { kraftVersionRecord } from "../protocol/records/common/kraft-version.ts";
import { leaderChangeMessage } from "../protocol/records/common/leader-change-message.ts";
import { snapshotFooterRecord } from "../protocol/records/common/snapshot-footer.ts";
import { snapshotHeaderRecord } from "../protocol/records/common/snapshot-header.ts";
import { votersRecord } from "../protocol/records/common/voters.ts";
import { BatchBuilder } from "../records/build.ts";
import { CorruptRecordsError } from "../records/errors.ts";
import type { RecordBatchView } from "../records/record-batch.ts";
import { VoterSet } from "./voter-set.ts";

/** A record that consensus writes for itself. */
export type ControlRecord =
  | {
      readonly kind: "leader-change";
      readonly leaderId: number;
      readonly voters: readonly number[];
      readonly grantingVoters: readonly number[];
    }
  | { readonly kind: "snapshot-header"; readonly lastContainedLogTimestampMs: number }
  | { readonly kind: "snapshot-footer" }
  | { readonly kind: "kraft-version"; readonly kraftVersion: number }
  | { readonly kind: "voters"; readonly voters: VoterSet };

const ControlType = {
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

const KEY_BYTES = 4;

/** One control batch of these records, uncompressed. */
export function buildControlRecords(
  records: readonly ControlRecord[],
  batch: { readonly baseOffset: number; readonly epoch: number; readonly timestampMs: number },
): Buffer {
  const builder = new BatchBuilder({
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.epoch,
    isControl: true,
  });
  for (const record of records) {
    const { type, value } = encodeControlRecord(record);
    const key = Buffer.alloc(KEY_BYTES);
    key.writeInt16BE(type, 2);
    builder.append({ timestamp: batch.timestampMs, key, value });
  }
  return builder.finish();
}

/** The control records of a batch; types of later versions are skipped, as Kafka's readers do. */
export function readControlRecords(batch: RecordBatchView): ControlRecord[] {
  const records: ControlRecord[] = [];
  for (const { key, value } of batch.records()) {
    if (key === null || key.length < KEY_BYTES || value === null) {
      throw new CorruptRecordsError("a control record without key or value");
    }
    const record = decodeControlRecord(key.readInt16BE(2), value);
    if (record !== undefined) records.push(record);
  }
  return records;
}

function encodeControlRecord(record: ControlRecord): {
  readonly type: number;
  readonly value: Buffer;
} {
  switch (record.kind) {
    case "leader-change": {
      const voters = record.voters.map((voterId) => ({ voterId, voterDirectoryId: ZERO_UUID }));
      const granting = record.grantingVoters.map((voterId) => ({
        voterId,
        voterDirectoryId: ZERO_UUID,
      }));
      const value = { version: 0, leaderId: record.leaderId, voters, grantingVoters: granting };
      return {
        type: ControlType.LEADER_CHANGE,
        value: encodeMessage(leaderChangeMessage, 0, value),
      };
    }
    case "snapshot-header": {
      const value = {
        version: 0,
        lastContainedLogTimestamp: record.lastContainedLogTimestampMs,
      };
      return {
        type: ControlType.SNAPSHOT_HEADER,
        value: encodeMessage(snapshotHeaderRecord, 0, value),
      };
    }
    case "snapshot-footer":
      return {
        type: ControlType.SNAPSHOT_FOOTER,
        value: encodeMessage(snapshotFooterRecord, 0, { version: 0 }),
      };
    case "kraft-version":
      return {
        type: ControlType.KRAFT_VERSION,
        value: encodeMessage(kraftVersionRecord, 0, {
          version: 0,
          kRaftVersion: record.kraftVersion,
        }),
      };
    case "voters":
      return { type: ControlType.KRAFT_VOTERS, value: encodeVoters(record.voters) };
  }
}

function encodeVoters(voters: VoterSet): Buffer {
  return encodeMessage(votersRecord, 0, {
    version: 0,
    voters: voters.voters.map((voter) => ({
      voterId: voter.id,
      voterDirectoryId: voter.directoryId,
      endpoints: voter.endpoints,
      kRaftVersionFeature: {
        minSupportedVersion: voter.kraftVersionMin,
        maxSupportedVersion: voter.kraftVersionMax,
      },
    })),
  });
}

function decodeControlRecord(type: number, value: Buffer): ControlRecord | undefined {
  switch (type) {
    case ControlType.LEADER_CHANGE: {
      const version = value.length >= 2 ? Math.min(value.readInt16BE(0), 1) : 0;
      const message = decodeMessage(leaderChangeMessage, version, value);
      return {
        kind: "leader-change",
        leaderId: message.leaderId,
        voters: message.voters.map(({ voterId }) => voterId),
        grantingVoters: message.grantingVoters.map(({ voterId }) => voterId),
      };
    }
    case ControlType.SNAPSHOT_HEADER: {
      const header = decodeMessage(snapshotHeaderRecord, 0, value);
      return {
        kind: "snapshot-header",
        lastContainedLogTimestampMs: header.lastContainedLogTimestamp,
      };
    }
    case ControlType.SNAPSHOT_FOOTER:
      return { kind: "snapshot-footer" };
    case ControlType.KRAFT_VERSION: {
      const { kRaftVersion } = decodeMessage(kraftVersionRecord, 0, value);
      return { kind: "kraft-version", kraftVersion: kRaftVersion };
    }
    case ControlType.KRAFT_VOTERS:
      return { kind: "voters", voters: decodeVoters(value) };
    default:
      return undefined;
  }
}

function decodeVoters(value: Buffer): VoterSet {
  const { voters } = decodeMessage(votersRecord, 0, value);
  return new VoterSet(
    voters.map((voter) => ({
      id: voter.voterId,
      directoryId: voter.voterDirectoryId,
      endpoints: voter.endpoints,
      kraftVersionMin: voter.kRaftVersionFeature.minSupportedVersion,
      kraftVersionMax: voter.kRaftVersionFeature.maxSupportedVersion,
    })),
  );
}
