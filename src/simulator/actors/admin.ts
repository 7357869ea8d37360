import { ErrorCode } from "../../protocol/error-code.ts";
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from "../../protocol/messages/create-partitions.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../protocol/messages/create-topics.ts";
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from "../../protocol/messages/delete-records.ts";
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
} from "../../protocol/messages/delete-topics.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from "../../protocol/messages/describe-configs.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../../protocol/messages/incremental-alter-configs.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import type { ToldTopic } from "../checkers/metadata.ts";
import { PartitionHistory, TopicHistory } from "../history.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";
import { planConfigChange, planTopic, type TopicPlan } from "../topic-plan.ts";
import { Actor } from "./actor.ts";
import { EARLIEST, LATEST, listOffsets } from "./list-offsets.ts";

const TIMEOUT_MS = 10_000;
const TOPIC_CONFIG = 2;
const SET = 0;
/** Where topics have ids. */
const METADATA_VERSION_MIN = 10;
const DELETE_BY_ID_VERSION = 6;
const HIGH_WATERMARK = -1;
/** Of the topics that this one makes; others have others. */
const NAME = /^topic-\d+$/;

/** A topic of which it is not known whether it was created. */
interface MaybeTopic {
  readonly plan: TopicPlan;
  readonly incarnation: number;
}

/** Creates, changes and deletes topics, and asks about them. The only one who does. */
export class Admin extends Actor {
  readonly #maybe = new Map<string, MaybeTopic>();
  #count = 0;

  /** Looks what topics there are, and makes the first ones. */
  async begin(): Promise<void> {
    while (this.scene.history.topics.size < this.scene.plan.topicCount && !this.scene.isOver) {
      const client = await this.client();
      if (client === undefined) continue;
      if (this.#maybe.size > 0) await this.list(client);
      await this.#create(client);
    }
  }

  protected async act(): Promise<void> {
    const client = await this.client();
    if (client === undefined) return;
    const { random, scene } = this;
    const live = scene.history.liveTopics();
    const what = random.fraction();
    if (this.#maybe.size > 0 || what < 0.12) {
      await this.list(client);
      return;
    }
    const going = [...scene.history.topics.values()].find(({ state }) => state === "being deleted");
    if (going !== undefined) {
      await this.#delete(client, going);
      return;
    }
    if (live.length === 0 || (what < 0.17 && live.length <= scene.plan.topicCount)) {
      await this.#create(client);
      return;
    }
    const topic = random.pick(live);
    if (what < 0.2) await this.#delete(client, topic);
    else if (what < 0.25) await this.#addPartitions(client, topic);
    else if (what < 0.33) await this.#configure(client, topic);
    else if (what < 0.5) await this.#deleteRecords(client, random.pick(topic.partitions));
    else if (what < 0.6) await this.describeSettings(client, topic);
    else await this.#findOffsets(client, topic);
  }

  async #create(client: ActorConnection): Promise<void> {
    const { random, scene } = this;
    const isAgain = scene.plan.reusesNames && this.#count > 0 && random.chance(0.5);
    const name = `topic-${isAgain ? random.below(this.#count) : this.#count++}`;
    if (this.#maybe.has(name) || scene.history.topicNamed(name) !== undefined) return;
    const plan = planTopic(scene.plan, random);
    const { incarnation } = scene.broker;
    const answer = await client.call(
      createTopicsRequest,
      createTopicsResponse,
      {
        topics: [
          {
            name,
            numPartitions: plan.partitions,
            replicationFactor: 1,
            configs: [...plan.configs].map(([key, value]) => ({ name: key, value })),
          },
        ],
        timeoutMs: TIMEOUT_MS,
      },
      { version: client.versionOf(createTopicsRequest, 7), waitMs: TIMEOUT_MS },
    );
    if (answer === LOST) {
      this.#maybe.set(name, { plan, incarnation });
      return;
    }
    const [told] = answer.topics;
    const errorCode = told?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    scene.checkers.errors.told(`CreateTopics (${told?.errorMessage ?? ""})`, errorCode, undefined, [
      ErrorCode.REQUEST_TIMED_OUT,
      // A node that is about to end takes no more partitions.
      ...(scene.broker.isEnding ? [ErrorCode.INVALID_REPLICATION_FACTOR] : []),
    ]);
    if (errorCode === ErrorCode.REQUEST_TIMED_OUT) this.#maybe.set(name, { plan, incarnation });
    if (told === undefined || errorCode !== ErrorCode.NONE) return;
    this.#created(name, told.topicId, plan);
  }

  #created(name: string, id: string, plan: TopicPlan): void {
    const { history, checkers } = this.scene;
    const topic = new TopicHistory(name, id, plan);
    for (let i = 0; i < plan.partitions; i++) topic.partitions.push(new PartitionHistory(topic, i));
    for (const [key, value] of plan.configs) {
      checkers.metadata.set(topic, key, value);
      this.#noteRetention(topic, key, value);
    }
    history.topics.set(id, topic);
  }

