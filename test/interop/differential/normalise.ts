import { createHash } from "node:crypto";
import { ZERO_UUID } from "../../../src/core/uuid.ts";
import { apiName } from "../../../src/protocol/apis.ts";
import { errorName } from "../../../src/protocol/error-code.ts";
import { layoutOf, type FieldLayout, type TypeLayout } from "../../../src/protocol/layout.ts";
import type { AnyMessage } from "../../../src/protocol/schema.ts";
import { batchesIn, type RecordBatchView } from "../../../src/records/record-batch.ts";

/** What an answer is compared as. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/** What is a broker's own and stands in its answers. */
export interface Own {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataDir: string;
  readonly clusterId: string;
  /** Part of the names of one scenario's topics and groups. */
  readonly prefix: string;
}

/** A time this close to the machine's is one that the broker read off its clock. */
const NOW_WITHIN_MS = 600_000;
/** Kafka's ids of topics that have none of their own: 0 and 1. */
const RESERVED_UUIDS = new Set([ZERO_UUID, "AAAAAAAAAAAAAAAAAAAAAQ"]);
const UUID_TEXT = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const UUID_FIELD = /^[A-Za-z0-9_-]{22}$/;
const RECORDS_SHOWN = 12;

type Rule = (value: Plain) => Plain;

const isThere: Rule = (value) => (value === null ? null : value === "" ? "" : "(text)");
const sign: Rule = (value) => (typeof value === "number" && value > 0 ? "(positive)" : value);
const now: Rule = (value) =>
  typeof value === "number" && Math.abs(value - Date.now()) < NOW_WITHIN_MS ? "(now)" : value;

/** Ranges by the name of the API, so that a missing one is one difference. */
function byApiName(value: Plain): Plain {
  if (!Array.isArray(value)) return value;
  const ranges = value.map(({ apiKey, minVersion, maxVersion }): [string, Plain] => [
    apiName(apiKey),
    `${minVersion}-${maxVersion}`,
  ]);
  return Object.fromEntries(ranges);
}

/** Configs by their names: the order is that of a hash table. */
function byName(value: Plain): Plain {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(value.map((item): [string, Plain] => [String(item.name), item]));
}

/** By field name, or by message and path where a name means several things. */
const rules: Readonly<Record<string, Rule>> = {
  "ApiVersionsResponse.apiKeys": byApiName,
  "DescribeConfigsResponse.results.configs": byName,
  "CreateTopicsResponse.topics.configs": byName,
  errorMessage: isThere,
  batchIndexErrorMessage: isThere,
  documentation: isThere,
  finalizedFeaturesEpoch: sign,
  logAppendTimeMs: now,
  lastTimestamp: now,
  timestamp: now,
  lastFetchTimestamp: sign,
  lastCaughtUpTimestamp: sign,
  logEndOffset: sign,
  totalBytes: sign,
  usableBytes: sign,
  "DescribeQuorumResponse.topics.partitions.highWatermark": sign,
  "DescribeQuorumResponse.topics.partitions.leaderEpoch": sign,
  "InitProducerIdResponse.producerId": sign,
  "FetchResponse.sessionId": sign,
};

/** Left out: they tell of load, not of the protocol. */
const leftOut = new Set(["throttleTimeMs"]);

/** Lists whose order is that of a hash table, or free, in Apache Kafka. */
const unordered = new Set([
  "ApiVersionsResponse.finalizedFeatures",
  "ApiVersionsResponse.supportedFeatures",
  "MetadataResponse.topics",
  "DescribeConfigsResponse.results",
  "AlterConfigsResponse.responses",
  "IncrementalAlterConfigsResponse.responses",
  "ListConfigResourcesResponse.configResources",
  "CreateTopicsResponse.topics",
  "DeleteTopicsResponse.responses",
  "CreatePartitionsResponse.results",
  "FetchResponse.responses",
  "FetchResponse.responses.partitions",
  "ListOffsetsResponse.topics",
  "ListOffsetsResponse.topics.partitions",
  "OffsetForLeaderEpochResponse.topics",
  "OffsetForLeaderEpochResponse.topics.partitions",
  "DeleteRecordsResponse.topics",
  "DeleteRecordsResponse.topics.partitions",
  "ProduceResponse.responses",
  "DescribeProducersResponse.topics.partitions.activeProducers",
  "ProduceResponse.responses.partitionResponses",
]);

/** Ids by the order in which one scenario met them, so that equal ones stay equal. */
export class Symbols {
  readonly #known = new Map<string, string>();

  knownAs(value: string): string | undefined {
    return this.#known.get(value);
  }

  of(kind: string, value: string): string {
    let symbol = this.#known.get(value);
    if (symbol === undefined) {
      symbol = `(${kind} ${this.#known.size + 1})`;
      this.#known.set(value, symbol);
    }
    return symbol;
  }
}

/** Turns one decoded message into what is compared. */
export class Normaliser {
  readonly #own: Own;
  readonly #symbols = new Symbols();

