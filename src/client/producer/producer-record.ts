import type { Headers, HeadersInput, HeaderValue } from "../topics/headers.ts";
import type { AnyTopic, Topic } from "../topics/topic.ts";

/** A record for a topic that is given by its name: key and value are bytes, or text as UTF-8. */
export interface RawRecord {
  /** Records with the same key go to the same partition. Default null: no key. */
  readonly key?: Uint8Array | string | null | undefined;
  readonly value: Uint8Array | string | null;
  readonly headers?: HeadersInput | Headers | undefined;
  /** Default: chosen by the partitioner. */
  readonly partition?: number | undefined;
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number | undefined;
}

/** Headers beside those that a topic declares. */
type OtherHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;

type HeadersPart<H> =
  Readonly<Record<never, never>> extends H
    ? { readonly headers?: (H & OtherHeaders) | HeadersInput | Headers | undefined }
    : { readonly headers: H & OtherHeaders };

/** A record for a typed topic: what its codecs take. */
export type TopicRecord<T> =
  T extends Topic<infer K, infer _KeyOut, infer V, infer _ValueOut, infer H>
    ? {
        /** Records with the same key go to the same partition. Default null: no key. */
        readonly key?: K | null | undefined;
        readonly value: V;
        /** Default: chosen by the partitioner. */
        readonly partition?: number | undefined;
        /** Milliseconds since 1970; default now. */
        readonly timestamp?: number | undefined;
      } & HeadersPart<H>
    : never;

/** What a producer sends to: a typed topic, or the name of one. */
export type TopicLike = string | AnyTopic;

/** What a producer takes for a topic. */
export type RecordFor<T extends TopicLike> = T extends string ? RawRecord : TopicRecord<T>;

/** Any record, before it is known what its topic takes. */
export interface UntypedRecord {
  readonly key?: unknown;
  readonly value: unknown;
  readonly headers?: HeadersInput | Headers | undefined;
  readonly partition?: number | undefined;
  readonly timestamp?: number | undefined;
}

/** Where a record went. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not say: acks 0, or a retry of what had been written before. */
  readonly offset: number;
  /** Milliseconds since 1970: the record's own, or the broker's with `message.timestamp.type=LogAppendTime`. */
  readonly timestamp: number;
}
