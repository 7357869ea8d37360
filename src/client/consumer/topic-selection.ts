import { clientError, type KafkaError } from "../errors.ts";
import type { Subscription } from "../group/membership.ts";
import { checkTopicName, type AnyTopic, type Topic } from "../topics/topic.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { TopicDecoder } from "./topic-decoder.ts";

/** A topic as it is declared, or its name: then keys and values are bytes. */
export type TopicLike = AnyTopic | string;

/** What to read: a topic, several of them, or all whose name the pattern finds something in. */
export type TopicsToRead = TopicLike | readonly TopicLike[] | RegExp;

/** The records of topics; of several of them a union that `topic` tells apart. */
export type RecordOf<T> = T extends readonly (infer Each)[]
  ? RecordOf<Each>
  : T extends Topic<infer _KIn, infer KOut, infer _VIn, infer VOut, infer H, infer N>
    ? ConsumerRecord<KOut | null, VOut, H, N>
    : T extends string
      ? ConsumerRecord<Buffer | null, Buffer | null, Readonly<Record<never, never>>, T>
      : ConsumerRecord;

/** The topics of a consumer, as it was asked for them. */
export class TopicSelection {
  /** `undefined` for a pattern. */
  readonly names: readonly string[] | undefined;
  readonly #pattern: RegExp | undefined;
  readonly #decoders = new Map<string, TopicDecoder>();

  /** Throws a `KafkaError` `INVALID_ARGUMENT` for none, and for the same topic twice. */
  constructor(topics: TopicsToRead) {
    if (topics instanceof RegExp) {
      // Flags that remember a place would give another answer each time.
      this.#pattern = new RegExp(topics.source, topics.flags.replace(/[gy]/g, ""));
      this.names = undefined;
      return;
    }
    const list = isList(topics) ? topics : [topics];
    const names: string[] = [];
    for (const topic of list) {
      const name = typeof topic === "string" ? topic : topic.name;
      if (typeof topic === "string") checkTopicName(name);
      else this.#decoders.set(name, new TopicDecoder(topic));
      if (names.includes(name)) throw invalid(`topic ${name} is named twice`);
      names.push(name);
    }
    if (names.length === 0) throw invalid("no topic to consume is named");
    this.names = names;
  }

  decoderOf(topic: string): TopicDecoder | undefined {
    return this.#decoders.get(topic);
  }

  /** Whether a topic of this name is meant. Patterns never mean Kafka's own topics. */
  includes(topic: string, isInternal: boolean): boolean {
    if (this.names !== undefined) return this.names.includes(topic);
    return !isInternal && this.#pattern?.test(topic) === true;
  }

  /** For a group. Its patterns match names from end to end, in RE2's syntax. */
  subscription(): Subscription {
    if (this.names !== undefined) return { kind: "topics", topics: this.names };
    const { source = "", ignoreCase = false } = this.#pattern ?? {};
    return { kind: "pattern", pattern: `${ignoreCase ? "(?i)" : ""}.*(?:${source}).*` };
  }
}

function isList(topics: TopicLike | readonly TopicLike[]): topics is readonly TopicLike[] {
  return Array.isArray(topics);
}

function invalid(message: string): KafkaError {
  return clientError("INVALID_ARGUMENT", message);
}
