import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { brokerSettings } from "./broker-settings.ts";
import { clientMetricsSettings, clientQuotaSettings, ipQuotaSettings } from "./client-settings.ts";
import { groupSettings } from "./group-settings.ts";
import { type Setting } from "./setting.ts";
import { topicSettings } from "./topic-settings.ts";
import { doubleText, LONG_MAX } from "./value-type.ts";

/** One setting in the fixtures, as Kafka's ConfigDef has it. */
interface Fact {
  readonly name: string;
  readonly type: string;
  readonly default?: string | null;
  readonly validator?: {
    readonly kind: string;
    readonly min?: string;
    readonly max?: string;
    readonly values?: readonly string[];
    readonly text?: string;
    readonly isEmptyAllowed?: boolean;
  };
  readonly importance: string;
  readonly updateMode?: string;
  readonly internal?: boolean;
  readonly synonyms?: readonly string[];
  readonly serverSynonyms?: readonly { readonly name: string; readonly multiplyBy?: number }[];
  readonly brokerSynonym?: string;
}

function facts(file: string, list = "configs"): Fact[] {
  const url = new URL(`../../test/fixtures/config/${file}-configs.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"))[list];
}

/** A declaration in the form of the facts. */
function inFactForm(declared: Setting): object {
  const { kind, defaultText, bounds } = declared.type;
  return {
    name: declared.name,
    type: kind.toUpperCase(),
    default: defaultText,
    min: bounds.min,
    max: bounds.max === LONG_MAX ? undefined : bounds.max,
    oneOf: bounds.oneOf,
    nonEmpty: bounds.nonEmpty ?? false,
    importance: declared.importance.toUpperCase(),
    internal: declared.internal,
    synonyms: declared.synonyms,
    inherits: declared.inherits,
  };
}

function factInSameForm(fact: Fact): object {
  const { validator } = fact;
  const isList = validator?.kind === "ValidList";
  const words =
    validator?.values ?? (isList ? validator?.text?.slice(1, -1).split(", ") : undefined);
  const ignoreCase = validator?.kind === "CaseInsensitiveValidString";
  const inherits =
    fact.serverSynonyms ?? (fact.brokerSynonym ? [{ name: fact.brokerSynonym }] : []);
  return {
    name: fact.name,
    type: fact.type,
    default: fact.default,
    min: validator?.min === undefined ? undefined : Number(validator.min),
    max: validator?.max === undefined ? undefined : Number(validator.max),
    oneOf: ignoreCase ? words?.map((word) => word.toLowerCase()) : words,
    nonEmpty:
      validator?.kind === "NonEmptyString" || (isList && validator?.isEmptyAllowed === false),
    importance: fact.importance,
    internal: fact.internal ?? false,
    synonyms: fact.synonyms ?? [fact.name],
    inherits: inherits.map(({ name, multiplyBy = 1 }: { name: string; multiplyBy?: number }) => ({
      name,
      multiplyBy,
    })),
  };
}

function compare(declarations: readonly Setting[], expected: readonly Fact[]): void {
  const sort = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  assert.deepEqual(
    declarations.map(inFactForm).sort(sort),
    expected.map(factInSameForm).sort(sort),
  );
}

test("every broker setting is declared as Apache Kafka 4.4 has it", () => {
  const dynamicOnly = facts("broker", "dynamicOnly");
  compare(brokerSettings, [...facts("broker"), ...dynamicOnly]);
  for (const { name, updateMode } of facts("broker")) {
    const declared = brokerSettings.find((one) => one.name === name);
    assert.equal(declared?.changes, updateMode, name);
    assert.equal(declared?.dynamicOnly, false, name);
  }
  for (const { name } of dynamicOnly) {
    assert.ok(brokerSettings.find((one) => one.name === name)?.dynamicOnly, name);
  }
});

test("every topic, group, client metrics and quota setting is declared as Kafka has it", () => {
  compare(topicSettings, facts("topic"));
  compare(groupSettings, facts("group"));
  compare(clientMetricsSettings, facts("client-metrics"));
  compare(ipQuotaSettings, facts("quota", "ip"));
  compare(clientQuotaSettings, facts("quota", "userAndClientId"));
});

test("no name is declared twice, and each says in one sentence what it is for", () => {
  for (const list of [brokerSettings, topicSettings, groupSettings, clientMetricsSettings]) {
    assert.equal(new Set(list.map((declared) => declared.name)).size, list.length);
    for (const { name, about } of list) assert.match(about, /^[A-Z*-].{10,}\.$/s, name);
  }
});

test("a default is a value that its own declaration accepts, with the same text", () => {
  for (const { name, type } of [...brokerSettings, ...topicSettings, ...groupSettings]) {
    if (type.defaultText === undefined || type.defaultText === null) continue;
    const parsed = type.parse(type.defaultText);
    assert.ok(parsed.ok, name);
    assert.deepEqual(parsed.value, type.defaultValue, name);
    assert.equal(parsed.text, type.defaultText, name);
  }
});

test("a double is written as Java writes it", () => {
  for (const [value, text] of [
    [0, "0.0"],
    [0.5, "0.5"],
    [100, "100.0"],
    [1234567.5, "1234567.5"],
    [2_147_483_647, "2.147483647E9"],
    [1e7, "1.0E7"],
    [0.0001, "1.0E-4"],
    [-12.25, "-12.25"],
    [Number.MAX_VALUE, "1.7976931348623157E308"],
  ] as const) {
    assert.equal(doubleText(value), text);
  }
});
