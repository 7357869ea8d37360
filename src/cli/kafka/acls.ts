import {
  createAcls,
  deleteAcls,
  describeAcls,
  type AclBinding,
  type AclFilter,
  type NewAcl,
} from "../../client/admin/acls.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import { groupBy } from "../../client/partitions.ts";
import { aclOperation, type AclOperationWord, type AclResourceWord } from "../acl-words.ts";
import { confirm } from "../ask.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { oneAction, withKafkaCluster } from "./options.ts";

type Pattern = "literal" | "prefixed" | "any" | "match";

interface Resource {
  readonly resourceType: AclResourceWord;
  readonly resourceName: string;
}

/** `moldau kafka-acls`: answers in the words of Kafka's tool. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["add", "remove", "list"]);
  return withKafkaCluster(terminal, options, async (cluster) => {
    const resources = resourcesOf(options);
    if (action === "add") {
      const acls = newAcls(options, resources);
      for (const outcome of await createAcls(cluster, acls)) valueOf(outcome);
      await write(terminal.stdout, aclsText("Adding ACLs", acls.map(bindingOf)));
    } else if (action === "remove") {
      const filters = removalFilters(options, resources);
      const question = "Are you sure you want to delete these ACLs?";
      if (!options.has("force") && !(await confirm(terminal, question))) return ExitCode.failed;
      for (const outcome of await deleteAcls(cluster, filters)) valueOf(outcome);
    }
    const shown = await listed(cluster, options, resources);
    await write(terminal.stdout, aclsText("Current ACLs", shown));
    return ExitCode.ok;
  });
}

async function listed(
  cluster: Parameters<typeof describeAcls>[0],
  options: Options,
  resources: readonly Resource[],
): Promise<AclBinding[]> {
  const pattern = patternOf(options);
  const filters: AclFilter[] =
    resources.length === 0
      ? [{}]
      : resources.map((resource) => ({ ...resource, patternType: pattern }));
  const principals = options.list("principal");
  const found: AclBinding[] = [];
  for (const filter of filters) {
    const acls = await describeAcls(cluster, filter);
    found.push(
      ...acls.filter(({ principal }) => principals.length === 0 || principals.includes(principal)),
    );
  }
  return found;
}

function patternOf(options: Options): Pattern {
  const text = (options.text("resource-pattern-type") ?? "LITERAL").toLowerCase();
  if (text === "literal" || text === "prefixed" || text === "any" || text === "match") return text;
  throw usageProblem(
    `--resource-pattern-type "${text}" is not known`,
    "it is ANY, MATCH, LITERAL or PREFIXED",
  );
}

const RESOURCE_FLAGS: readonly (readonly [flag: string, type: AclResourceWord])[] = [
  ["topic", "topic"],
  ["group", "group"],
  ["transactional-id", "transactionalId"],
  ["delegation-token", "delegationToken"],
  ["user-principal", "user"],
];
const CLUSTER: Resource = { resourceType: "cluster", resourceName: "kafka-cluster" };

function resourcesOf(options: Options): Resource[] {
  const found = RESOURCE_FLAGS.flatMap(([flag, resourceType]) =>
    options.list(flag).map((name) => ({ resourceType, resourceName: name.trim() })),
  );
  return options.has("cluster") ? [...found, CLUSTER] : found;
}

/** What `--producer` and `--consumer` stand for, by kind of resource. */
function operationsOf(options: Options, { resourceType }: Resource): readonly AclOperationWord[] {
  const operations = new Set<AclOperationWord>();
  const add = (...words: AclOperationWord[]): void => {
    for (const word of words) operations.add(word);
  };
  if (options.has("producer")) {
    if (resourceType === "topic") add("write", "describe", "create");
    if (resourceType === "transactionalId") add("write", "describe");
    if (resourceType === "cluster") add("idempotentWrite");
  }
  if (options.has("consumer")) {
    if (resourceType === "topic") add("read", "describe");
    if (resourceType === "group") add("read");
  }
  if (options.has("producer") || options.has("consumer")) return [...operations];
  const given = options.list("operation").map((text) => aclOperation(text));
  return given.length === 0 ? ["all"] : given;
}

function withCluster(options: Options, resources: readonly Resource[]): readonly Resource[] {
  return options.has("producer") && options.has("idempotent") ? [...resources, CLUSTER] : resources;
}

function newAcls(options: Options, resources: readonly Resource[]): NewAcl[] {
  const pattern = patternOf(options);
  if (pattern !== "literal" && pattern !== "prefixed") {
    throw usageProblem("--add takes a --resource-pattern-type of LITERAL or PREFIXED");
  }
  if (resources.length === 0)
    throw usageProblem("name a resource: --topic, --cluster, --group, --transactional-id, …");
  const rules = (["allow", "deny"] as const).flatMap((permission) =>
    options.list(`${permission}-principal`).flatMap((principal) => {
      const hosts = options.list(`${permission}-host`);
      return (hosts.length === 0 ? ["*"] : hosts).map((host) => ({ principal, host, permission }));
    }),
  );
  if (rules.length === 0)
    throw usageProblem("name somebody: --allow-principal or --deny-principal");
  return withCluster(options, resources).flatMap((resource) =>
    operationsOf(options, resource).flatMap((operation) =>
      rules.map((rule) => {
        const patternType = resource.resourceType === "cluster" ? ("literal" as const) : pattern;
        return { ...resource, ...rule, operation, patternType };
      }),
    ),
  );
}

function removalFilters(options: Options, resources: readonly Resource[]): AclFilter[] {
  if (resources.length === 0)
    throw usageProblem("name a resource: --topic, --cluster, --group, --transactional-id, …");
  const patternType = patternOf(options);
  const hasRules =
    options.list("allow-principal").length + options.list("deny-principal").length > 0;
  if (!hasRules) return resources.map((resource) => ({ ...resource, patternType }));
  const literal = patternType === "prefixed" ? "prefixed" : "literal";
  const asked = new Map([["resource-pattern-type", literal]]);
  return newAcls(optionsWith(options, asked), resources).map((acl) => ({ ...acl, patternType }));
}

function optionsWith(options: Options, values: ReadonlyMap<string, string>): Options {
  let changed = options;
  for (const [name, value] of values) changed = changed.with(name, value);
  return changed;
}

function bindingOf(acl: NewAcl): AclBinding {
  return {
    resourceType: acl.resourceType,
    resourceName: acl.resourceName ?? CLUSTER.resourceName,
    patternType: acl.patternType ?? "literal",
    principal: acl.principal,
    host: acl.host ?? "*",
    operation: acl.operation,
    permission: acl.permission ?? "allow",
  };
}

/** `transactionalId` as `TRANSACTIONAL_ID`. */
function constant(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function aclsText(title: string, acls: readonly AclBinding[]): string {
  const byResource = groupBy(
    acls,
    ({ resourceType, resourceName, patternType }) =>
      `ResourcePattern(resourceType=${constant(resourceType)}, name=${resourceName}, patternType=${constant(patternType)})`,
  );
  const blocks = [...byResource].map(([resource, of]) => {
    const lines = of.map(
      ({ principal, host, operation, permission }) =>
        `\t(principal=${principal}, host=${host}, operation=${constant(operation)}, permissionType=${constant(permission)})`,
    );
    return `${title} for resource \`${resource}\`: \n ${lines.join("\n ")} \n\n`;
  });
  return blocks.join("");
}
