import {
  alterClientQuotas,
  describeClientQuotas,
  quotaEntityText,
  type ClientQuotas,
  type QuotaEntity,
  type QuotaFilter,
} from "../../client/admin/quotas.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { carryOut, difference } from "../changes.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, printItems, readByPeople } from "../output.ts";
import { usageProblem } from "../problem.ts";
import type { QuotaRow } from "../shapes/security.ts";
import { nearest } from "../suggest.ts";
import type { Terminal } from "../terminal.ts";

type EntityType = keyof QuotaEntity;

const ENTITY_WORDS: Readonly<Record<string, EntityType>> = {
  user: "user",
  client: "client-id",
  "client-id": "client-id",
  ip: "ip",
};

const QUOTAS = [
  "producer_byte_rate",
  "consumer_byte_rate",
  "request_percentage",
  "controller_mutation_rate",
  "connection_creation_rate",
] as const;

/** The words of a command line: whom it is about, and the rest. */
export function splitEntity(words: readonly string[]): {
  readonly entity: QuotaEntity;
  readonly rest: readonly string[];
} {
  const entity: Partial<Record<EntityType, string | null>> = {};
  const rest: string[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    const type = equals < 0 ? undefined : ENTITY_WORDS[word.slice(0, equals)];
    if (type === undefined) rest.push(word);
    else entity[type] = word.slice(equals + 1) || null;
  }
  return { entity, rest };
}

/** `user=ada client=app`, as it is typed. */
function entityText(entity: QuotaEntity): string {
  const words = Object.entries(entity).map(
    ([type, name]) => `${type === "client-id" ? "client" : type}=${name ?? ""}`,
  );
  return words.join(" ");
}

/** `moldau quota list`. */
export function runList(
  terminal: Terminal,
  words: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { entity, rest } = splitEntity(words);
  if (rest[0] !== undefined) throw notAnEntity(rest[0]);
  return withCluster(terminal, options, async (cluster) => {
    const found = await describeClientQuotas(cluster, filterFor(entity));
    const isProgram = !readByPeople(terminal, options);
    const items = found.map(rowOf).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    await printItems<QuotaRow>(terminal, options, {
      items,
      id: ({ entity: of }) => wordsOf(of),
      empty: "Nobody is limited like that.",
      columns: [
        { title: "entity", of: ({ entity: of }) => wordsOf(of) },
        ...QUOTAS.filter((name) => isProgram || items.some(({ quotas }) => name in quotas)).map(
          (name) => ({
            title: name.replaceAll("_", " "),
            field: name,
            of: ({ quotas }: QuotaRow) => quotas[name],
            text: ({ quotas }: QuotaRow) => quotaText(name, quotas[name]),
            right: true,
          }),
        ),
      ],
    });
    return ExitCode.ok;
  });
}

function wordsOf(entity: QuotaRow["entity"]): string {
  return entityText(
    Object.fromEntries(Object.entries(entity).map(([type, name]) => [type, name || null])),
  );
}

function quotaText(name: string, value: number | undefined): string | null {
  if (value === undefined) return null;
  if (name.endsWith("_byte_rate")) return `${bytesText(value)}/s`;
  return name === "request_percentage" ? `${value} %` : `${value}/s`;
}

function rowOf({ entity, quotas }: ClientQuotas): QuotaRow {
  const names = Object.entries(entity).map(([type, name]) => [type, name ?? ""]);
  return { entity: Object.fromEntries(names), quotas };
}

function filterFor(entity: QuotaEntity): QuotaFilter | undefined {
  return Object.keys(entity).length === 0 ? undefined : entity;
}

function notAnEntity(word: string): Error {
  return usageProblem(`"${word}" names nobody`, "write user=ada, client=app or ip=10.0.0.1");
}

/** `moldau quota set`. */
export function runSet(
  terminal: Terminal,
  words: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { entity, rest } = splitEntity(words);
  if (Object.keys(entity).length === 0) throw notAnEntity(words[0] ?? "");
  const quotas = Object.fromEntries(rest.map(parseQuota));
  if (rest.length === 0) throw usageProblem("no quota is named", `write ${QUOTAS[0]}=10MiB`);
  return withCluster(terminal, options, (cluster) =>
    alter(terminal, options, cluster, entity, quotas),
  );
}

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1000,
  kb: 1000,
  kib: 1024,
  m: 1_000_000,
  mb: 1_000_000,
  mib: 1024 ** 2,
  g: 1_000_000_000,
  gb: 1_000_000_000,
  gib: 1024 ** 3,
};

/** `producer_byte_rate=10MiB`. */
export function parseQuota(text: string): [name: string, value: number] {
  const match = /^([\w-]+)=(\d+(?:\.\d+)?)\s*([a-z]*)%?$/i.exec(text);
  const name = match?.[1]?.replaceAll("-", "_") ?? "";
  const known = QUOTAS.find((one) => one === name);
  if (match === null || known === undefined) {
    const near = nearest(name || text, QUOTAS);
    throw usageProblem(
      `"${text}" is no quota`,
      near === undefined
        ? `write one of ${QUOTAS.join(", ")}, = and a number`
        : `did you mean: ${near}`,
    );
  }
  const unit = BYTES[(match[3] ?? "").toLowerCase()];
  if (unit === undefined || (unit !== 1 && !known.endsWith("_byte_rate"))) {
    throw usageProblem(`"${text}": there is no unit "${match[3]}" here`);
  }
  return [known, Number(match[2]) * unit];
}

/** `moldau quota unset`. */
export function runUnset(
  terminal: Terminal,
  words: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { entity, rest } = splitEntity(words);
  if (Object.keys(entity).length === 0) throw notAnEntity(words[0] ?? "");
  return withCluster(terminal, options, async (cluster) => {
    const before = await quotasOf(cluster, entity);
    const names = rest.length === 0 ? Object.keys(before) : rest;
    const quotas = Object.fromEntries(names.map((name) => [name.replaceAll("-", "_"), null]));
    return alter(terminal, options, cluster, entity, quotas);
  });
}

async function quotasOf(cluster: Cluster, entity: QuotaEntity): Promise<ClientQuotas["quotas"]> {
  const [found] = await describeClientQuotas(cluster, filterFor(entity), { strict: true });
  return found?.quotas ?? {};
}

async function alter(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  entity: QuotaEntity,
  quotas: Readonly<Record<string, number | null>>,
): Promise<ExitCode> {
  const before = await quotasOf(cluster, entity);
  const differences = Object.entries(quotas)
    .filter(([name, value]) => (before[name] ?? null) !== value)
    .map(([name, value]) => difference(name, before[name], value));
  const isUnset = Object.values(quotas).every((value) => value === null);
  return carryOut(terminal, options, {
    changes: [
      {
        kind: "quota",
        name: entityText(entity) || quotaEntityText(entity),
        action: isUnset ? "unset" : "set",
        differences,
        ...(differences.length === 0 ? { settled: { result: "unchanged" } } : {}),
      },
    ],
    apply: () => alterClientQuotas(cluster, [{ entity, quotas }]),
  });
}
