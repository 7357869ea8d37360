import assert from "node:assert/strict";
import type { BrokerConfig } from "../config/broker-config.ts";
import { loadNodeConfig } from "../config/node-config.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { MetadataDelta } from "../metadata/delta.ts";
import { supportedFeatures } from "../metadata/features.ts";
import { recordsOfImage } from "../metadata/image-writer.ts";
import { MetadataImage } from "../metadata/image.ts";
import { decodeClusterRecord, encodeClusterRecord } from "../metadata/record-codec.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { seeded } from "../raft/quorum.fixture.ts";
import { decideBootstrap } from "./bootstrap.ts";
import { decideRegisterBroker, decideUnfenceBroker } from "./broker-registration.ts";
import type { ControllerState, Decision } from "./decision.ts";

export const CLUSTER_ID = "kqRcYTpmTYqc3Vb-Q2Zt0A";

export function seededRandom(seed: number): Random {
  const below = seeded(seed);
  return {
    below,
    bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))),
  };
}

/** A controller without log and clock: decisions take effect at once, and are checked. */
export class Machine {
  readonly config: BrokerConfig;
  readonly random: Random;
  image = MetadataImage.empty;
  nextOffset = 0;

  constructor(options: { readonly seed?: number; readonly settings?: readonly string[] } = {}) {
    const flags = { set: [...(options.settings ?? [])] };
    this.config = loadNodeConfig({ dataDirectory: "unused", flags }).config;
    this.random = seededRandom(options.seed ?? 1);
    this.run((state) => decideBootstrap(state, undefined));
  }

  get state(): ControllerState {
    const { image, nextOffset, random, config } = this;
    return { image, nextOffset, nowMs: 0, random, config };
  }

  /** Decides, applies, checks, and gives the reply. */
  run<R>(decide: (state: ControllerState) => Decision<R>): R {
    return this.decide(decide).reply;
  }

  decide<R>(decide: (state: ControllerState) => Decision<R>): Decision<R> {
    const decision = decide(this.state);
    this.apply(decision.records);
    return decision;
  }

  apply(records: readonly ClusterRecord[]): void {
    if (records.length === 0) return;
    const delta = new MetadataDelta(this.image);
    for (const record of records) {
      const stored = decodeClusterRecord(encodeClusterRecord(record));
      assert.deepEqual(stored, record, "a record does not survive being stored");
      delta.applyRecord(stored);
    }
    this.nextOffset += records.length;
    this.image = delta.apply({ offset: this.nextOffset - 1, epoch: 1, timestampMs: 0 });
    checkImage(this.image);
  }

  /** Registers a broker with one directory and lets it in. */
  addBroker(id: number, options: { readonly rack?: string; readonly fenced?: boolean } = {}): void {
    const registered = this.register(id, options.rack ?? null, -1);
    assert.equal(registered, ErrorCode.NONE);
    if (options.fenced !== true) this.run((state) => decideUnfenceBroker(state, id));
  }

  register(id: number, rack: string | null, previousBrokerEpoch: number): number {
    const bytes = this.random.bytes(16);
    bytes[0] = 1;
    const request = {
      brokerId: id,
      clusterId: CLUSTER_ID,
      incarnationId: bytes.toString("base64url"),
      listeners: [{ name: "PLAINTEXT", host: "broker", port: 9092, securityProtocol: 0 }],
      features: supportedFeatures.map(({ name, min, max }) => {
        return { name, minSupportedVersion: min, maxSupportedVersion: max };
      }),
      rack,
      isMigratingZkBroker: false,
      logDirs: [directoryOf(id)],
      previousBrokerEpoch,
    };
    return this.run((state) => decideRegisterBroker(state, CLUSTER_ID, request)).errorCode;
  }
}

/** A directory id of a broker. */
export function directoryOf(brokerId: number): string {
  const bytes = Buffer.alloc(16, 7);
  bytes.writeInt32BE(brokerId, 12);
  return bytes.toString("base64url");
}

/** What holds for every image that decisions make. */
export function checkImage(image: MetadataImage): void {
  assert.equal(image.topicsByName.size, image.topicsById.size);
  for (const topic of image.topicsByName.values()) {
    assert.equal(image.topicById(topic.id), topic);
    assert.ok(topic.partitions.length > 0);
    for (const partition of topic.partitions) {
      const { replicas, isr, leader, eligibleLeaderReplicas: elr } = partition;
      assert.equal(new Set(replicas).size, replicas.length, "a replica twice");
      assert.equal(partition.directories.length, replicas.length);
      assert.ok(
        isr.every((id) => replicas.includes(id)),
        "in sync without being a replica",
      );
      assert.ok(elr.every((id) => replicas.includes(id) && !isr.includes(id)));
      assert.ok(leader === -1 || isr.includes(leader), "a leader outside of the in-sync replicas");
      const broker = image.brokers.get(leader);
      const leads = broker?.fenced === false && !broker.inControlledShutdown;
      assert.ok(leader === -1 || leads, "a leader that is not active");
      for (const id of isr) {
        const member = image.brokers.get(id);
        assert.ok(isr.length === 1 || member?.fenced === false, "a fenced broker in sync");
      }
      if (isr.length === 0) assert.ok(elr.length > 0 || partition.lastKnownElr.length > 0);
    }
  }
  checkSnapshot(image);
}

/** The records of a snapshot make the same image. */
function checkSnapshot(image: MetadataImage): void {
  const delta = new MetadataDelta(MetadataImage.empty);
  for (const record of recordsOfImage(image)) delta.applyRecord(record);
  const loaded = delta.apply(image.provenance);
  assert.deepEqual(loaded.brokers, image.brokers);
  assert.deepEqual(loaded.features, image.features);
  assert.deepEqual(new Map(loaded.topicsById), new Map(image.topicsById));
  assert.deepEqual(new Map(loaded.configs), new Map(image.configs));
  assert.equal(loaded.nextProducerId, image.nextProducerId);
}
