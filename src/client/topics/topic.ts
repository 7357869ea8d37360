import { MoldauError } from "../../core/errors.ts";
import { codecOf, type Codec, type CodecLike, type InputOf, type OutputOf } from "./codec.ts";

/** Headers of a typed topic by name; with a `?` they may be missing. All are UTF-8 text. */
export type HeaderShape = Readonly<Record<string, "string" | "string?">>;

/** The typed headers of a record. */
export type HeadersOf<H extends HeaderShape> = {
  readonly [N in keyof H as H[N] extends "string" ? N : never]: string;
} & {
  readonly [N in keyof H as H[N] extends "string?" ? N : never]?: string | undefined;
};

/** What {@link topic} takes. */
export interface TopicOptions<
  K extends CodecLike,
  V extends CodecLike,
  H extends HeaderShape,
  C extends Readonly<Record<string, string | number | boolean>>,
> {
  /** Default `bytes`. Keys may always be null. */
  readonly key?: K;
  /** Default `bytes`. */
  readonly value?: V;
  /** Headers that programs rely on. Others may be sent and are received all the same. */
  readonly headers?: H;
  /** For `admin.ensure`. Default: the broker's `num.partitions`. */
  readonly partitions?: number;
  /** For `admin.ensure`. Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number;
  /** For `admin.ensure`: settings by Kafka's names, such as `cleanup.policy`. */
  readonly config?: C;
}

/** Whether tombstones are to be expected: a topic that is compacted. */
export type IsCompacted<C> = C extends { readonly "cleanup.policy": infer P }
  ? P extends `${string}compact${string}`
    ? true
    : false
  : false;

/**
 * A topic as a program knows it: its name, what its records are, and how it should be. A value without
 * any connection. `VIn` and `VOut` are what its values are to a producer and a consumer; on compacted
 * topics they may be null (a tombstone).
 */
export interface Topic<
  KIn = never,
  KOut = unknown,
  VIn = never,
  VOut = unknown,
  H = unknown,
  N extends string = string,
> {
  readonly kind: "topic";
  /** Its type is the very name, by which records of several topics are told apart. */
  readonly name: N;
  readonly key: Codec<KIn, KOut>;
  readonly value: Codec<Exclude<VIn, null>, Exclude<VOut, null>>;
  readonly headers: HeaderShape;
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  readonly config: Readonly<Record<string, string>>;
  /** A phantom, so that types can be inferred; never there. */
  readonly types?:
    | { readonly valueIn: (value: VIn) => void; readonly valueOut: VOut; readonly headers: H }
    | undefined;
}

/** Any typed topic. */
export type AnyTopic = Topic<never, unknown, never, unknown, unknown>;

type TombstoneOf<C> = IsCompacted<C> extends true ? null : never;

/**
 * Declares a topic: `topic("orders", { key: "string", value: json(Order) })`.
 *
 * @throws MoldauError `INVALID_TOPIC_EXCEPTION` for a name that Kafka does not allow
 */
export function topic<
  K extends CodecLike = "bytes",
  V extends CodecLike = "bytes",
  const H extends HeaderShape = Readonly<Record<never, never>>,
  const C extends Readonly<Record<string, string | number | boolean>> = Readonly<
    Record<never, never>
  >,
  const N extends string = string,
>(
  name: N,
  options: TopicOptions<K, V, H, C> = {},
): Topic<
  InputOf<K>,
  OutputOf<K>,
  InputOf<V> | TombstoneOf<C>,
  OutputOf<V> | TombstoneOf<C>,
  HeadersOf<H>,
  N
> {
  checkTopicName(name);
  const config: Record<string, string> = {};
  for (const [setting, value] of Object.entries(options.config ?? {})) config[setting] = `${value}`;
  return {
    kind: "topic",
    name,
    key: codecOf(options.key ?? "bytes") as Codec<InputOf<K>, OutputOf<K>>,
    value: codecOf(options.value ?? "bytes") as Codec<
      Exclude<InputOf<V> | TombstoneOf<C>, null>,
      Exclude<OutputOf<V> | TombstoneOf<C>, null>
    >,
    headers: options.headers ?? {},
    partitions: options.partitions,
    replicationFactor: options.replicationFactor,
    config,
  };
}

/** The most characters of a topic's name. */
const TOPIC_NAME_MAX = 249;

/** Throws for names that no broker takes. */
export function checkTopicName(name: string): void {
  const allowed = /^[a-zA-Z0-9._-]+$/.test(name) && name !== "." && name !== "..";
  if (allowed && name.length <= TOPIC_NAME_MAX) return;
  throw new MoldauError(`"${name}" is no name of a topic`, {
    code: "INVALID_TOPIC_EXCEPTION",
    remedy: `Letters, digits, ".", "_" and "-", at most ${TOPIC_NAME_MAX} of them.`,
  });
}
