import {
  alterConfigs,
  describeConfigs,
  listConfigResources,
  type ConfigChange,
  type ConfigResource,
} from "../../client/admin/configs.ts";
import type { ConfigEntry } from "../../client/admin/config-values.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { carryOut, difference, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import {
  configResource,
  configRows,
  configType,
  explainSetting,
  ownSource,
  sourceText,
  valueWithout,
  type ConfigTypeWord,
} from "../config-words.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { wrap } from "../wrap.ts";
import { isForPeople, outputFormat, printItems, type Listing } from "../output.ts";
import type { Column } from "../table.ts";
import { matching, notFound } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import type { ConfigRow } from "../shapes/config.ts";
import { paintFor, type Terminal } from "../terminal.ts";

/** `moldau config describe`. */
export function runDescribe(
  terminal: Terminal,
  [typeText = "", name, ...patterns]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const type = configType(typeText);
  return withCluster(terminal, options, async (cluster) => {
    if (name === undefined) return describeAll(terminal, options, cluster, type);
    const resource = configResource(type, name);
    return describeOne(terminal, options, cluster, { type, resource, patterns });
  });
}

/** `moldau broker configs`. */
export function runBroker(
  terminal: Terminal,
  [id = "", ...patterns]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return runDescribe(terminal, ["broker", id, ...patterns], options);
}

interface Described {
  readonly type: ConfigTypeWord;
  readonly resource: ConfigResource;
  readonly patterns: readonly string[];
}

async function describeOne(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  { type, resource, patterns }: Described,
): Promise<ExitCode> {
  const rows = await configRows(cluster, type, resource);
  const wanted = matching(rows, patterns, ({ setting }) => setting);
  const [pattern] = patterns;
  if (wanted.length === 0 && pattern !== undefined) {
    throw notFound(
      "setting",
      pattern,
      rows.map(({ setting }) => setting),
    );
  }
  const shown = options.has("set") ? wanted.filter(isSet) : wanted;
  await printRows(terminal, options, shown, "Nothing is set: all settings have their defaults.");
  return ExitCode.ok;
}

/** What is set, of all resources of a type. */
async function describeAll(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  type: ConfigTypeWord,
): Promise<ExitCode> {
  const wireType = configResource(type, "0").type;
  const resources = await listConfigResources(cluster, [wireType]);
  const rows: ConfigRow[] = [];
  const sorted = [...resources].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const resource of sorted) rows.push(...(await configRows(cluster, type, resource)));
  if (type === "broker")
    rows.push(...(await configRows(cluster, type, configResource(type, "default"))));
  const own = new Set<string>([sourceText(ownSource(configResource(type, "0"))), "all brokers"]);
  const set = rows.filter(({ source }) => own.has(source));
  await printRows(terminal, options, set, `Nothing is set for any ${type}.`);
  return ExitCode.ok;
}

function isSet({ source }: ConfigRow): boolean {
  return source !== "default";
}

async function printRows(
  terminal: Terminal,
  options: Options,
  rows: readonly ConfigRow[],
  empty: string,
): Promise<void> {
  const names = new Set(rows.map(({ name }) => name));
  const listing: Listing<ConfigRow> = {
    items: rows,
    id: ({ setting }) => setting,
    empty,
    columns: columnsFor(names.size > 1),
  };
  const withDocs = options.has("doc") && isForPeople(outputFormat(terminal, options));
  await printItems(
    terminal,
    options,
    listing,
    withDocs ? () => rows.map((row) => inWords(terminal, row)).join("\n") : undefined,
  );
}

function columnsFor(several: boolean): readonly Column<ConfigRow>[] {
  return [
    { title: "type", of: ({ type }) => type, programsOnly: true },
    { title: "name", of: ({ name }) => name, programsOnly: !several },
    { title: "setting", of: ({ setting }) => setting },
    {
      title: "value",
      of: ({ value }) => value,
      text: ({ value, sensitive }) => (sensitive ? "(secret)" : value),
      shrinks: true,
    },
    {
      title: "set by",
      field: "source",
      of: ({ source }) => source,
      color: (row) => (isSet(row) ? "cyan" : "dim"),
    },
    {
      title: "default",
      of: (row) => row.default,
      text: (row) => (isSet(row) && row.default !== null ? row.default || '""' : ""),
      color: () => "dim",
      shrinks: true,
    },
    { title: "type", field: "kind", of: ({ kind }) => kind, wide: true },
    { title: "read only", field: "readOnly", of: ({ readOnly }) => readOnly, wide: true },
    { title: "documentation", of: ({ documentation }) => documentation, programsOnly: true },
  ];
}

const DOC_WIDTH = 96;

