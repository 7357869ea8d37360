import {
  createAcls,
  deleteAcls,
  describeAcls,
  type AclBinding,
  type AclFilter,
  type NewAcl,
} from "../../client/admin/acls.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import {
  aclOperation,
  aclResource,
  aclRow,
  filterFor,
  operationsFor,
  operationText,
  principalOf,
  resourceText,
} from "../acl-words.ts";
import { carryOut, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { countText, printItems } from "../output.ts";
import { usageProblem } from "../problem.ts";
import type { AclRow } from "../shapes/security.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau acl list`. */
export function runList(
  terminal: Terminal,
  resources: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const filters = filtersOf(resources, options);
  return withCluster(terminal, options, async (cluster) => {
    const items = (await find(cluster, filters)).map(aclRow);
    await printItems<AclRow>(terminal, options, {
      items,
      id: ({ principal }) => principal,
      empty: "Nothing is allowed or forbidden like that.",
      columns: [
        { title: "principal", of: ({ principal }) => principal },
        {
          title: "permission",
          of: ({ permission }) => permission,
          color: ({ permission }) => (permission === "deny" ? "red" : "green"),
        },
        { title: "operation", of: ({ operation }) => operation },
        { title: "resource", of: () => null, text: rowResource, peopleOnly: true },
        { title: "resourceType", of: ({ resourceType }) => resourceType, programsOnly: true },
        { title: "resourceName", of: ({ resourceName }) => resourceName, programsOnly: true },
        { title: "patternType", of: ({ patternType }) => patternType, programsOnly: true },
        { title: "host", of: ({ host }) => host },
      ],
    });
    return ExitCode.ok;
  });
}

function rowResource({ resourceType, resourceName, patternType }: AclRow): string {
  if (resourceType === "cluster") return "cluster";
  return `${resourceType}:${resourceName}${patternType === "prefixed" ? "*" : ""}`;
}

function filtersOf(resources: readonly string[], options: Options): AclFilter[] {
  const principal = options.text("principal");
  const operation = options.text("operation");
  if (options.has("deny") && options.has("allow"))
    throw usageProblem("only one of --allow and --deny");
  const permission = options.has("deny") ? "deny" : options.has("allow") ? "allow" : undefined;
  const narrow = {
    principal: principal === undefined ? undefined : principalOf(principal),
    host: options.text("host"),
    operation: operation === undefined ? undefined : aclOperation(operation),
    permission,
  } as const;
  const match = options.has("match");
  if (resources.length === 0) return [filterFor(undefined, narrow, match)];
  return resources.map((text) => filterFor(aclResource(text), narrow, match));
}

/** What any of the filters matches, sorted by who and what. */
async function find(cluster: Cluster, filters: readonly AclFilter[]): Promise<AclBinding[]> {
  const found = new Map<string, AclBinding>();
  for (const filter of filters) {
    for (const acl of await describeAcls(cluster, filter)) found.set(nameOf(acl), acl);
  }
  return [...found.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey(acl: AclBinding): string {
  return `${acl.principal} ${resourceText(acl)} ${acl.operation} ${acl.host}`;
}

/** `allow User:ada read topic:orders`. */
function nameOf(acl: AclBinding): string {
  const host = acl.host === "*" ? "" : ` from ${acl.host}`;
  return `${acl.permission} ${acl.principal} ${operationText(acl.operation)} ${resourceText(acl)}${host}`;
}

interface Creation extends Change {
  readonly acl: NewAcl;
}

/** `moldau acl create`. */
export function runCreate(
  terminal: Terminal,
  [who = "", operations = "", ...resources]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const principal = principalOf(who);
  const host = options.text("host") ?? "*";
  const permission = options.has("deny") ? "deny" : "allow";
  const wanted = resources.flatMap((text) => {
    const { resourceType, resourceName = CLUSTER_NAME, patternType } = aclResource(text);
    return operationsFor(operations, resourceType).map(
      (operation) =>
        ({
          resourceType,
          resourceName,
          patternType,
          principal,
          host,
          operation,
          permission,
        }) as const,
    );
  });
  return withCluster(terminal, options, async (cluster) => {
    const existing = new Set((await describeAcls(cluster, { principal })).map(nameOf));
    const changes = wanted.map((acl): Creation => {
      const name = nameOf(acl);
      const base = { kind: "acl", name, action: "create", differences: [], acl } as const;
      return existing.has(name) ? { ...base, settled: { result: "unchanged" } } : base;
    });
    return carryOut(terminal, options, {
      changes,
      apply: (open) =>
        createAcls(
          cluster,
          open.map(({ acl }) => acl),
        ),
    });
  });
}

/** What the only resource of the type `cluster` is called. */
const CLUSTER_NAME = "kafka-cluster";

interface Deletion extends Change {
  readonly acl: AclBinding;
}

/** `moldau acl delete`. */
export function runDelete(
  terminal: Terminal,
  resources: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const filters = filtersOf(resources, options);
  const isAll =
    resources.length === 0 && Object.values(filters[0] ?? {}).every((one) => one === undefined);
  if (isAll)
    throw usageProblem("say which: resources, --principal, --operation, --host, --allow or --deny");
  return withCluster(terminal, options, async (cluster) => {
    const changes = (await find(cluster, filters)).map((acl): Deletion => ({
      kind: "acl",
      name: nameOf(acl),
      action: "delete",
      differences: [],
      acl,
    }));
    return carryOut(terminal, options, {
      changes,
      question: `Delete ${countText(changes.length, "ACL")}?`,
      empty: "Nothing is allowed or forbidden like that.",
      apply: async (open) => {
        const exact = open.map(({ acl }) => acl as AclFilter);
        const outcomes = await deleteAcls(cluster, exact);
        return outcomes.map((outcome) => {
          if (outcome.error !== undefined) return outcome;
          const [failed] = valueOf(outcome).filter(({ error }) => error !== undefined);
          return { error: failed?.error };
        });
      },
    });
  });
}