  #noteRetention(topic: TopicHistory, name: string, value: string): void {
    if (name === "retention.ms") topic.retentionsMs.add(Number(value));
    if (name === "retention.bytes") topic.retentionsBytes.add(Number(value));
  }

  async #delete(client: ActorConnection, topic: TopicHistory): Promise<void> {
    topic.state = "being deleted";
    const version = client.versionOf(deleteTopicsRequest);
    const byId = version >= DELETE_BY_ID_VERSION;
    const answer = await client.call(
      deleteTopicsRequest,
      deleteTopicsResponse,
      {
        topics: byId ? [{ name: null, topicId: topic.id }] : [],
        topicNames: byId ? [] : [topic.name],
        timeoutMs: TIMEOUT_MS,
      },
      { version, waitMs: TIMEOUT_MS },
    );
    if (answer === LOST) return;
    const errorCode = answer.responses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    this.scene.checkers.errors.told("DeleteTopics", errorCode, topic, [
      ErrorCode.REQUEST_TIMED_OUT,
    ]);
    if (errorCode !== ErrorCode.REQUEST_TIMED_OUT) this.#deleted(topic);
  }

  #deleted(topic: TopicHistory): void {
    topic.state = "deleted";
    this.scene.history.emit({ kind: "topic deleted", topic });
  }

  async #addPartitions(client: ActorConnection, topic: TopicHistory): Promise<void> {
    const count = topic.partitions.length + 1;
    if (count > 4) return;
    const answer = await client.call(
      createPartitionsRequest,
      createPartitionsResponse,
      {
        topics: [{ name: topic.name, count, assignments: null }],
        timeoutMs: TIMEOUT_MS,
        validateOnly: false,
      },
      { waitMs: TIMEOUT_MS },
    );
    if (answer === LOST) return;
    const errorCode = answer.results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    this.scene.checkers.errors.told("CreatePartitions", errorCode, topic, [
      ErrorCode.REQUEST_TIMED_OUT,
      // An earlier request of which no answer came has made them.
      ErrorCode.INVALID_PARTITIONS,
      ...(this.scene.broker.isEnding ? [ErrorCode.INVALID_REPLICATION_FACTOR] : []),
    ]);
    if (errorCode === ErrorCode.NONE) topic.partitions.push(new PartitionHistory(topic, count - 1));
  }

  async #configure(client: ActorConnection, topic: TopicHistory): Promise<void> {
    const [name, value] = planConfigChange(this.random);
    const { metadata, errors } = this.scene.checkers;
    metadata.setting(topic, name, value);
    this.#noteRetention(topic, name, value);
    const answer = await client.call(
      incrementalAlterConfigsRequest,
      incrementalAlterConfigsResponse,
      {
        resources: [
          {
            resourceType: TOPIC_CONFIG,
            resourceName: topic.name,
            configs: [{ name, configOperation: SET, value }],
          },
        ],
        validateOnly: false,
      },
      { waitMs: TIMEOUT_MS },
    );
    if (answer === LOST) return;
    const errorCode = answer.responses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    errors.told("IncrementalAlterConfigs", errorCode, topic, [ErrorCode.REQUEST_TIMED_OUT]);
    if (errorCode === ErrorCode.NONE) metadata.set(topic, name, value);
  }

  async describeSettings(client: ActorConnection, topic: TopicHistory): Promise<void> {
    const { metadata, errors } = this.scene.checkers;
    const answer = await client.call(describeConfigsRequest, describeConfigsResponse, {
      resources: [
        {
          resourceType: TOPIC_CONFIG,
          resourceName: topic.name,
          configurationKeys: metadata.settingsOf(topic),
        },
      ],
    });
    if (answer === LOST) return;
    const [told] = answer.results;
    const errorCode = told?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    errors.told("DescribeConfigs", errorCode, topic);
    for (const { name, value } of told?.configs ?? []) metadata.toldSetting(topic, name, value);
  }

  async #deleteRecords(client: ActorConnection, partition: PartitionHistory): Promise<void> {
    const { random, scene } = this;
    const { topic, index, logStart, highWatermark } = partition;
    const isAll = random.chance(0.1);
    const offset = isAll
      ? HIGH_WATERMARK
      : random.between(logStart, Math.max(logStart, highWatermark));
    partition.deletionAskedTo = isAll ? Infinity : Math.max(partition.deletionAskedTo, offset);
    const answer = await client.call(
      deleteRecordsRequest,
      deleteRecordsResponse,
      {
        topics: [{ name: topic.name, partitions: [{ partitionIndex: index, offset }] }],
        timeoutMs: TIMEOUT_MS,
      },
      { waitMs: TIMEOUT_MS },
    );
    if (answer === LOST) return;
    const told = answer.topics[0]?.partitions[0];
    const errorCode = told?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    scene.checkers.errors.told("DeleteRecords", errorCode, topic, [
      ErrorCode.OFFSET_OUT_OF_RANGE,
      ErrorCode.REQUEST_TIMED_OUT,
    ]);
    if (told === undefined || errorCode !== ErrorCode.NONE) return;
    const { lowWatermark } = told;
    if (isAll) partition.deletionAskedTo = lowWatermark;
    scene.history.emit({ kind: "deletion acknowledged", partition, lowWatermark });
  }

  async #findOffsets(client: ActorConnection, topic: TopicHistory): Promise<void> {
    const { random, scene } = this;
    const what = random.below(3);
    if (what < 2) {
      await listOffsets(scene, client, topic.partitions, what === 0 ? LATEST : EARLIEST);
      return;
    }
    const partition = random.pick(topic.partitions);
    const acknowledged = [...partition.batches.values()].filter(
      ({ state }) => state === "acknowledged",
    );
    if (acknowledged.length === 0) return;
    const timestampMs = random.pick(acknowledged).timestampMs + random.between(-1, 3);
    const offsets = await listOffsets(scene, client, [partition], timestampMs);
    const found = offsets?.get(partition);
    const isCreateTime = !scene.checkers.metadata
      .settingsOf(topic)
      .includes("message.timestamp.type");
    const hasRetention = topic.retentionsMs.size > 0 || topic.retentionsBytes.size > 0;
    if (found === undefined || !isCreateTime || hasRetention || !topic.isLive) return;
    scene.checkers.offsetsByTime.found(partition, {
      timestampMs,
      offset: found.offset,
      foundMs: found.timestampMs,
      acknowledgedBefore: acknowledged.map(({ id }) => id),
    });
  }

  /** All topics that the node knows. */
  async list(client: ActorConnection): Promise<void> {
    const { history, broker, checkers } = this.scene;
    const expected = history.liveTopics();
    const gone = [...history.topics.values()].filter(({ state }) => state === "deleted");
    const { incarnation } = broker;
    const answer = await client.call(
      metadataRequest,
      metadataResponse,
      { topics: null, allowAutoTopicCreation: false },
      { version: client.versionOf(metadataRequest, METADATA_VERSION_MIN) },
    );
    if (answer === LOST) return;
    const topics = answer.topics
      .filter(({ name }) => NAME.test(name ?? ""))
      .map(({ name, topicId, partitions }): ToldTopic => ({
        name: name ?? "",
        id: topicId,
        partitions: partitions.length,
      }));
    checkers.metadata.told(topics, expected, gone);
    this.#settle(topics, incarnation);
  }

  /** Takes note of what became of requests that were not answered. */
  #settle(topics: readonly ToldTopic[], incarnation: number): void {
    const { history } = this.scene;
    for (const [name, maybe] of this.#maybe) {
      const found = topics.find((topic) => topic.name === name);
      if (found !== undefined && !history.topics.has(found.id)) {
        this.#created(name, found.id, maybe.plan);
      } else if (maybe.incarnation === incarnation) continue;
      this.#maybe.delete(name);
    }
    for (const { id, partitions } of topics) {
      const topic = history.topics.get(id);
      while (topic !== undefined && topic.partitions.length < partitions) {
        topic.partitions.push(new PartitionHistory(topic, topic.partitions.length));
      }
    }
    for (const topic of history.topics.values()) {
      const isThere = topics.some(({ id }) => id === topic.id);
      if (topic.state === "being deleted" && !isThere) this.#deleted(topic);
    }
  }
}
