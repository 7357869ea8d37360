/**
 * Requests for the fuzzer of a live node: values made from the schemas, with names, ids and numbers
 * that the node knows, so that they come as deep as they can; and the same bytes damaged.
 */

import { routes, type Route } from "../broker/handlers.ts";
import { ApiKey } from "../protocol/apis.ts";
import { damaged, lies, type Damage } from "../protocol/codec.fuzz.ts";
import { encodeRequest } from "../protocol/framing.ts";
import {
  layoutOf,
  type FieldLayout,
  type StructLayout,
  type TypeLayout,
} from "../protocol/layout.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { buildBatch } from "../records/build.ts";
import type { SimRandom } from "../simulator/sim-random.ts";

/** What requests name so that the node knows it. */
export interface Vocabulary {
  readonly topics: readonly string[];
  readonly topicIds: readonly string[];
  readonly groups: readonly string[];
  readonly members: readonly string[];
  readonly partitionsMax: number;
}

/** Bytes to be sent over one connection, and what may be expected of them. */
export interface FuzzCase {
  readonly kind: "valid" | "damaged" | "random body" | "lying length" | "truncated" | "noise";
  readonly bytes: Buffer;
  /** Whether the bytes are one frame to its end; only then an answer can be expected. */
  readonly isWhole: boolean;
  readonly api: string;
}

/** Requests of these APIs may wait for others before they are answered. */
const waitingApis: ReadonlySet<number> = new Set([
  ApiKey.FETCH,
  ApiKey.JOIN_GROUP,
  ApiKey.SYNC_GROUP,
]);

/** Whether the request of a frame may wait. */
export function mayWait(frame: Buffer): boolean {
  return frame.length >= 6 && waitingApis.has(frame.readInt16BE(4));
}

const ODD_PERCENT = 12;
const ELEMENTS_MAX = 3;
const DAMAGES_MAX = 3;

/** Makes cases; the same random stream and vocabulary give the same ones. */
export class RequestFuzzer {
  readonly #random: SimRandom;
  readonly #vocabulary: Vocabulary;
  #nextId = 1;

  constructor(random: SimRandom, vocabulary: Vocabulary) {
    this.#random = random;
    this.#vocabulary = vocabulary;
  }

