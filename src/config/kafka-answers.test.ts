/** Configurations and changes of them, judged as Apache Kafka 4.4 judged them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { validateBrokerChange, listDefault } from "./broker-changes.ts";
import { type BrokerConfig } from "./broker-config.ts";
import {
  describeClientMetricsConfig,
  validateClientMetricsConfig,
} from "./client-metrics-config.ts";
import {
  type ConfigDescription,
  type ConfigRefusal,
  ConfigSource,
  ConfigType,
} from "./config-description.ts";
import { ConfigError } from "./config-error.ts";
import { describeGroupConfig, validateGroupConfig } from "./group-config.ts";
import { loadBrokerConfig } from "./load-broker-config.ts";
import { parseProperties } from "./properties.ts";
import { describeTopicConfig, validateTopicConfig } from "./topic-config.ts";

function fixture(name: string): string {
  return readFileSync(new URL(`../../test/fixtures/config/${name}`, import.meta.url), "utf8");
}

interface StaticCase {
  readonly label: string;
  readonly set: Readonly<Record<string, string | null>>;
  readonly accepted: boolean;
}

/** Where Moldau judges otherwise, and why. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ["port big", "there is no such port; Kafka finds out when it binds"],
  ["port neg", "there is no such port; Kafka finds out when it binds"],
  ["adv [::]", "nobody can connect to it, just as to 0.0.0.0"],
  ["map dup", "the listener ends up with SSL, which Moldau does not speak yet"],
  ["overrides neg", "a negative number of connections means nothing"],
  ["sasl inter not enabled", "SASL is not there yet"],
]);
const LOOSER: ReadonlyMap<string, string> = new Map([
  ["controller names lower", "names of listeners have no case"],
  ["principal", "Moldau loads no Java classes, and says that the setting has no effect"],
  ["class missing", "Moldau loads no Java classes, and says that the setting has no effect"],
]);

test("a static configuration is accepted and refused as by Apache Kafka", () => {
  const { base, cases } = JSON.parse(fixture("static-configs.json"));
  const differing: string[] = [];
  for (const { label, set, accepted } of cases as StaticCase[]) {
    const texts = new Map<string, string>(Object.entries(base));
    for (const [name, text] of Object.entries(set)) {
      if (text === null) texts.delete(name);
      else texts.set(name, text);
    }
    let ours = true;
    try {
      loadBrokerConfig([{ origin: "the test", texts }]);
    } catch (error) {
      assert.ok(error instanceof ConfigError, label);
      ours = false;
    }
    const wanted = STRICTER.has(label) ? false : LOOSER.has(label) ? true : accepted;
    if (ours !== wanted) differing.push(label);
  }
  assert.deepEqual(differing, []);
});

type Row = [string, string | null, string, string, 0 | 1, 0 | 1, [string, string | null, string][]];
interface Step {
  readonly alter?: string;
  readonly describe?: string;
  readonly type?: string;
  readonly name: string;
  readonly op?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly entries?: readonly Row[];
}

/** What Kafka refuses for threads and plugins that Moldau does not have, and what others judge. */
const OTHERWISE: ReadonlySet<string> = new Set([
  "log.cleaner.threads=50",
  "num.io.threads=100",
  // With eligible leader replicas the controller refuses these two.
  "min.insync.replicas=2 on 1",
  "DELETE min.insync.replicas",
  // Within its bounds; Kafka stumbles over a division.
  "log.cleaner.threads=0",
]);

