import { unreachable } from "../core/assert.ts";
import type { PersistentMapDraft } from "../core/persistent-map.ts";
import type { Uuid } from "../core/uuid.ts";
import {
  MetadataReplayError,
  type ClusterRecord,
  type ClusterRecordValue,
} from "./cluster-record.ts";
import { METADATA_VERSION, METADATA_VERSION_LATEST, METADATA_VERSION_MIN } from "./features.ts";
import {
  configKey,
  ConfigResourceType,
  MetadataImage,
  quotaKey,
  scramKey,
  type AclImage,
  type BrokerImage,
  type ClientQuotaImage,
  type ConfigResourceImage,
  type ControllerImage,
  type DelegationTokenImage,
  type FeatureRange,
  type FeaturesImage,
  type Provenance,
  type ScramImage,
  type TopicImage,
} from "./image.ts";
import { TopicsDelta, type TopicDelta } from "./topics-delta.ts";

/**
 * What records change in an image. Listeners read what moved; `apply` makes the new image at the cost of
 * what changed. Records are applied in their order; one that does not fit the image is fatal
 * ({@link MetadataReplayError}): the log says something this program does not understand.
 */
export class MetadataDelta {
  readonly base: MetadataImage;
  readonly #topics: TopicsDelta;
  readonly #configs: PersistentMapDraft<ConfigResourceImage>;
  readonly #clientQuotas: PersistentMapDraft<ClientQuotaImage>;
  readonly #acls: PersistentMapDraft<AclImage>;
  readonly #scram: PersistentMapDraft<ScramImage>;
  readonly #tokens: PersistentMapDraft<DelegationTokenImage>;
  readonly #changedConfigs = new Map<string, ConfigResourceImage>();
  readonly #changedBrokers = new Set<number>();
  readonly #changedControllers = new Set<number>();
  readonly #changedFeatures = new Set<string>();
  readonly #changedQuotas = new Set<string>();
  readonly #changedAcls = new Set<Uuid>();
  readonly #changedScram = new Set<string>();
  readonly #changedTokens = new Set<string>();
  #brokers: Map<number, BrokerImage> | undefined;
  #controllers: Map<number, ControllerImage> | undefined;
  #levels: Map<string, number> | undefined;
  #metadataVersion: number | undefined;
  #nextProducerId: number;
  #isEmpty = true;

  constructor(base: MetadataImage) {
    this.base = base;
    this.#topics = new TopicsDelta(base);
    this.#configs = base.configs.draft();
    this.#clientQuotas = base.clientQuotas.draft();
    this.#acls = base.acls.draft();
    this.#scram = base.scram.draft();
    this.#tokens = base.delegationTokens.draft();
    this.#metadataVersion = base.features.metadataVersion;
    this.#nextProducerId = base.nextProducerId;
  }

  /** Whether no record was applied that could change anything. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Topics that are new or have new or changed partitions, by id. */
  get changedTopics(): ReadonlyMap<Uuid, TopicDelta> {
    return this.#topics.changed;
  }

  /** Topics that are gone, by id, as they were. */
  get deletedTopics(): ReadonlyMap<Uuid, TopicImage> {
    return this.#topics.deleted;
  }

  /** Resources whose configs changed, by `configKey`, as they are now. */
  get changedConfigs(): ReadonlyMap<string, ConfigResourceImage> {
    return this.#changedConfigs;
  }

  /** Registered, changed and unregistered brokers. */
  get changedBrokers(): ReadonlySet<number> {
    return this.#changedBrokers;
  }

  get changedControllers(): ReadonlySet<number> {
    return this.#changedControllers;
  }

  /** Names, `metadata.version` among them. */
  get changedFeatures(): ReadonlySet<string> {
    return this.#changedFeatures;
  }

  /** By `quotaKey`. */
  get changedClientQuotas(): ReadonlySet<string> {
    return this.#changedQuotas;
  }

  get changedAcls(): ReadonlySet<Uuid> {
    return this.#changedAcls;
  }

  /** By `scramKey`. */
  get changedScram(): ReadonlySet<string> {
    return this.#changedScram;
  }

  get changedDelegationTokens(): ReadonlySet<string> {
    return this.#changedTokens;
  }

  get producerIdsChanged(): boolean {
    return this.#nextProducerId !== this.base.nextProducerId;
  }

