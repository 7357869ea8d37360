/** `docs/formats.md`, from the schemas in `src/protocol`. */
import { storedRecords } from "../src/protocol/all-records.ts";
import { apiMessages } from "../src/protocol/all-messages.ts";
import { apis, type Api } from "../src/protocol/apis.ts";
import { type AnyField, type AnyMessage, type Fields } from "../src/protocol/schema.ts";

const INTRODUCTION = `# Formats

Made by \`npm run docs\` from the schemas in \`src/protocol\`; do not edit.

## Requests

Versions are those with a schema; *announced* is the range that Apache Kafka 4.4 gives in ApiVersions, *flexible* the first version with
compact lengths and tagged fields. A broker passes the *forwarded* ones on to the controller. Moldau announces of these what it
serves (\`src/broker/handlers.ts\`).
`;

const RECORDS = `## Stored records

Each with its versions and the fields of all of them: the type, and the versions of a field where it is not in all. \`[…]\` is an
array, \`?\` may be null, \`#n\` a tagged field. What is on disk around them (batches, files, checkpoints) is told in the README of
\`src/storage\`.
`;

export function formatsDocument(): string {
  const heads = ["Key", "Name", "Versions", "Announced", "Flexible", "Served by", ""];
  const rows = apis.map(apiRow);
  const lines = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const parts = [INTRODUCTION, `${lines.join("\n")}\n`, fieldCount(), RECORDS];
  for (const [module, messages] of Object.entries(storedRecords)) {
    parts.push(`### ${module}\n`);
    parts.push(`${messages.map(recordLine).join("\n")}\n`);
  }
  return parts.join("\n");
}

function apiRow(api: Api): string[] {
  const range = (min: number, max: number): string => (max < 0 ? "retired" : `${min}–${max}`);
  const marks = [
    api.forwardable ? "forwarded" : "",
    api.clusterAction ? "between nodes" : "",
    api.maxStableVersion < api.maxVersion ? `${api.maxVersion} unstable` : "",
  ];
  return [
    String(api.key),
    api.name,
    range(api.minVersion, api.maxVersion),
    range(...api.advertised),
    api.flexibleFrom < 0 ? "" : String(api.flexibleFrom),
    api.listeners.join(", "),
    marks.filter((mark) => mark !== "").join(", "),
  ];
}

function fieldCount(): string {
  let count = 0;
  const walk = (fields: Fields): void => {
    for (const field of Object.values(fields)) {
      count++;
      const inner = structOf(field);
      if (inner !== undefined) walk(inner);
    }
  };
  for (const { request, response } of apiMessages) {
    walk(request.fields);
    walk(response.fields);
  }
  return `${apiMessages.length} APIs, ${count} fields.\n`;
}

function structOf(field: AnyField): Fields | undefined {
  if (field.struct !== undefined) return field.struct.fields;
  return typeof field.element === "object" ? field.element.fields : undefined;
}

function recordLine(message: AnyMessage): string {
  const { versions, apiKey, flexibleVersions } = message.traits;
  const type = apiKey === undefined ? "" : ` type ${apiKey},`;
  const flexible = flexibleVersions === "none" ? "" : `, flexible ${flexibleVersions}`;
  const fields = fieldsInWords(message.fields, versions);
  return `- **${message.name}**,${type} versions ${versions}${flexible}: ${fields}`;
}

function fieldsInWords(fields: Fields, versions: string): string {
  const words = Object.entries(fields).map(([name, field]) => {
    const since =
      field.versions === "0+" || field.versions === versions ? "" : ` ${field.versions}`;
    const nullable = field.options.nullableVersions === undefined ? "" : "?";
    const tag = field.options.tag === undefined ? "" : ` #${field.options.tag}`;
    return `\`${name}\` ${typeInWords(field)}${nullable}${tag}${since}`;
  });
  return words.length === 0 ? "no fields" : words.join(", ");
}

function typeInWords(field: AnyField): string {
  const inner = structOf(field);
  if (inner !== undefined) {
    const text = fieldsInWords(inner, "0+");
    return field.kind === "array" ? `[${text}]` : `{${text}}`;
  }
  return typeof field.element === "string" ? `[${field.element}]` : field.kind;
}
