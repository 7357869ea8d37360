import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { recordsOfImage } from "../metadata/image-writer.ts";
import { MetadataDelta } from "../metadata/delta.ts";
import { ConfigResourceType, MetadataImage } from "../metadata/image.ts";
import { MetadataState } from "../metadata/metadata-state.ts";
import { decodeClusterRecord, encodeClusterRecord } from "../metadata/record-codec.ts";
import { readControlRecords, buildControlRecords } from "../raft/control-records.ts";
import { decodeQuorumState, encodeQuorumState } from "../raft/quorum-state.ts";
import { parseSnapshotFileName, readSnapshot, SnapshotBuilder } from "../raft/snapshot.ts";
import { batchesIn } from "../records/record-batch.ts";

const fixture = join(import.meta.dirname, "../../test/fixtures/data-directory");
const folder = mkdtempSync(join(tmpdir(), "metadata-sample-"));
after(() => rmSync(folder, { recursive: true }));
const archive = join(fixture, "data-directory.tar.gz");
const wanted = ["clean", "killed"].map((tree) => `${tree}/__cluster_metadata-0`);
execFileSync("tar", ["xzf", archive, "-C", folder, ...wanted]);

interface Batch {
  readonly baseOffset: number;
  readonly records: readonly { readonly type?: string; readonly version: number }[];
}

interface Tree {
  readonly quorumState: unknown;
  readonly metadataLog: { readonly endOffset: number; readonly batchesWithoutNoOps: Batch[] };
  readonly metadataSnapshots: Readonly<Record<string, readonly Batch[]>>;
  readonly admin: {
    readonly features: Readonly<Record<string, number>>;
    readonly topics: Readonly<
      Record<string, { id: string; configs: Record<string, string>; partitions: number }>
    >;
    readonly clusterDefaultBrokerConfigs: Readonly<Record<string, string>>;
    readonly clientQuotas: Readonly<Record<string, Record<string, number>>>;
    readonly scramUsers: readonly string[];
  };
}

const facts = JSON.parse(readFileSync(join(fixture, "data-directory.json"), "utf8")) as {
  readonly trees: Readonly<Record<string, Tree>>;
};

