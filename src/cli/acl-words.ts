import type { AclBinding, AclFilter, NewAcl } from "../client/admin/acls.ts";
import { usageProblem } from "./problem.ts";
import type { AclRow } from "./shapes/security.ts";
import { ACL_OPERATIONS } from "./words.ts";
import { nearest } from "./suggest.ts";

export type AclOperationWord = NewAcl["operation"];
export type AclResourceWord = NewAcl["resourceType"];

const operations: Readonly<Record<(typeof ACL_OPERATIONS)[number], AclOperationWord>> = {
  all: "all",
  read: "read",
  write: "write",
  create: "create",
  delete: "delete",
  alter: "alter",
  describe: "describe",
  "cluster-action": "clusterAction",
  "describe-configs": "describeConfigs",
  "alter-configs": "alterConfigs",
  "idempotent-write": "idempotentWrite",
  "create-tokens": "createTokens",
  "describe-tokens": "describeTokens",
  "two-phase-commit": "twoPhaseCommit",
};

/** `read`, `describe-configs`, and Kafka's `DescribeConfigs`. */
export function aclOperation(text: string): AclOperationWord {
  const asked = plain(text);
  const found = ACL_OPERATIONS.find((word) => plain(word) === asked);
  if (found !== undefined) return operations[found];
  const near = nearest(text, ACL_OPERATIONS);
  throw usageProblem(
    `nothing of the name "${text}" can be allowed`,
    near === undefined ? `it is one of ${ACL_OPERATIONS.join(", ")}` : `did you mean: ${near}`,
  );
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, "");
}

/** An operation as it is written on the command line. */
export function operationText(operation: AclBinding["operation"]): string {
  return operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const resources: Readonly<Record<string, AclResourceWord>> = {
  topic: "topic",
  group: "group",
  cluster: "cluster",
  txn: "transactionalId",
  "transactional-id": "transactionalId",
  token: "delegationToken",
  "delegation-token": "delegationToken",
  user: "user",
};

const resourceTexts: Readonly<Partial<Record<AclBinding["resourceType"], string>>> = {
  transactionalId: "txn",
  delegationToken: "token",
};

/** A resource as ACLs name it. */
export interface AclResource {
  readonly resourceType: AclResourceWord;
  readonly resourceName: string | undefined;
  readonly patternType: "literal" | "prefixed";
}

/** `topic:orders`, `topic:orders-*` for all that begin so, `topic:*` for all, `cluster`. */
export function aclResource(text: string): AclResource {
  const colon = text.indexOf(":");
  const word = colon < 0 ? text : text.slice(0, colon);
  const name = colon < 0 ? undefined : text.slice(colon + 1);
  const resourceType = resources[word.toLowerCase()];
  if (resourceType === undefined) {
    const near = nearest(word, Object.keys(resources));
    throw usageProblem(
      `"${text}" is no resource`,
      near === undefined
        ? "write topic:orders, group:billing, txn:shop-1 or cluster"
        : `did you mean: ${near}:…`,
    );
  }
  if (resourceType === "cluster")
    return { resourceType, resourceName: undefined, patternType: "literal" };
  if (name === undefined || name === "") {
    throw usageProblem(
      `"${text}" names no ${word}`,
      `write ${word}:name, ${word}:prefix-* or ${word}:*`,
    );
  }
  const isPrefix = name.length > 1 && name.endsWith("*");
  return {
    resourceType,
    resourceName: isPrefix ? name.slice(0, -1) : name,
    patternType: isPrefix ? "prefixed" : "literal",
  };
}

/** `topic:orders-*` of a resource. */
export function resourceText({
  resourceType,
  resourceName,
  patternType,
}: Pick<AclBinding, "resourceType" | "resourceName" | "patternType">): string {
  if (resourceType === "cluster") return "cluster";
  const type = resourceTexts[resourceType] ?? resourceType;
  return `${type}:${resourceName}${patternType === "prefixed" ? "*" : ""}`;
}

/** `ada` is `User:ada`. */
export function principalOf(text: string): string {
  return text.includes(":") ? text : `User:${text}`;
}

/** What the roles that people mean need, on one kind of resource (as Kafka's own tool has it). */
const roles: Readonly<
  Record<string, Readonly<Partial<Record<AclResourceWord, readonly AclOperationWord[]>>>>
> = {
  producer: {
    topic: ["write", "describe", "create"],
    transactionalId: ["write", "describe"],
    cluster: ["idempotentWrite"],
  },
  consumer: { topic: ["read", "describe"], group: ["read"] },
};

/** The operations of a list such as `read,describe` or `consumer`, on one kind of resource. */
export function operationsFor(
  list: string,
  resourceType: AclResourceWord,
): readonly AclOperationWord[] {
  return list.split(",").flatMap((word) => {
    const role = roles[word.toLowerCase()];
    if (role === undefined) return [aclOperation(word)];
    const of = role[resourceType];
    if (of !== undefined) return of;
    throw usageProblem(
      `a ${word} needs nothing of a ${resourceTexts[resourceType] ?? resourceType}`,
      `it needs ${Object.keys(role)
        .map((type) => resourceTexts[type as AclResourceWord] ?? type)
        .join(" and ")}`,
    );
  });
}

/** An ACL as it is printed for programs. */
export function aclRow(acl: AclBinding): AclRow {
  return {
    principal: acl.principal,
    permission: acl.permission,
    operation: operationText(acl.operation),
    resourceType: resourceTexts[acl.resourceType] ?? acl.resourceType,
    resourceName: acl.resourceName,
    patternType: acl.patternType,
    host: acl.host,
  };
}

/** A filter of everything, narrowed by what is given. */
export function filterFor(
  resource: AclResource | undefined,
  narrow: Pick<AclFilter, "principal" | "host" | "operation" | "permission">,
  match: boolean,
): AclFilter {
  if (resource === undefined) return narrow;
  const { resourceType, resourceName, patternType } = resource;
  return { ...narrow, resourceType, resourceName, patternType: match ? "match" : patternType };
}
