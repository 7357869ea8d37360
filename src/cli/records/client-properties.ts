import type { ConsumeOptions } from "../../client/consumer/consumer-options.ts";
import type { TransactionalProducerOptions } from "../../client/producer/transactional-producer.ts";
import type { Acks, ProducerOptions } from "../../client/producer/options.ts";
import { usageProblem } from "../problem.ts";
import { COMPRESSIONS } from "../words.ts";

type Properties = ReadonlyMap<string, string>;

const ACKS: Readonly<Record<string, Acks>> = { all: -1, "-1": -1, "1": 1, "0": 0 };

/** Who has to have a record, in the words of Kafka. */
export function acksOf(text: string): Acks {
  const acks = ACKS[text];
  if (acks === undefined) throw usageProblem(`acks are all, 1 or 0, not "${text}"`);
  return acks;
}

/** What the properties of a client say of how records are sent. */
export function sendingOf(properties: Properties): ProducerOptions & TransactionalProducerOptions {
  const acks = properties.get("acks");
  return defined({
    acks: acks === undefined ? undefined : acksOf(acks),
    compression: oneOf(properties, "compression.type", COMPRESSIONS),
    lingerMs: numberOf(properties, "linger.ms"),
    batchBytes: numberOf(properties, "batch.size"),
    requestBytesMax: numberOf(properties, "max.request.size"),
    deliveryTimeoutMs: numberOf(properties, "delivery.timeout.ms"),
    idempotent: switchOf(properties, "enable.idempotence"),
    transactionTimeoutMs: numberOf(properties, "transaction.timeout.ms"),
  });
}

/** What the properties of a client say of how records are read; some are for members of a group alone. */
export function fetchingOf(properties: Properties, inGroup: boolean): ConsumeOptions {
  const member = {
    groupProtocol: oneOf(properties, "group.protocol", ["classic", "consumer"]),
    instanceId: properties.get("group.instance.id"),
    sessionTimeoutMs: numberOf(properties, "session.timeout.ms"),
  };
  return defined({
    isolation: oneOf(properties, "isolation.level", ["read_committed", "read_uncommitted"]),
    fetchMinBytes: numberOf(properties, "fetch.min.bytes"),
    fetchWaitMs: numberOf(properties, "fetch.max.wait.ms"),
    fetchMaxBytes: numberOf(properties, "fetch.max.bytes"),
    fetchPartitionMaxBytes: numberOf(properties, "max.partition.fetch.bytes"),
    checkCrcs: switchOf(properties, "check.crcs"),
    ...(inGroup ? member : {}),
  });
}

function numberOf(properties: Properties, name: string): number | undefined {
  const text = properties.get(name);
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageProblem(`${name} is a whole number, not "${text}"`);
}

function switchOf(properties: Properties, name: string): boolean | undefined {
  const text = oneOf(properties, name, ["true", "false"]);
  return text === undefined ? undefined : text === "true";
}

function oneOf<T extends string>(
  properties: Properties,
  name: string,
  values: readonly T[],
): T | undefined {
  const text = properties.get(name);
  if (text === undefined) return undefined;
  const value = values.find((one) => one === text.toLowerCase());
  if (value === undefined) {
    throw usageProblem(`${name} is one of ${values.join(", ")}, not "${text}"`);
  }
  return value;
}

/** Without what is not said, so that it hides nothing that is. */
function defined<T extends object>(options: T): T {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as T;
}
