import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { createAclsRequest, createAclsResponse } from "../../protocol/messages/create-acls.ts";
import { deleteAclsRequest, deleteAclsResponse } from "../../protocol/messages/delete-acls.ts";
import {
  describeAclsRequest,
  describeAclsResponse,
} from "../../protocol/messages/describe-acls.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, throwOnError } from "../errors.ts";
import { aclOperations, type AclOperation } from "./acl-words.ts";
import type { Outcome } from "./outcome.ts";
import { askAny, byController } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { vocabulary, type WordOf } from "./vocabulary.ts";

const createAclsCall = apiCall(ApiKey.CREATE_ACLS, createAclsRequest, createAclsResponse);
const deleteAclsCall = apiCall(ApiKey.DELETE_ACLS, deleteAclsRequest, deleteAclsResponse);
const describeAclsCall = apiCall(ApiKey.DESCRIBE_ACLS, describeAclsRequest, describeAclsResponse);

const resourceTypes = vocabulary([
  ["any", 1],
  ["topic", 2],
  ["group", 3],
  ["cluster", 4],
  ["transactionalId", 5],
  ["delegationToken", 6],
  ["user", 7],
]);
const patternTypes = vocabulary([
  ["any", 1],
  ["match", 2],
  ["literal", 3],
  ["prefixed", 4],
]);
const permissions = vocabulary([
  ["any", 1],
  ["deny", 2],
  ["allow", 3],
]);
/** What the only resource of the type `cluster` is called. */
const CLUSTER_NAME = "kafka-cluster";
const ANY_HOST = "*";

type ResourceTypeWord = WordOf<typeof resourceTypes>;
type PatternTypeWord = WordOf<typeof patternTypes>;
type PermissionWord = WordOf<typeof permissions>;
type OperationWord = Exclude<AclOperation, "unknown">;

/** What an ACL is about. */
export type AclResourceType = Exclude<ResourceTypeWord, "any"> | "unknown";
/** `literal`: the name as it is (`*`: all there are). `prefixed`: all names that begin so (KIP-290). */
export type AclPatternType = Exclude<PatternTypeWord, "any" | "match"> | "unknown";
/** Whether an ACL gives a right or takes it away; what is denied is denied whatever else allows it. */
export type AclPermission = Exclude<PermissionWord, "any"> | "unknown";

/** An ACL: who may, or may not, do what to which resources. */
export interface AclBinding {
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly patternType: AclPatternType;
  /** Such as `User:alice`; `User:*` is everybody. */
  readonly principal: string;
  /** An IP address; `*` is any. */
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: AclPermission;
}

/** An ACL to be created. */
export interface NewAcl {
  readonly resourceType: Exclude<AclResourceType, "unknown">;
  /** Needed, but for the type `cluster`, of which there is one. */
  readonly resourceName?: string | undefined;
  /** Default `literal`. */
  readonly patternType?: Exclude<AclPatternType, "unknown"> | undefined;
  readonly principal: string;
  /** Default any. */
  readonly host?: string | undefined;
  readonly operation: Exclude<OperationWord, "any">;
  /** Default `allow`. */
  readonly permission?: Exclude<AclPermission, "unknown"> | undefined;
}

/** Which ACLs are meant; what is left out matches all. */
export interface AclFilter {
  readonly resourceType?: ResourceTypeWord | undefined;
  readonly resourceName?: string | undefined;
  /**
   * `match`: all ACLs that apply to the resource of this name, be they literal, prefixed or for all
   * (KIP-290).
   */
  readonly patternType?: PatternTypeWord | undefined;
  readonly principal?: string | undefined;
  readonly host?: string | undefined;
  readonly operation?: OperationWord | undefined;
  readonly permission?: PermissionWord | undefined;
}