/** `UserScramCredentialRecord` of `USER_SCRAM_CREDENTIAL_RECORD`. */
function kindOf(type: string): string {
  const words = type.toLowerCase().split("_");
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

function assertTellsWhatAdminWasTold(image: MetadataImage, admin: Tree["admin"]): void {
  const features = Object.fromEntries(image.features.levels);
  assert.deepEqual(
    { ...features, "metadata.version": image.features.metadataVersion },
    admin.features,
  );
  assert.deepEqual([...image.topicsByName.keys()].sort(), Object.keys(admin.topics).sort());
  for (const [name, { id, configs, partitions }] of Object.entries(admin.topics)) {
    const topic = image.topic(name);
    assert.equal(topic?.id, id);
    assert.equal(image.topicById(id), topic);
    assert.equal(topic.partitions.length, partitions);
    const own = image.configsOf(ConfigResourceType.TOPIC, name);
    assert.deepEqual(Object.fromEntries(own), configs);
  }
  const defaults = image.configsOf(ConfigResourceType.BROKER, "");
  assert.deepEqual(Object.fromEntries(defaults), admin.clusterDefaultBrokerConfigs);
  const quotas: Record<string, Record<string, number>> = {};
  for (const { entity, values } of image.clientQuotas.values()) {
    const key = [...entity].map(([type, name]) => `${type}=${name}`).join(", ");
    quotas[`{${key}}`] = Object.fromEntries(values);
  }
  assert.deepEqual(quotas, admin.clientQuotas);
  assert.deepEqual(
    [...image.scram.values()].map(({ user }) => user),
    admin.scramUsers,
  );
}

for (const [name, tree] of Object.entries(facts.trees)) {
  const metadata = join(folder, name, "__cluster_metadata-0");
  const log = readFileSync(join(metadata, "00000000000000000000.log"));

  describe(`the metadata of the ${name} sample directory`, () => {
    test("every record of the log is written again byte for byte", () => {
      let batches = 0;
      for (const batch of batchesIn(log)) {
        batches++;
        if (batch.isControl) {
          const records = readControlRecords(batch);
          const { baseOffset, partitionLeaderEpoch: epoch, maxTimestamp: timestampMs } = batch;
          const written = buildControlRecords(records, { baseOffset, epoch, timestampMs });
          assert.deepEqual(written, batch.slice());
          continue;
        }
        for (const { value } of batch.records()) {
          assert.deepEqual(encodeClusterRecord(decodeClusterRecord(value!)), value);
        }
      }
      assert.ok(batches > 0);
    });

    test("the records are those Kafka's own reader saw", () => {
      const expected = new Map(tree.metadataLog.batchesWithoutNoOps.map((b) => [b.baseOffset, b]));
      for (const batch of batchesIn(log)) {
        const seen = expected.get(batch.baseOffset);
        if (seen === undefined || batch.isControl) continue;
        const records = [...batch.records()].map(({ value }) => decodeClusterRecord(value!));
        assert.deepEqual(
          records.map(({ kind, version }) => [kind, version]),
          seen.records.map(({ type, version }) => [kindOf(type!), version]),
        );
      }
    });

    test("the replayed log tells what an admin client was told", () => {
      const state = new MetadataState();
      let endOffset = 0;
      for (const batch of batchesIn(log)) {
        const records = batch.isControl
          ? []
          : [...batch.records()].map(({ value }) => decodeClusterRecord(value!));
        state.append({
          baseOffset: batch.baseOffset,
          lastOffset: batch.lastOffset,
          epoch: batch.partitionLeaderEpoch,
          appendTimestampMs: batch.maxTimestamp,
          records,
        });
        endOffset = batch.nextOffset;
      }
      state.replayed();
      state.commitTo(endOffset);
      assert.equal(endOffset, tree.metadataLog.endOffset);
      assertTellsWhatAdminWasTold(state.committed, tree.admin);
      const rewritten = new MetadataDelta(MetadataImage.empty);
      for (const record of recordsOfImage(state.committed)) rewritten.applyRecord(record);
      assertSameImage(rewritten.apply(state.committed.provenance), state.committed);
    });

    test("a snapshot is read, and written again byte for byte", () => {
      const snapshots = readdirSync(metadata).filter((file) => file.endsWith(".checkpoint"));
      assert.deepEqual(snapshots.sort(), Object.keys(tree.metadataSnapshots).sort());
      for (const file of snapshots) {
        const bytes = readFileSync(join(metadata, file));
        const snapshot = readSnapshot(bytes, parseSnapshotFileName(file)!, file);
        const timestamps = [...batchesIn(bytes)].map(({ maxTimestamp }) => maxTimestamp);
        const batches: Buffer[] = [];
        const builder = new SnapshotBuilder(snapshot, {
          nowMs: () => timestamps[batches.length]!,
          write: (batch) => batches.push(batch),
        });
        for (const value of snapshot.values) {
          builder.append(encodeClusterRecord(decodeClusterRecord(value)));
        }
        builder.finish();
        assert.deepEqual(Buffer.concat(batches), bytes);
      }
    });

    test("the newest snapshot and the log up to it make the same image", () => {
      const file = Object.keys(tree.metadataSnapshots).sort().at(-1)!;
      const id = parseSnapshotFileName(file)!;
      const snapshot = readSnapshot(readFileSync(join(metadata, file)), id, file);
      const fromSnapshot = new MetadataDelta(MetadataImage.empty);
      for (const value of snapshot.values) fromSnapshot.applyRecord(decodeClusterRecord(value));
      const fromLog = new MetadataDelta(MetadataImage.empty);
      for (const batch of batchesIn(log)) {
        if (batch.isControl || batch.lastOffset >= id.offset) continue;
        for (const { value } of batch.records()) fromLog.applyRecord(decodeClusterRecord(value!));
      }
      const { provenance } = MetadataImage.empty;
      assertSameImage(fromSnapshot.apply(provenance), fromLog.apply(provenance));
    });

    test("quorum-state is read, and written again byte for byte", () => {
      const bytes = readFileSync(join(metadata, "quorum-state"));
      assert.deepEqual(JSON.parse(bytes.toString()), tree.quorumState);
      const state = decodeQuorumState(bytes, "quorum-state");
      assert.deepEqual(encodeQuorumState(state, 0, [1]), bytes);
    });
  });
}

/** Images hold persistent maps; this compares what is in them. Kafka lists features in hash order. */
function assertSameImage(actual: MetadataImage, expected: MetadataImage): void {
  const sorted = (nodes: MetadataImage["brokers"] | MetadataImage["controllers"]): unknown =>
    [...nodes.values()].map((node) => ({
      ...node,
      features: node.features.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }));
  const content = (image: MetadataImage): unknown => ({
    features: image.features,
    topics: new Map(image.topicsById),
    names: new Map(image.topicsByName),
    brokers: sorted(image.brokers),
    controllers: sorted(image.controllers),
    configs: new Map(image.configs),
    clientQuotas: new Map(image.clientQuotas),
    nextProducerId: image.nextProducerId,
    acls: new Map(image.acls),
    scram: new Map(image.scram),
    delegationTokens: new Map(image.delegationTokens),
  });
  assert.deepEqual(content(actual), content(expected));
}
