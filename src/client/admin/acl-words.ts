import { AUTHORIZED_OPERATIONS_OMITTED } from "../../protocol/constants.ts";
import { vocabulary, type WordOf } from "./vocabulary.ts";

/** Numbers of `org.apache.kafka.common.acl.AclOperation`; in answers they are also bits. */
export const aclOperations = vocabulary([
  ["any", 1],
  ["all", 2],
  ["read", 3],
  ["write", 4],
  ["create", 5],
  ["delete", 6],
  ["alter", 7],
  ["describe", 8],
  ["clusterAction", 9],
  ["describeConfigs", 10],
  ["alterConfigs", 11],
  ["idempotentWrite", 12],
  ["createTokens", 13],
  ["describeTokens", 14],
  ["twoPhaseCommit", 15],
]);
const OPERATION_BITS = 32;

/** Something that an ACL allows or denies. */
export type AclOperation = WordOf<typeof aclOperations> | "unknown";

/** Operations of a bit field (KIP-430), or null where nobody asked for them. */
export function aclOperationsOf(bits: number): readonly AclOperation[] | null {
  if (bits === AUTHORIZED_OPERATIONS_OMITTED) return null;
  const operations: AclOperation[] = [];
  for (let code = 0; code < OPERATION_BITS; code++) {
    if (((bits >>> code) & 1) === 1) operations.push(aclOperations.wordOf(code));
  }
  return operations;
}