  next(): FuzzCase {
    const random = this.#random;
    const route = random.pick(routes);
    const chosen = random.below(100);
    if (chosen < 40) return this.#whole("valid", route, this.#frame(route));
    if (chosen < 80) return this.#whole("damaged", route, this.#damaged(route));
    if (chosen < 86) return this.#whole("random body", route, this.#randomBody(route));
    if (chosen < 93) return { ...this.#broken("lying length", route), bytes: this.#lying(route) };
    if (chosen < 97) return { ...this.#broken("truncated", route), bytes: this.#truncated(route) };
    return { ...this.#broken("noise", route), bytes: random.bytes(random.between(1, 300)) };
  }

  #whole(kind: FuzzCase["kind"], route: Route, bytes: Buffer): FuzzCase {
    return { kind, bytes, isWhole: true, api: route.request.name };
  }

  #broken(kind: FuzzCase["kind"], route: Route): Omit<FuzzCase, "bytes"> {
    return { kind, isWhole: false, api: route.request.name };
  }

  /** A request that decodes, with its length. */
  #frame(route: Route): Buffer {
    const random = this.#random;
    const version = random.between(route.lowestVersion, route.maxVersion);
    const layout = layoutOf(route.request, version);
    const correlationId = this.#nextId++;
    const clientId = random.chance(0.9) ? "fuzzer" : random.chance(0.5) ? null : "";
    for (;;) {
      const value = this.#struct(layout);
      try {
        return Buffer.concat(
          encodeRequest(route.request, version, { correlationId, clientId }, value),
        );
      } catch (error) {
        // Some fields exclude each other.
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }

  #damaged(route: Route): Buffer {
    const frame = this.#frame(route);
    const count = this.#random.between(1, DAMAGES_MAX);
    const list = Array.from({ length: count }, () => this.#damage());
    // Of the header only the correlation id and what follows it, most of the time.
    const from = this.#random.chance(0.9) ? 12 : 4;
    const body = damaged(frame.subarray(from), list);
    const result = Buffer.concat([frame.subarray(0, from), body]);
    result.writeInt32BE(result.length - 4, 0);
    return result;
  }

  #damage(): Damage {
    const random = this.#random;
    const at = random.fraction();
    switch (random.below(5)) {
      case 0:
        return { kind: "flip", at, bit: random.below(8) };
      case 1:
        return { kind: "put", at, bytes: random.pick(lies) };
      case 2:
        return { kind: "insert", at, bytes: random.pick(lies) };
      case 3:
        return { kind: "remove", at, count: random.below(10) };
      default:
        return { kind: "cut", at };
    }
  }

  #randomBody(route: Route): Buffer {
    const random = this.#random;
    const body = random.bytes(random.below(400));
    const frame = Buffer.alloc(12 + body.length);
    frame.writeInt32BE(frame.length - 4, 0);
    frame.writeInt16BE(random.chance(0.8) ? route.key : random.between(-3, 120), 4);
    frame.writeInt16BE(random.chance(0.8) ? random.between(0, route.maxVersion) : -1, 6);
    frame.writeInt32BE(this.#nextId++, 8);
    body.copy(frame, 12);
    return frame;
  }

  #lying(route: Route): Buffer {
    const random = this.#random;
    const frame = this.#frame(route);
    const lie = random.pick([0, 1, 7, -1, -2147483648, 2147483647, 104857600, 1 << 20]);
    frame.writeInt32BE(random.chance(0.5) ? lie : frame.length - 4 + random.between(-9, 9), 0);
    return frame;
  }

  #truncated(route: Route): Buffer {
    const frame = this.#frame(route);
    return frame.subarray(0, this.#random.below(frame.length));
  }