/** A setting with what it is about. */
function inWords(terminal: Terminal, row: ConfigRow): string {
  const { bold, dim, cyan } = paintFor(terminal, terminal.stdout);
  const { setting, kind, documentation, readOnly, sensitive } = row;
  const value = sensitive ? "(secret)" : (row.value ?? "(none)");
  const facts = [
    kind,
    isSet(row) ? `set by ${row.source}` : "default",
    readOnly ? "read only" : "",
  ];
  const head = `${bold(setting)} = ${isSet(row) ? cyan(value) : value}`;
  const other = isSet(row) && row.default !== null ? `, default ${row.default || '""'}` : "";
  const text = (documentation ?? "").replace(/<[^>]+>/g, "").replace(/\s+/g, " ");
  const lines = wrap(text, DOC_WIDTH).map((line) => `    ${line}\n`);
  return `${head}  ${dim(`${facts.filter((fact) => fact !== "").join(", ")}${other}`)}\n${lines.join("")}`;
}

/** `moldau config set`. */
export function runSet(
  terminal: Terminal,
  [type = "", name = "", ...assignments]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return change(terminal, options, type, name, assignments.map(parseAssignment));
}

/** `moldau config unset`. */
export function runUnset(
  terminal: Terminal,
  [type = "", name = "", ...settings]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return change(
    terminal,
    options,
    type,
    name,
    settings.map((setting) => ({ name: setting, value: null })),
  );
}

/** `name=value`, `name+=value`, `name-=value`. */
export function parseAssignment(text: string): ConfigChange {
  const match = /^([^=+\s]+?)([+-]?)=([^]*)$/.exec(text);
  if (match === null) {
    throw usageProblem(`"${text}" sets nothing`, "write name=value, name+=value or name-=value");
  }
  const [, name = "", sign, value = ""] = match;
  const operation = sign === "+" ? "append" : sign === "-" ? "subtract" : "set";
  return { name, value, operation };
}

function change(
  terminal: Terminal,
  options: Options,
  typeText: string,
  name: string,
  changes: readonly ConfigChange[],
): Promise<ExitCode> {
  const type = configType(typeText);
  const resource = configResource(type, name);
  return withCluster(terminal, options, async (cluster) => {
    const entries = await entriesOf(cluster, resource);
    const differences = changes.flatMap((one) =>
      differenceOf(resource, entries.get(one.name), one),
    );
    const action = changes.every(({ value }) => value === null) ? "unset" : "set";
    const base: Change = {
      kind: `${type} config`,
      name: resource.name || "default",
      action,
      differences,
    };
    const alteration = { resource, changes };
    const alter = async (validateOnly: boolean) => {
      const outcomes = await alterConfigs(cluster, [alteration], { validateOnly });
      const names = changes.map(({ name: setting }) => setting);
      return outcomes.map(({ error }) => ({ error: explainSetting(error, names, entries.keys()) }));
    };
    const [checked] = options.has("dry-run") ? await alter(true) : [];
    const settled =
      differences.length === 0
        ? ({ result: "unchanged" } as const)
        : checked?.error === undefined
          ? undefined
          : ({ result: "failed", error: checked.error } as const);
    return carryOut(terminal, options, {
      changes: [{ ...base, ...(settled === undefined ? {} : { settled }) }],
      apply: () => alter(false),
    });
  });
}

async function entriesOf(
  cluster: Cluster,
  resource: ConfigResource,
): Promise<ReadonlyMap<string, ConfigEntry>> {
  const [described] = await describeConfigs(cluster, [resource]);
  const entries = described === undefined ? [] : valueOf(described);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

const HIDDEN = "(hidden)";

/** What a change does to a setting; nothing when it has that value already. */
function differenceOf(
  resource: ConfigResource,
  entry: ConfigEntry | undefined,
  { name, value, operation }: ConfigChange,
) {
  const own = ownSource(resource);
  const before = entry?.value ?? null;
  if (value === null) {
    const fallback = valueWithout(entry, resource);
    return entry?.source === own ? [difference(name, before, fallback ?? "(default)")] : [];
  }
  const after = operation === "set" ? String(value) : listAfter(before, String(value), operation);
  if (entry?.isSensitive === true) return [difference(name, HIDDEN, HIDDEN)];
  return before === after && entry?.source === own ? [] : [difference(name, before, after)];
}

function listAfter(
  before: string | null,
  value: string,
  operation: ConfigChange["operation"],
): string {
  const split = (text: string): string[] => text.split(",").filter((item) => item !== "");
  const items = split(before ?? "");
  const given = split(value);
  return operation === "append"
    ? [...items, ...given.filter((item) => !items.includes(item))].join(",")
    : items.filter((item) => !given.includes(item)).join(",");
}