  applyRecord(record: ClusterRecord): void {
    if (record.kind !== "NoOpRecord") this.#isEmpty = false;
    switch (record.kind) {
      case "TopicRecord":
        return this.#topics.applyTopic(record.value);
      case "PartitionRecord":
        return this.#topics.applyPartition(record.value);
      case "PartitionChangeRecord":
        return this.#topics.applyPartitionChange(record.value);
      case "RemoveTopicRecord":
        return this.#removeConfigs(
          ConfigResourceType.TOPIC,
          this.#topics.applyRemoveTopic(record.value),
        );
      case "ClearElrRecord":
        return this.#topics.applyClearElr(record.value);
      case "ConfigRecord":
        return this.#applyConfig(record.value);
      case "FeatureLevelRecord":
        return this.#applyFeatureLevel(record.value);
      case "ProducerIdsRecord":
        this.#nextProducerId = record.value.nextProducerId;
        return;
      case "ClientQuotaRecord":
        return this.#applyClientQuota(record.value);
      case "NoOpRecord":
      case "ZkMigrationStateRecord":
      case "BeginTransactionRecord":
      case "EndTransactionRecord":
      case "AbortTransactionRecord":
        // Transactions are the business of MetadataState; ZooKeeper is gone.
        return;
      default:
        return this.#applyNodeOrSecurityRecord(record);
    }
  }

  #applyNodeOrSecurityRecord(
    record: Extract<
      ClusterRecord,
      {
        kind:
          | "RegisterBrokerRecord"
          | "UnregisterBrokerRecord"
          | "BrokerRegistrationChangeRecord"
          | "FenceBrokerRecord"
          | "UnfenceBrokerRecord"
          | "RegisterControllerRecord"
          | "UnregisterControllerRecord"
          | "AccessControlEntryRecord"
          | "RemoveAccessControlEntryRecord"
          | "UserScramCredentialRecord"
          | "RemoveUserScramCredentialRecord"
          | "DelegationTokenRecord"
          | "RemoveDelegationTokenRecord";
      }
    >,
  ): void {
    switch (record.kind) {
      case "RegisterBrokerRecord":
        return this.#setBroker(brokerOfRecord(record.value));
      case "UnregisterBrokerRecord":
        return this.#unregisterBroker(record.value);
      case "BrokerRegistrationChangeRecord":
        return this.#applyBrokerChange(record.value);
      case "FenceBrokerRecord":
        return this.#fence(record.value.id, record.value.epoch, true);
      case "UnfenceBrokerRecord":
        return this.#fence(record.value.id, record.value.epoch, false);
      case "RegisterControllerRecord":
        return this.#setController(controllerOfRecord(record.value));
      case "UnregisterControllerRecord":
        this.#controllerDraft().delete(record.value.controllerId);
        this.#changedControllers.add(record.value.controllerId);
        return;
      case "AccessControlEntryRecord":
        this.#acls.set(record.value.id, { ...record.value });
        this.#changedAcls.add(record.value.id);
        return;
      case "RemoveAccessControlEntryRecord":
        this.#acls.delete(record.value.id);
        this.#changedAcls.add(record.value.id);
        return;
      case "UserScramCredentialRecord":
        return this.#applyScram(record.value);
      case "RemoveUserScramCredentialRecord":
        return this.#removeScram(record.value.mechanism, record.value.name);
      case "DelegationTokenRecord":
        return this.#applyToken(record.value);
      case "RemoveDelegationTokenRecord":
        this.#tokens.delete(record.value.tokenId);
        this.#changedTokens.add(record.value.tokenId);
        return;
      default:
        return unreachable(record, "a record kind without effect");
    }
  }

  /** The image with all that was applied. May be called again after further records. */
  apply(provenance: Provenance): MetadataImage {
    const base = this.base;
    const features: FeaturesImage =
      this.#changedFeatures.size === 0
        ? base.features
        : {
            metadataVersion: this.#metadataVersion,
            levels: new Map(this.#levels ?? base.features.levels),
          };
    return new MetadataImage({
      provenance,
      features,
      ...this.#topics.finish(),
      brokers: this.#brokers === undefined ? base.brokers : new Map(this.#brokers),
      controllers: this.#controllers === undefined ? base.controllers : new Map(this.#controllers),
      configs: this.#configs.finish(),
      clientQuotas: this.#clientQuotas.finish(),
      nextProducerId: this.#nextProducerId,
      acls: this.#acls.finish(),
      scram: this.#scram.finish(),
      delegationTokens: this.#tokens.finish(),
    });
  }

  // ---- features and configs

  #applyFeatureLevel({ name, featureLevel }: ClusterRecordValue<"FeatureLevelRecord">): void {
    this.#changedFeatures.add(name);
    if (name !== METADATA_VERSION) {
      this.#levels ??= new Map(this.base.features.levels);
      if (featureLevel === 0) this.#levels.delete(name);
      else this.#levels.set(name, featureLevel);
      return;
    }
    if (featureLevel < METADATA_VERSION_MIN || featureLevel > METADATA_VERSION_LATEST) {
      throw new MetadataReplayError(
        `the cluster runs metadata.version ${featureLevel}; this program knows ` +
          `${METADATA_VERSION_MIN} to ${METADATA_VERSION_LATEST}`,
      );
    }
    this.#metadataVersion = featureLevel;
  }

  #applyConfig(value: ClusterRecordValue<"ConfigRecord">): void {
    const key = configKey(value.resourceType, value.resourceName);
    const before = this.#configs.get(key);
    const values = new Map(before?.values);
    if (value.value === null) values.delete(value.name);
    else values.set(value.name, value.value);
    const resource = { type: value.resourceType, name: value.resourceName, values };
    if (values.size === 0) this.#configs.delete(key);
    else this.#configs.set(key, resource);
    this.#changedConfigs.set(key, resource);
  }

  #removeConfigs(type: number, name: string): void {
    const key = configKey(type, name);
    if (!this.#configs.delete(key)) return;
    this.#changedConfigs.set(key, { type, name, values: new Map() });
  }

  #applyClientQuota(value: ClusterRecordValue<"ClientQuotaRecord">): void {
    const entity = new Map(value.entity.map((part) => [part.entityType, part.entityName]));
    const key = quotaKey(entity);
    const values = new Map(this.#clientQuotas.get(key)?.values);
    if (value.remove) values.delete(value.key);
    else values.set(value.key, value.value);
    if (values.size === 0) this.#clientQuotas.delete(key);
    else this.#clientQuotas.set(key, { entity, values });
    this.#changedQuotas.add(key);
  }

  // ---- brokers and controllers

  #brokerDraft(): Map<number, BrokerImage> {
    this.#brokers ??= new Map(this.base.brokers);
    return this.#brokers;
  }

  #controllerDraft(): Map<number, ControllerImage> {
    this.#controllers ??= new Map(this.base.controllers);
    return this.#controllers;
  }

  #setBroker(broker: BrokerImage): void {
    this.#brokerDraft().set(broker.id, broker);
    this.#changedBrokers.add(broker.id);
  }

  #setController(controller: ControllerImage): void {
    this.#controllerDraft().set(controller.id, controller);
    this.#changedControllers.add(controller.id);
  }

  #registered(id: number, epoch: number): BrokerImage {
    const broker = this.#brokerDraft().get(id);
    if (broker === undefined || broker.epoch !== epoch) {
      throw new MetadataReplayError(
        `a record names broker ${id} with epoch ${epoch}, which is not registered`,
      );
    }
    return broker;
  }

  #unregisterBroker(value: ClusterRecordValue<"UnregisterBrokerRecord">): void {
    this.#registered(value.brokerId, value.brokerEpoch);
    this.#brokerDraft().delete(value.brokerId);
    this.#changedBrokers.add(value.brokerId);
  }

  #fence(id: number, epoch: number, fenced: boolean): void {
    this.#setBroker({ ...this.#registered(id, epoch), fenced });
  }

  #applyBrokerChange(value: ClusterRecordValue<"BrokerRegistrationChangeRecord">): void {
    const before = this.#registered(value.brokerId, value.brokerEpoch);
    if (
      Math.abs(value.fenced) > 1 ||
      value.inControlledShutdown < 0 ||
      value.inControlledShutdown > 1
    ) {
      throw new MetadataReplayError("a broker registration changes to an unknown state");
    }
    this.#setBroker({
      ...before,
      fenced: value.fenced === 0 ? before.fenced : value.fenced === 1,
      inControlledShutdown: before.inControlledShutdown || value.inControlledShutdown === 1,
      logDirs: value.logDirs.length === 0 ? before.logDirs : value.logDirs,
      cordonedLogDirs: value.cordonedLogDirs ?? before.cordonedLogDirs,
    });
  }

  // ---- security

  #applyScram(value: ClusterRecordValue<"UserScramCredentialRecord">): void {
    const key = scramKey(value.mechanism, value.name);
    this.#scram.set(key, {
      user: value.name,
      mechanism: value.mechanism,
      salt: value.salt,
      storedKey: value.storedKey,
      serverKey: value.serverKey,
      iterations: value.iterations,
    });
    this.#changedScram.add(key);
  }

  #removeScram(mechanism: number, user: string): void {
    const key = scramKey(mechanism, user);
    this.#scram.delete(key);
    this.#changedScram.add(key);
  }

  #applyToken(value: ClusterRecordValue<"DelegationTokenRecord">): void {
    this.#tokens.set(value.tokenId, {
      tokenId: value.tokenId,
      owner: value.owner,
      requester: value.requester,
      renewers: value.renewers,
      issueTimestampMs: value.issueTimestamp,
      maxTimestampMs: value.maxTimestamp,
      expirationTimestampMs: value.expirationTimestamp,
    });
    this.#changedTokens.add(value.tokenId);
  }
}

function brokerOfRecord(value: ClusterRecordValue<"RegisterBrokerRecord">): BrokerImage {
  return {
    id: value.brokerId,
    epoch: value.brokerEpoch,
    incarnationId: value.incarnationId,
    endpoints: value.endPoints,
    features: value.features.map(featureRange),
    rack: value.rack,
    fenced: value.fenced,
    inControlledShutdown: value.inControlledShutdown,
    isMigratingZkBroker: value.isMigratingZkBroker,
    logDirs: value.logDirs,
    cordonedLogDirs: value.cordonedLogDirs,
  };
}

function controllerOfRecord(
  value: ClusterRecordValue<"RegisterControllerRecord">,
): ControllerImage {
  return {
    id: value.controllerId,
    incarnationId: value.incarnationId,
    zkMigrationReady: value.zkMigrationReady,
    endpoints: value.endPoints,
    features: value.features.map(featureRange),
  };
}

function featureRange(feature: {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}): FeatureRange {
  const { name, minSupportedVersion, maxSupportedVersion } = feature;
  return { name, min: minSupportedVersion, max: maxSupportedVersion };
}
