import assert from "node:assert/strict";
import { test } from "node:test";
import { choice, integer, list, map, nullable, object, optional, shape, text } from "./shape.ts";
import { jsonSchemaOf, shapeText } from "./shape-text.ts";

const thing = shape("Thing", "one of them", {
  name: text("what it is called"),
  size: nullable(integer("null: not known")),
  state: choice(["ok", "failed"], "how it is"),
  tags: list(text(""), "a few"),
  parts: list(
    object({ id: integer("its number"), "max.bytes": text("") }, ""),
    "what it is made of",
  ),
  more: map(object({ value: nullable(text("")) }, ""), "by name"),
  note: optional(text("may be missing")),
});

test("people see a type of TypeScript", () => {
  assert.equal(
    shapeText(thing),
    `// one of them
interface Thing {
  name: string;            // what it is called
  size: number | null;     // null: not known
  state: "ok" | "failed";  // how it is
  tags: string[];          // a few
  parts: {                 // what it is made of
    id: number;            // its number
    "max.bytes": string;
  }[];
  more: Record<string, {   // by name
    value: string | null;
  }>;
  note?: string;           // may be missing
}
`,
  );
});

test("programs see a JSON Schema", () => {
  const schema = jsonSchemaOf(thing);
  assert.deepEqual(schema["required"], ["name", "size", "state", "tags", "parts", "more"]);
  const properties = schema["properties"] as Record<string, Record<string, unknown>>;
  assert.deepEqual(properties["size"]?.["type"], ["integer", "null"]);
  assert.deepEqual(properties["state"]?.["enum"], ["ok", "failed"]);
  assert.equal(properties["parts"]?.["type"], "array");
  assert.deepEqual(properties["more"]?.["additionalProperties"], {
    type: "object",
    properties: { value: { type: ["string", "null"], description: "" } },
    required: ["value"],
    additionalProperties: false,
    description: "",
  });
});
