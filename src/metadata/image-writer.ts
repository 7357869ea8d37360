import { supports, METADATA_VERSION, recordVersionsAt } from "./features.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import type { BrokerImage, ControllerImage, MetadataImage, PartitionImage } from "./image.ts";
import { assert } from "../core/assert.ts";

/**
 * The records that make this image out of nothing: what a snapshot holds, in Kafka's order of groups.
 * An ability that the image's metadata.version lacks is left out, as Kafka does.
 */
export function* recordsOfImage(image: MetadataImage): IterableIterator<ClusterRecord> {
  const { metadataVersion } = image.features;
  assert(metadataVersion !== undefined, "an image without metadata.version has no snapshot");
  yield* featureRecords(image, metadataVersion);
  for (const broker of sortedById(image.brokers)) yield registerBroker(broker, metadataVersion);
  if (supports(metadataVersion, "controllerRegistration")) {
    for (const controller of sortedById(image.controllers)) yield registerController(controller);
  }
  for (const topic of image.topicsById.values()) {
    yield { kind: "TopicRecord", version: 0, value: { name: topic.name, topicId: topic.id } };
    for (const [index, partition] of topic.partitions.entries()) {
      yield partitionRecord(topic.id, index, partition, metadataVersion);
    }
  }
  for (const { type, name: resourceName, values } of image.configs.values()) {
    for (const [name, value] of values) {
      const config = { resourceType: type, resourceName, name, value };
      yield { kind: "ConfigRecord", version: 0, value: config };
    }
  }
  yield* quotaAndProducerRecords(image);
  for (const acl of image.acls.values()) {
    yield { kind: "AccessControlEntryRecord", version: 0, value: acl };
  }
  yield* credentialRecords(image, metadataVersion);
}

function* featureRecords(
  image: MetadataImage,
  metadataVersion: number,
): IterableIterator<ClusterRecord> {
  yield featureLevelRecord(METADATA_VERSION, metadataVersion);
  for (const [name, level] of image.features.levels) yield featureLevelRecord(name, level);
}

function* quotaAndProducerRecords(image: MetadataImage): IterableIterator<ClusterRecord> {
  for (const quota of image.clientQuotas.values()) {
    const entity = [...quota.entity].map(([entityType, entityName]) => ({
      entityType,
      entityName,
    }));
    for (const [key, value] of quota.values) {
      yield { kind: "ClientQuotaRecord", version: 0, value: { entity, key, value, remove: false } };
    }
  }
  if (image.nextProducerId >= 0) {
    const value = { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId };
    yield { kind: "ProducerIdsRecord", version: 0, value };
  }
}

function* credentialRecords(
  image: MetadataImage,
  metadataVersion: number,
): IterableIterator<ClusterRecord> {
  if (supports(metadataVersion, "scram")) {
    for (const { user, ...credential } of image.scram.values()) {
      yield {
        kind: "UserScramCredentialRecord",
        version: 0,
        value: { name: user, ...credential },
      };
    }
  }
  if (!supports(metadataVersion, "delegationTokens")) return;
  for (const token of image.delegationTokens.values()) {
    yield {
      kind: "DelegationTokenRecord",
      version: 0,
      value: {
        tokenId: token.tokenId,
        owner: token.owner,
        requester: token.requester,
        renewers: token.renewers,
        issueTimestamp: token.issueTimestampMs,
        maxTimestamp: token.maxTimestampMs,
        expirationTimestamp: token.expirationTimestampMs,
      },
    };
  }
}

export function featureLevelRecord(name: string, featureLevel: number): ClusterRecord {
  return { kind: "FeatureLevelRecord", version: 0, value: { name, featureLevel } };
}

/** The registration of a broker as a record of this metadata.version. */
export function registerBroker(broker: BrokerImage, metadataVersion: number): ClusterRecord {
  return {
    kind: "RegisterBrokerRecord",
    version: recordVersionsAt(metadataVersion).registerBroker,
    value: {
      brokerId: broker.id,
      isMigratingZkBroker: broker.isMigratingZkBroker,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: broker.endpoints,
      features: broker.features.map(featureOfRange),
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: supports(metadataVersion, "directoryAssignment") ? broker.logDirs : [],
      cordonedLogDirs: supports(metadataVersion, "cordonedLogDirs") ? broker.cordonedLogDirs : null,
    },
  };
}

export function registerController(controller: ControllerImage): ClusterRecord {
  return {
    kind: "RegisterControllerRecord",
    version: 0,
    value: {
      controllerId: controller.id,
      incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.endpoints,
      features: controller.features.map(featureOfRange),
    },
  };
}

/** A whole partition as a record of this metadata.version. */
export function partitionRecord(
  topicId: string,
  partitionId: number,
  partition: PartitionImage,
  metadataVersion: number,
): ClusterRecord {
  const elr = supports(metadataVersion, "eligibleLeaderReplicas");
  const orNull = (ids: readonly number[]): readonly number[] | null =>
    elr && ids.length > 0 ? ids : null;
  return {
    kind: "PartitionRecord",
    version: recordVersionsAt(metadataVersion).partition,
    value: {
      partitionId,
      topicId,
      replicas: partition.replicas,
      isr: partition.isr,
      removingReplicas: partition.removingReplicas,
      addingReplicas: partition.addingReplicas,
      leader: partition.leader,
      leaderRecoveryState: partition.leaderRecovering ? 1 : 0,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      directories: supports(metadataVersion, "directoryAssignment") ? partition.directories : [],
      eligibleLeaderReplicas: orNull(partition.eligibleLeaderReplicas),
      lastKnownElr: orNull(partition.lastKnownElr),
    },
  };
}

function featureOfRange(range: {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}) {
  return {
    name: range.name,
    minSupportedVersion: range.min,
    maxSupportedVersion: range.max,
  };
}

function sortedById<T extends { readonly id: number }>(map: ReadonlyMap<number, T>): T[] {
  return [...map.values()].sort((a, b) => a.id - b.id);
}
