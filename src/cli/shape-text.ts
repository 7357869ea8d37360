import { stringifyJson, type OutputFormat } from "./output.ts";
import type { Field, Fields, Shape } from "./shape.ts";
import { stringifyYaml } from "./yaml.ts";
import { paintFor, write, type Terminal } from "./terminal.ts";

/** Prints the shape: as a type of TypeScript for people, as a JSON Schema where JSON or YAML is asked for. */
export async function printShape(
  terminal: Terminal,
  shape: Shape,
  format: OutputFormat | undefined,
): Promise<void> {
  const asSchema = format === "json" || format === "ndjson" || format === "yaml";
  if (!asSchema) {
    const { dim } = paintFor(terminal, terminal.stdout);
    await write(terminal.stdout, shapeText(shape, dim));
    return;
  }
  const schema = jsonSchemaOf(shape);
  if (format === "yaml") await write(terminal.stdout, stringifyYaml(schema));
  else
    await write(terminal.stdout, `${stringifyJson(schema, format === "json" ? 2 : undefined)}\n`);
}

/** The shape as an interface of TypeScript, with what each field is beside it. */
export function shapeText({ name, about, fields }: Shape, dim = (text: string) => text): string {
  const lines = [...linesOf(fields, "  ")];
  const width = Math.min(Math.max(...lines.map(([code]) => code.length)), COMMENT_COLUMN_MAX);
  const body = lines.map(([code, comment]) =>
    comment === "" ? code : `${code.padEnd(width)}  ${dim(`// ${comment}`)}`,
  );
  return [dim(`// ${about}`), `interface ${name} {`, ...body, "}", ""].join("\n");
}

const COMMENT_COLUMN_MAX = 44;

function* linesOf(fields: Fields, indent: string): Generator<[code: string, comment: string]> {
  for (const [name, field] of Object.entries(fields)) {
    const mark = field.isOptional ? "?" : "";
    const inner = objectWithin(field);
    if (inner === undefined) {
      yield [`${indent}${nameText(name)}${mark}: ${typeText(field)};`, field.about];
      continue;
    }
    const { open, close, fields: nested } = inner;
    const nullMark = field.isNullable ? " | null" : "";
    yield [`${indent}${nameText(name)}${mark}: ${open}{`, field.about];
    yield* linesOf(nested, `${indent}  `);
    yield [`${indent}}${close}${nullMark};`, ""];
  }
}

/** The fields of an object, be it in a list or a map, with what goes around it. */
function objectWithin({
  type,
}: Field<unknown>): { open: string; close: string; fields: Fields } | undefined {
  if (type.kind === "object") return { open: "", close: "", fields: type.fields };
  if (type.kind !== "list" && type.kind !== "map") return undefined;
  const inner = objectWithin(type.of);
  if (inner === undefined) return undefined;
  const { open, close, fields } = inner;
  return type.kind === "list"
    ? { open, close: `${close}[]`, fields }
    : { open: `Record<string, ${open}`, close: `${close}>`, fields };
}

function nameText(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function typeText({ type, isNullable }: Field<unknown>): string {
  const base = ((): string => {
    switch (type.kind) {
      case "text":
        return "string";
      case "number":
      case "integer":
        return "number";
      case "boolean":
        return "boolean";
      case "any":
        return "unknown";
      case "choice":
        return type.choices.map((choice) => JSON.stringify(choice)).join(" | ");
      case "list": {
        const item = typeText(type.of);
        return item.includes(" ") ? `(${item})[]` : `${item}[]`;
      }
      case "map":
        return `Record<string, ${typeText(type.of)}>`;
      case "object":
        return "object";
    }
  })();
  return isNullable ? `${base} | null` : base;
}

type Schema = Readonly<Record<string, unknown>>;

/** The shape as a JSON Schema (draft 2020-12). */
export function jsonSchemaOf({ name, about, fields }: Shape): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: name,
    description: about,
    ...objectSchema(fields),
  };
}

function objectSchema(fields: Fields): Schema {
  const entries = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)])),
    required: entries.filter(([, field]) => !field.isOptional).map(([name]) => name),
    additionalProperties: false,
  };
}

function fieldSchema(field: Field<unknown>): Schema {
  const schema = typeSchema(field);
  const withNull = field.isNullable && "type" in schema;
  return {
    ...schema,
    ...(withNull ? { type: [schema["type"], "null"] } : {}),
    ...(field.isNullable && "enum" in schema ? { enum: [...choicesOf(field), null] } : {}),
    description: field.about,
  };
}

function choicesOf({ type }: Field<unknown>): readonly string[] {
  return type.kind === "choice" ? type.choices : [];
}

function typeSchema({ type }: Field<unknown>): Schema {
  switch (type.kind) {
    case "text":
      return { type: "string" };
    case "any":
      return {};
    case "number":
    case "integer":
    case "boolean":
      return { type: type.kind };
    case "choice":
      return { type: "string", enum: type.choices };
    case "list":
      return { type: "array", items: fieldSchema(type.of) };
    case "map":
      return { type: "object", additionalProperties: fieldSchema(type.of) };
    case "object":
      return objectSchema(type.fields);
  }
}