/** Creates ACLs; one outcome for each. One that there is already is created without complaint. */
export async function createAcls(
  cluster: Cluster,
  acls: readonly NewAcl[],
  options: CallOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<NewAcl, undefined>({
    cluster,
    items: acls,
    deadline,
    contextOf: () => ({ api: "CreateAcls" }),
    async ask(connection, items, settle) {
      const body = {
        creations: items.map((acl) => ({
          resourceType: resourceTypes.codeOf(acl.resourceType),
          resourceName: nameOf(acl),
          resourcePatternType: patternTypes.codeOf(acl.patternType ?? "literal"),
          principal: acl.principal,
          host: acl.host ?? ANY_HOST,
          operation: aclOperations.codeOf(acl.operation),
          permissionType: permissions.codeOf(acl.permission ?? "allow"),
        })),
      };
      const bounds = cluster.bounds(deadline);
      const { results } = await connection.request(createAclsCall, body, bounds);
      for (const [index, item] of items.entries()) {
        const answer = results[index];
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  return acls.map((acl) => ({ name: aclText(acl), ...resultOf(settled, acl) }));
}

function nameOf({ resourceType, resourceName }: NewAcl): string {
  return resourceName ?? (resourceType === "cluster" ? CLUSTER_NAME : "");
}

/** An ACL in words: `allow User:alice from * to read topic orders`. */
export function aclText(acl: NewAcl | AclBinding): string {
  const { permission = "allow", principal, host = ANY_HOST, operation, resourceType } = acl;
  const { resourceName = CLUSTER_NAME, patternType } = acl;
  const name = patternType === "prefixed" ? `${resourceName}…` : resourceName;
  return `${permission} ${principal} from ${host} to ${operation} ${resourceType} ${name}`;
}

/** The ACLs that a filter matches; without one all there are. */
export async function describeAcls(
  cluster: Cluster,
  filter: AclFilter = {},
  options: CallOptions = {},
): Promise<readonly AclBinding[]> {
  const deadline = cluster.deadline(options);
  const response = await askAny(
    cluster,
    describeAclsCall,
    wireFilter(filter),
    deadline,
    ({ errorCode, errorMessage }) => throwOnError(errorCode, { api: "DescribeAcls" }, errorMessage),
  );
  return response.resources.flatMap(({ acls, ...resource }) =>
    acls.map((acl) => bindingOf({ ...resource, ...acl })),
  );
}

/** Deletes the ACLs that filters match; one outcome for each filter, with what became of each ACL. */
export async function deleteAcls(
  cluster: Cluster,
  filters: readonly AclFilter[],
  options: CallOptions = {},
): Promise<readonly Outcome<readonly Outcome<AclBinding>[]>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<AclFilter, readonly Outcome<AclBinding>[]>({
    cluster,
    items: filters,
    deadline,
    contextOf: () => ({ api: "DeleteAcls" }),
    async ask(connection, items, settle) {
      const body = { filters: items.map(wireFilter) };
      const bounds = cluster.bounds(deadline);
      const { filterResults } = await connection.request(deleteAclsCall, body, bounds);
      for (const [index, item] of items.entries()) {
        const answer = filterResults[index];
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () =>
          answer.matchingAcls.map(deletionOf),
        );
      }
    },
  });
  return filters.map((filter) => ({
    name: `ACLs of ${filter.principal ?? "anybody"}`,
    ...resultOf(settled, filter),
  }));
}

interface WireAcl {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

interface WireDeletion extends WireAcl {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function deletionOf(wire: WireDeletion): Outcome<AclBinding> {
  const value = bindingOf(wire);
  const name = aclText(value);
  if (wire.errorCode === ErrorCode.NONE) return { name, value, error: undefined };
  const error = brokerError(wire.errorCode, { api: "DeleteAcls" }, wire.errorMessage);
  return { name, value: undefined, error };
}

function bindingOf(wire: WireAcl): AclBinding {
  return {
    resourceType: concrete(resourceTypes.wordOf(wire.resourceType)),
    resourceName: wire.resourceName,
    patternType: concretePattern(patternTypes.wordOf(wire.patternType)),
    principal: wire.principal,
    host: wire.host,
    operation: aclOperations.wordOf(wire.operation),
    permission: concrete(permissions.wordOf(wire.permissionType)),
  };
}

/** Words for filters never come in answers. */
function concrete<Word extends string>(word: Word): Exclude<Word, "any"> | "unknown" {
  return isConcrete(word) ? word : "unknown";
}

function isConcrete<Word extends string>(word: Word): word is Exclude<Word, "any"> {
  return word !== "any";
}

function concretePattern(word: PatternTypeWord | "unknown"): AclPatternType {
  return word === "any" || word === "match" ? "unknown" : word;
}

function wireFilter(filter: AclFilter) {
  return {
    resourceTypeFilter: resourceTypes.codeOf(filter.resourceType ?? "any"),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: patternTypes.codeOf(filter.patternType ?? "any"),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: aclOperations.codeOf(filter.operation ?? "any"),
    permissionType: permissions.codeOf(filter.permission ?? "any"),
  };
}