  constructor(own: Own) {
    this.#own = own;
  }

  message(message: AnyMessage, version: number, value: unknown): Plain {
    const layout = layoutOf(message, version);
    return this.#struct(layout.fields, value, message.name);
  }

  /** Text with what is the broker's own replaced. */
  text(value: string): string {
    const { port, controllerPort, dataDir, clusterId } = this.#own;
    return value
      .replaceAll(UUID_TEXT, (uuid) => this.#symbols.of("uuid", uuid))
      .replaceAll(dataDir, "(data)")
      .replaceAll(clusterId, "(cluster)")
      .replaceAll(`:${port}`, ":(port)")
      .replaceAll(`:${controllerPort}`, ":(controller port)")
      .replaceAll(this.#own.prefix, "~");
  }

  #struct(fields: readonly FieldLayout[], value: unknown, path: string): Plain {
    const data = new Map(Object.entries(value ?? {}));
    const result: Record<string, Plain> = {};
    for (const field of fields) {
      if (field.place === "absent" || leftOut.has(field.name)) continue;
      const at = `${path}.${field.name}`;
      const plain = this.#value(field.type, data.get(field.name), at, field.name);
      const rule = rules[at] ?? rules[field.name];
      result[field.name] = rule === undefined ? plain : rule(plain);
    }
    return result;
  }

  #value(type: TypeLayout, value: unknown, path: string, name: string): Plain {
    if (value === null || value === undefined) return null;
    switch (type.kind) {
      case "struct":
        return this.#struct(type.struct.fields, value, path);
      case "array":
        return this.#list(type.element, value, path, name);
      case "uuid":
        return typeof value !== "string" || RESERVED_UUIDS.has(value)
          ? String(value)
          : this.#symbols.of("id", value);
      case "records":
        return Buffer.isBuffer(value) ? describeRecords(value) : null;
      case "bytes":
        return Buffer.isBuffer(value) ? value.toString("latin1") : null;
      case "string":
        return this.text(String(value));
      default:
        return this.#scalar(value, name);
    }
  }

  #scalar(value: unknown, name: string): Plain {
    if (typeof value === "boolean") return value;
    const number = Number(value);
    if (name.endsWith("rrorCode")) return errorName(number);
    if (name === "port" && number === this.#own.port) return "(port)";
    if (name === "port" && number === this.#own.controllerPort) return "(controller port)";
    return Number.isSafeInteger(number) ? number : String(value);
  }

  #list(element: TypeLayout, value: unknown, path: string, name: string): Plain {
    const items: unknown[] = Array.isArray(value) ? value : [];
    if (!unordered.has(path)) return items.map((item) => this.#value(element, item, path, name));
    // Sorted before symbols are given: by everything in it that is not an id.
    const keyed = items.map((item) => ({ item, key: this.#sortKey(item) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return keyed.map(({ item }) => this.#value(element, item, path, name));
  }

  /** Everything in it but ids of this broker's own that nobody has named before. */
  #sortKey(value: unknown): string {
    return JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "bigint") return String(inner);
      if (typeof inner !== "string") return inner;
      const known = this.#symbols.knownAs(inner);
      if (known !== undefined) return known;
      return UUID_FIELD.test(inner) ? "" : inner.replaceAll(UUID_TEXT, "");
    });
  }
}

/**
 * Record batches as their headers, and a digest of what they hold. A part of a batch at the end, which
 * Apache Kafka sends to fill the limit and every client drops, is left out.
 */
function describeRecords(bytes: Buffer): Plain {
  const batches: Plain[] = [];
  try {
    for (const batch of batchesIn(bytes)) {
      if (batches.length < RECORDS_SHOWN) batches.push(describeBatch(batch));
    }
  } catch (error) {
    batches.push(`not readable: ${String(error)}`);
  }
  return batches;
}

function recordsOf(batch: RecordBatchView): Buffer {
  const records = Array.from(batch.records(), (record) => ({
    ...record,
    timestamp: now(record.timestamp),
  }));
  return Buffer.from(JSON.stringify(records));
}

/** A compressed batch may have been written anew by the broker: then its records are what counts. */
function describeBatch(batch: RecordBatchView): string {
  const isCompressed = batch.compression !== "none";
  const body = isCompressed ? recordsOf(batch) : batch.body();
  const from = isCompressed ? "" : String(now(batch.baseTimestamp));
  const facts = [
    `${batch.baseOffset}+${batch.lastOffsetDelta}`,
    `epoch ${batch.partitionLeaderEpoch}`,
    `attributes ${batch.attributes}`,
    `time ${from}..${String(now(batch.maxTimestamp))}`,
    `producer ${batch.producerId}/${batch.producerEpoch}/${batch.baseSequence}`,
    `${batch.count} records in ${body.length} bytes`,
    createHash("sha1").update(body).digest("hex").slice(0, 8),
    batch.verifyChecksum() ? "sound" : "damaged",
  ];
  return facts.join(" ");
}
