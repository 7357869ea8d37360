import type { ConfigEntry } from "../client/admin/config-values.ts";
import type { ConfigResource } from "../client/admin/configs.ts";
import type { Kafka } from "../client/kafka.ts";
import type { ConfigPatch, ConfigRow } from "./api.ts";
import { BadRequest, object } from "./request.ts";

const CALL_MAX_MS = 10_000;

/** The settings of a resource, with what each would be without the resource's own value. */
export async function configRows(
  { admin }: Kafka,
  resource: ConfigResource,
): Promise<readonly ConfigRow[]> {
  const entries = await admin.describeConfigs(resource, {
    includeSynonyms: true,
    includeDocumentation: true,
    timeoutMs: CALL_MAX_MS,
  });
  return entries
    .map((entry): ConfigRow => {
      const own = resource.type;
      return {
        name: entry.name,
        value: entry.value,
        source: sourceName(entry.source),
        isDefault: entry.isDefault || entry.source !== own,
        isSensitive: entry.isSensitive,
        isReadOnly: entry.isReadOnly,
        defaultValue: entry.source === own ? fallbackOf(entry, own) : entry.value,
        type: entry.type,
        doc: plainText(entry.documentation ?? ""),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&nbsp;": " ",
  "&amp;": "&",
};

/** Apache Kafka writes its documentation for a web page; here it is text. */
export function plainText(doc: string): string {
  return doc
    .replaceAll(/<(?:br|p|li|ul|ol|div)\b[^>]*>/gi, " ")
    .replaceAll(/<\/?(?:a|b|i|p|li|ul|ol|em|strong|code|pre|div|span|h\d)\b[^>]*>/gi, "")
    .replaceAll(/&(?:lt|gt|quot|nbsp|amp);/g, (entity) => entities[entity] ?? entity)
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** What holds without the resource's own value: the first of the places it is looked for that has one. */
function fallbackOf(entry: ConfigEntry, own: string): string | null {
  const found = entry.synonyms.find(({ source, value }) => source !== own && value !== null);
  if (found === undefined || found.value === null) return null;
  const unit = units.find(
    ([ending]) => found.name.endsWith(ending) && !entry.name.endsWith(ending),
  );
  return unit === undefined ? found.value : String(Number(found.value) * unit[1]);
}

/** Settings of brokers that stand in for one in milliseconds. */
const units = [
  [".hours", 3_600_000],
  [".minutes", 60_000],
] as const;

function sourceName(source: string): ConfigRow["source"] {
  switch (source) {
    case "topic":
    case "group":
    case "broker":
      return source;
    case "brokerDefault":
      return "cluster";
    case "static":
      return "file";
    default:
      return "default";
  }
}

/** Sets and resets settings; with `dryRun` the broker only says whether it would. */
export async function patchConfig(
  { admin }: Kafka,
  resource: ConfigResource,
  { changes, dryRun }: ConfigPatch,
): Promise<void> {
  const checked: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(object(changes, '"changes"'))) {
    if (value !== null && typeof value !== "string") {
      throw new BadRequest(`The value of ${name} is a text, or null for the default.`);
    }
    checked[name] = value;
  }
  if (Object.keys(checked).length === 0) throw new BadRequest('"changes" names no setting.');
  await admin.alterConfigs(resource, checked, {
    validateOnly: dryRun === true,
    timeoutMs: CALL_MAX_MS,
  });
}
