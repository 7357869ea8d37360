import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import {
  produceRequest,
  produceResponse,
  type ProduceRequestInput,
  type ProduceResponse,
} from "../../protocol/messages/produce.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { QueuedBatch } from "./producer-topic.ts";

/** Topics by id (KIP-516): a topic that was made anew meanwhile does not get the records of the old one. */
const byId = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse);
/** Topics by name; at version 12 a transaction is joined by writing (KIP-890). */
const byName = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 12);
/** The last version before that. */
const beforeImplicit = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 11);
const TOPIC_ID_VERSION = 13;
/** From here a partition is added to the transaction by writing to it. */
export const IMPLICIT_ADD_VERSION = 12;

export type PartitionResponse = ElementOf<
  ElementOf<ProduceResponse["responses"]>["partitionResponses"]
>;
type TopicData = NonNullable<ProduceRequestInput["topicData"]>[number];
type PartitionData = NonNullable<TopicData["partitionData"]>[number];

export interface ProduceParameters {
  readonly acks: number;
  readonly timeoutMs: number;
  readonly transactionalId: string | null;
  /** Whether partitions may be added to a transaction by writing to them. */
  readonly addsImplicitly: boolean;
}

/** Sealed batches on their way to one broker, at most one for each partition. */
export class ProduceRequest {
  readonly batches: readonly QueuedBatch[];
  readonly call: typeof byId;
  readonly body: ProduceRequestInput;
  /** Topic ids of the batches when they were sent, or their names: what answers are told by. */
  readonly #topics: readonly string[];
  readonly #isById: boolean;

  constructor(
    batches: readonly QueuedBatch[],
    connection: BrokerConnection,
    parameters: ProduceParameters,
  ) {
    const { acks, timeoutMs, transactionalId, addsImplicitly } = parameters;
    const mayGoById =
      addsImplicitly &&
      connection.versionOf(byId) === TOPIC_ID_VERSION &&
      batches.every((batch) => topicIdOf(batch) !== ZERO_UUID);
    this.batches = batches;
    this.#isById = mayGoById;
    this.#topics = batches.map((batch) => (mayGoById ? topicIdOf(batch) : batch.queue.topic.name));
    this.call = mayGoById ? byId : addsImplicitly ? byName : beforeImplicit;
    this.body = { transactionalId, acks, timeoutMs, topicData: this.#topicData() };
  }

  /** Calls `take` with each batch and its answer; `undefined` when the broker forgot it. */
  forEachAnswer(
    response: ProduceResponse,
    take: (batch: QueuedBatch, answer: PartitionResponse | undefined) => void,
  ): void {
    const answers = new Map<string, PartitionResponse>();
    for (const { name, topicId, partitionResponses } of response.responses) {
      const topic = this.#isById ? topicId : name;
      for (const answer of partitionResponses) answers.set(`${answer.index} ${topic}`, answer);
    }
    for (const [place, batch] of this.batches.entries()) {
      take(batch, answers.get(`${batch.queue.partition} ${this.#topics[place]!}`));
    }
  }

  #topicData(): TopicData[] {
    const topics = new Map<string, PartitionData[]>();
    for (const [place, batch] of this.batches.entries()) {
      const topic = this.#topics[place]!;
      const data = { index: batch.queue.partition, records: batch.bytes };
      const list = topics.get(topic);
      if (list === undefined) topics.set(topic, [data]);
      else list.push(data);
    }
    return [...topics].map(([topic, partitionData]) =>
      this.#isById ? { topicId: topic, partitionData } : { name: topic, partitionData },
    );
  }
}

function topicIdOf({ queue }: QueuedBatch): string {
  return queue.topic.metadata?.topicId ?? ZERO_UUID;
}