/** The cluster of the fixture, changed as IncrementalAlterConfigs changes one. */
class Cluster {
  readonly config: BrokerConfig;
  readonly resources = new Map<string, Map<string, string>>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.config = loadBrokerConfig([{ origin: "the test", texts }]).config;
  }

  texts(type: string, name: string): Map<string, string> {
    return this.resources.get(`${type} ${name}`) ?? new Map();
  }

  alter(step: Step): string {
    const type = step.alter ?? "";
    const texts = new Map(this.texts(type, step.name));
    for (const [name, value] of Object.entries(step.set ?? {})) {
      if (step.op === "DELETE") texts.delete(name);
      else if (step.op === "SET") texts.set(name, value);
      else if (!changeList(type, texts, name, value, step.op === "APPEND")) return "INVALID_CONFIG";
    }
    const refusal = this.#validate(type, step.name, texts);
    if (refusal === undefined) this.take(type, step.name, texts);
    return refusal?.error ?? "NONE";
  }

  take(type: string, name: string, texts: Map<string, string>): void {
    this.resources.set(`${type} ${name}`, texts);
    if (type === "BROKER") this.config.applyDynamic(name, texts);
  }

  #validate(type: string, name: string, texts: Map<string, string>): ConfigRefusal | undefined {
    if (type === "BROKER") return validateBrokerChange(this.config, name, texts);
    if (type === "TOPIC") return validateTopicConfig(this.config, texts);
    if (type === "GROUP") return validateGroupConfig(this.config, name, texts);
    return validateClientMetricsConfig(name, texts);
  }

  describe(type: string, name: string): ConfigDescription[] {
    const options = { includeSynonyms: true };
    const texts = this.texts(type, name);
    if (type === "TOPIC") return describeTopicConfig(this.config, texts, options);
    if (type === "GROUP") return describeGroupConfig(this.config, texts, options);
    if (type === "CLIENT_METRICS") return describeClientMetricsConfig(texts, options);
    if (name === "") return this.config.describeClusterDefaults(options);
    return this.config.describe(options);
  }
}

const KINDS: Readonly<Record<string, "topic" | "broker" | "group" | "client-metrics">> = {
  TOPIC: "topic",
  BROKER: "broker",
  GROUP: "group",
  CLIENT_METRICS: "client-metrics",
};

function changeList(
  type: string,
  texts: Map<string, string>,
  name: string,
  value: string,
  append: boolean,
): boolean {
  const fallback = listDefault(KINDS[type] ?? "group", name);
  if (fallback === undefined) return false;
  const text = texts.get(name);
  const list = text === undefined ? fallback : text.split(",").filter((item) => item !== "");
  const without = list.filter((item) => item !== value);
  texts.set(name, (append ? [...without, value] : without).join(","));
  return true;
}

function row(described: ConfigDescription): Row {
  const source = (code: number): string =>
    Object.entries(ConfigSource).find(([, known]) => known === code)?.[0] ?? "";
  const type = Object.entries(ConfigType).find(([, code]) => code === described.configType)?.[0];
  return [
    described.name,
    described.value,
    source(described.configSource),
    (type ?? "").toUpperCase(),
    described.isSensitive ? 1 : 0,
    described.readOnly ? 1 : 0,
    described.synonyms.map((synonym) => [synonym.name, synonym.value, source(synonym.source)]),
  ];
}

test("settings are described and changed as by Apache Kafka", () => {
  const { topics, steps } = JSON.parse(fixture("dynamic-configs.json"));
  const cluster = new Cluster(parseProperties(fixture("regenerate/server.properties")));
  // The controller of a new cluster writes this one (KIP-966).
  cluster.take("BROKER", "", new Map([["min.insync.replicas", "1"]]));
  for (const [name, texts] of Object.entries<Record<string, string>>(topics)) {
    cluster.take("TOPIC", name, new Map(Object.entries(texts)));
  }
  for (const step of steps as Step[]) {
    if (step.entries !== undefined) {
      const described = cluster.describe(step.type ?? "", step.name).map(row);
      described.sort((a, b) => (a[0] < b[0] ? -1 : 1));
      assert.deepEqual(described, step.entries, step.describe);
      continue;
    }
    const assigned = Object.entries(step.set ?? {}).map(([name, value]) => `${name}=${value}`);
    const label = assigned.join(" ");
    if (OTHERWISE.has(label)) continue;
    if (OTHERWISE.has(`${label} on ${step.name}`)) continue;
    if (OTHERWISE.has(`${step.op} ${label.replace(/=$/, "")}`)) continue;
    assert.equal(
      cluster.alter(step),
      step.error,
      `${step.alter} "${step.name}" ${step.op} ${label}`,
    );
  }
});
