import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { onKafka } from "../client/target.ts";
import { jsonLines } from "./moldau.ts";
import { Session } from "./session.ts";

let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(() => moldau.close());

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

/** Where a value is not as a schema says; a small part of JSON Schema, the one that `--schema` writes. */
function mistakes(schema: Schema, value: unknown, path: string): string[] {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (
    types.length > 0 &&
    !types.includes(typeOf(value)) &&
    !(types.includes("number") && typeOf(value) === "integer")
  ) {
    return [`${path} is ${typeOf(value)}, not ${types.join(" or ")}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${path} is ${String(value)}`];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item, index) => mistakes(items, item, `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = (schema.required ?? [])
    .filter((name) => !fields.has(name))
    .map((name) => `${path}.${name} is missing`);
  const inner = [...fields].flatMap(([name, field]) => {
    const known = schema.properties?.[name];
    if (known !== undefined) return mistakes(known, field, `${path}.${name}`);
    const rest = schema.additionalProperties;
    if (typeof rest === "object") return mistakes(rest, field, `${path}.${name}`);
    return rest === false ? [`${path}.${name} is not in the schema`] : [];
  });
  return [...missing, ...inner];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

test("what commands print is as --schema says", async () => {
  const topic = await moldau.topic(2, ["a", "b"]);
  const group = await moldau.group(topic);
  const commands: readonly (readonly [words: string, args: readonly string[]])[] = [
    ["topic list", []],
    ["topic describe", [topic]],
    ["topic create", [`${topic}-x`, "--dry-run"]],
    ["topic alter", [topic, "-c", "retention.ms=5"]],
    ["topic delete", [topic, "--dry-run"]],
    ["group list", []],
    ["group describe", [group]],
    ["group reset", [group, "--to", "earliest", "--dry-run"]],
    ["lag", [group, "--by", "partition"]],
    ["lag", [group, "--by", "group"]],
    ["produce", [topic, "c"]],
    ["consume", [topic, "-e"]],
    ["consume", [topic, "-e", "-d", "int64"]],
    ["config describe", ["topic", topic]],
    ["config describe", ["broker", "1"]],
    ["config set", ["topic", topic, "retention.ms=9", "--dry-run"]],
    ["cluster describe", []],
    ["cluster health", []],
    ["cluster features", []],
    ["cluster api-versions", []],
    ["broker list", []],
    ["broker describe", ["1"]],
    ["quorum describe", []],
    ["quorum replication", []],
    ["log-dirs", []],
    ["log-dirs", ["--by", "topic"]],
    ["log-dirs", ["--by", "replica"]],
    ["doctor", []],
    ...(onKafka
      ? ([
          ["txn list", []],
          ["txn producers", [topic]],
          ["user list", []],
          ["quota list", []],
        ] as const)
      : []),
  ];
  for (const [words, args] of commands) {
    const schema = JSON.parse(
      await moldau.ok([...words.split(" "), "--schema", "-o", "json"]),
    ) as Schema;
    const items = jsonLines(await moldau.ok([...words.split(" "), ...args, "-o", "ndjson"]));
    assert.ok(items.length > 0 || onKafka, `moldau ${words} prints something`);
    assert.deepEqual(
      items.flatMap((item) => mistakes(schema, item, words)),
      [],
      `moldau ${words} ${args.join(" ")}`,
    );
  }
});