  #struct(layout: StructLayout): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (const field of layout.fields) {
      if (field.place === "absent") continue;
      if (field.place === "tagged" && this.#random.chance(0.5)) continue;
      value[field.name] = this.#field(field);
    }
    return value;
  }

  #field(field: FieldLayout): unknown {
    if (field.nullable && this.#random.chance(0.15)) return null;
    return this.#value(field.type, field.name);
  }

  #value(type: TypeLayout, name: string): unknown {
    const random = this.#random;
    if (type.kind === "struct") return this.#struct(type.struct);
    if (type.kind === "array") {
      const length = random.chance(0.2) ? 0 : random.between(1, ELEMENTS_MAX);
      return Array.from({ length }, () => this.#value(type.element, name));
    }
    return random.below(100) < ODD_PERCENT
      ? this.#oddScalar(type.kind)
      : this.#knownScalar(type.kind, name);
  }

  /** Something of the type that means something where a field has that name. */
  #knownScalar(kind: string, name: string): unknown {
    const random = this.#random;
    const { topics, topicIds, groups, members, partitionsMax } = this.#vocabulary;
    switch (kind) {
      case "bool":
        return random.chance(0.3);
      case "string":
        return this.#knownText(name, topics, groups, members);
      case "uuid":
        return random.pick(topicIds);
      case "records":
      case "bytes":
        return name === "records" ? this.#records() : random.bytes(random.below(30));
      default:
        return this.#knownNumber(kind, name, partitionsMax);
    }
  }

  #knownText(
    name: string,
    topics: readonly string[],
    groups: readonly string[],
    members: readonly string[],
  ): string {
    const random = this.#random;
    if (/^(group|key|coordinatorKeys)/i.test(name) && !/instance/i.test(name)) {
      return random.pick(groups);
    }
    if (/member/i.test(name)) return random.pick(members);
    if (/^protocol(Type)?$/.test(name)) return "consumer";
    if (/protocol|^name$/i.test(name) && random.chance(0.3))
      return random.pick(["range", "sticky"]);
    if (/^value|config/i.test(name)) return random.pick(["1", "1000", "compact", "none", "x"]);
    if (/clientSoftware/.test(name)) return "fuzz-1.0";
    return random.pick(topics);
  }

  #knownNumber(kind: string, name: string, partitionsMax: number): number | bigint {
    const random = this.#random;
    if (kind === "int64" || kind === "bigint64") {
      const value = /timestamp/i.test(name) ? -random.below(6) : random.between(-1, 8);
      return kind === "bigint64" ? BigInt(value) : value;
    }
    if (/partition|index/i.test(name) && !/bytes|num/i.test(name))
      return random.chance(0.8) ? random.below(2) : random.below(partitionsMax);
    if (/bytes/i.test(name)) return random.pick([0, 1, 100, 1_000_000]);
    if (/sessionId/.test(name)) return random.chance(0.6) ? 0 : random.below(5);
    if (/sessionEpoch/.test(name)) return random.between(-1, 2);
    if (/sessionTimeout|rebalanceTimeout/i.test(name)) return random.pick([6000, 6000, 10_000, 1]);
    if (/timeoutMs/i.test(name)) return random.pick([0, 10, 1000]);
    if (/waitMs/i.test(name)) return random.pick([0, 0, 0, 1, 20, 60_000]);
    if (/acks/.test(name)) return random.pick([-1, -1, 0, 1, 1, 2]);
    if (/replica/i.test(name)) return random.pick([-1, -1, -2, 1]);
    if (/numPartitions|count|limit/i.test(name)) return random.between(-1, partitionsMax);
    if (/type/i.test(name)) return random.pick([0, 2, 4, 8, 16, 32]);
    return random.between(kind.startsWith("u") ? 0 : -1, 3);
  }

  #oddScalar(kind: string): unknown {
    const random = this.#random;
    switch (kind) {
      case "bool":
        return true;
      case "string":
        return random.pick(["", "x".repeat(300), "a b", "../..", "\u0000", "😀é", "-", "__a"]);
      case "uuid":
        return random.bytes(16).toString("base64url");
      case "records":
      case "bytes":
        return random.bytes(random.below(120));
      case "int8":
        return random.between(-128, 127);
      case "int16":
        return random.between(-32_768, 32_767);
      case "uint16":
        return random.below(65_536);
      case "int32":
        return random.pick([-2147483648, 2147483647, -1, 0, random.between(-1000, 1000)]);
      case "uint32":
        return random.uint32();
      case "float64":
        return random.pick([0, -1, Number.NaN, 1e300]);
      default: {
        const value = random.pick([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 2 ** 40]);
        return kind === "bigint64" ? BigInt(value) : value;
      }
    }
  }

  /** Batches as a producer sends them, now and then with something wrong in them. */
  #records(): Buffer {
    const random = this.#random;
    const records = Array.from({ length: random.between(1, 3) }, () => ({
      timestamp: random.pick([0, -1, 1_700_000_000_000, 2 ** 45]),
      key: random.chance(0.3) ? null : random.bytes(random.below(5)),
      value: random.chance(0.2) ? null : random.bytes(random.below(60)),
    }));
    const isIdempotent = random.chance(0.3);
    const batch = buildBatch(records, {
      compression: random.pick(["none", "none", "gzip", "snappy", "lz4", "zstd"]),
      ...(isIdempotent
        ? {
            producerId: random.below(3),
            producerEpoch: random.below(2),
            baseSequence: random.pick([0, 0, 1, 2, 2147483647]),
            isTransactional: random.chance(0.2),
          }
        : {}),
    });
    if (random.chance(0.75)) return batch;
    return damaged(batch, [this.#damage()]);
  }
}
