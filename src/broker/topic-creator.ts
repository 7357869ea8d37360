import {
  effectiveReplicationFactor,
  type InternalReplicationSetting,
} from "../config/replication-factor.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { CreateTopicsRequest } from "../protocol/messages/create-topics.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { Controller } from "../controller/controller.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { Logger } from "../telemetry/logger.ts";
import {
  GROUP_METADATA_TOPIC,
  SHARE_GROUP_STATE_TOPIC,
  TRANSACTION_STATE_TOPIC,
} from "./internal-topics.ts";
import { ANONYMOUS, type Principal } from "./request-context.ts";

type CreatableTopic = CreateTopicsRequest["topics"][number];

const CREATION_TIMEOUT_MS = 30_000;
const CONTROLLER_DEFAULT = -1;

/** What is needed of a broker to create topics. */
export interface TopicCreatorHost {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly image: MetadataImage;
  readonly controller: Controller;
}

/**
 * Creates topics that nobody created: those that clients just use, and those that coordinators need.
 * Internal topics never ask for more replicas than the cluster has brokers.
 */
export class TopicCreator {
  readonly #broker: TopicCreatorHost;
  readonly #creating = new Map<string, Promise<void>>();
  readonly #warned = new Set<InternalReplicationSetting>();

  constructor(broker: TopicCreatorHost) {
    this.#broker = broker;
  }

  /** Resolves when each topic is there, or the controller has refused it. */
  async create(names: readonly string[], asking: { readonly principal: Principal }): Promise<void> {
    const pending: Promise<void>[] = [];
    const missing: string[] = [];
    for (const name of names) {
      const underWay = this.#creating.get(name);
      if (underWay === undefined) missing.push(name);
      else pending.push(underWay);
    }
    if (missing.length > 0) {
      const creation = this.#submit(missing, asking.principal);
      for (const name of missing) this.#creating.set(name, creation);
      pending.push(creation);
    }
    await Promise.all(pending);
  }

  /** Whether the internal topic is there, after creating it where it is not. */
  async ensure(topic: string): Promise<boolean> {
    if (this.#broker.image.topic(topic) !== undefined) return true;
    await this.create([topic], { principal: ANONYMOUS });
    return this.#broker.image.topic(topic) !== undefined;
  }

  async #submit(names: readonly string[], principal: Principal): Promise<void> {
    const { controller, logger } = this.#broker;
    try {
      const response = await controller.createTopics(
        {
          topics: names.map((name) => this.#describe(name)),
          timeoutMs: CREATION_TIMEOUT_MS,
          validateOnly: false,
        },
        { principal },
      );
      for (const { name, errorCode, errorMessage } of response.topics ?? []) {
        if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue;
        logger.warn(`topic ${name} was not created on first use: ${errorMessage ?? errorCode}`);
      }
    } finally {
      for (const name of names) this.#creating.delete(name);
    }
  }

  #describe(name: string): CreatableTopic {
    const { config } = this.#broker;
    const internal = internalTopic(name);
    if (internal === undefined) {
      return {
        name,
        numPartitions: CONTROLLER_DEFAULT,
        replicationFactor: CONTROLLER_DEFAULT,
        assignments: [],
        configs: [],
      };
    }
    return {
      name,
      numPartitions: config.get(internal.partitions),
      replicationFactor: this.#affordable(internal.replicationFactor),
      assignments: [],
      configs: internal.configs(config).map(([key, value]) => ({ name: key, value })),
    };
  }

  /** The wanted replication factor, or what the cluster can give; then with a warning, once. */
  #affordable(setting: InternalReplicationSetting): number {
    const { config, image, logger } = this.#broker;
    const brokers = [...image.brokers.values()].filter((broker) => !broker.fenced).length;
    const { replicationFactor, warning } = effectiveReplicationFactor(config, setting, brokers);
    if (warning !== undefined && !this.#warned.has(setting)) {
      this.#warned.add(setting);
      logger.warn(warning);
    }
    return replicationFactor;
  }
}

interface InternalTopic {
  readonly partitions:
    | "offsets.topic.num.partitions"
    | "transaction.state.log.num.partitions"
    | "share.coordinator.state.topic.num.partitions";
  readonly replicationFactor: InternalReplicationSetting;
  readonly configs: (config: BrokerConfig) => readonly (readonly [string, string])[];
}

function internalTopic(name: string): InternalTopic | undefined {
  switch (name) {
    case GROUP_METADATA_TOPIC:
      return {
        partitions: "offsets.topic.num.partitions",
        replicationFactor: "offsets.topic.replication.factor",
        configs: (config) => [
          ["compression.type", "producer"],
          ["cleanup.policy", "compact"],
          ["segment.bytes", String(config.get("offsets.topic.segment.bytes"))],
        ],
      };
    case TRANSACTION_STATE_TOPIC:
      return {
        partitions: "transaction.state.log.num.partitions",
        replicationFactor: "transaction.state.log.replication.factor",
        configs: (config) => [
          ["unclean.leader.election.enable", "false"],
          ["compression.type", "uncompressed"],
          ["cleanup.policy", "compact"],
          ["min.insync.replicas", String(config.get("transaction.state.log.min.isr"))],
          ["segment.bytes", String(config.get("transaction.state.log.segment.bytes"))],
        ],
      };
    case SHARE_GROUP_STATE_TOPIC:
      return {
        partitions: "share.coordinator.state.topic.num.partitions",
        replicationFactor: "share.coordinator.state.topic.replication.factor",
        configs: (config) => [
          ["cleanup.policy", "delete"],
          ["retention.ms", "-1"],
          ["compression.type", "producer"],
          ["segment.bytes", String(config.get("share.coordinator.state.topic.segment.bytes"))],
          ["min.insync.replicas", String(config.get("share.coordinator.state.topic.min.isr"))],
        ],
      };
    default:
      return undefined;
  }
}
