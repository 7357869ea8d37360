import { choice, integer, list, map, number, object, shape, text, type ItemOf } from "../shape.ts";

export const aclShape = shape("Acl", "one thing that somebody may, or may not, do", {
  principal: text("such as User:ada; User:* is everybody"),
  permission: text("allow or deny"),
  operation: text("such as read"),
  resourceType: text("topic, group, cluster, txn, token or user"),
  resourceName: text("its name; * is any"),
  patternType: choice(["literal", "prefixed", "unknown"], "prefixed: all that begin so"),
  host: text("where from; * is anywhere"),
});

export type AclRow = ItemOf<typeof aclShape>;

export const userShape = shape("User", "one user that logs in by SCRAM", {
  user: text("its name"),
  credentials: list(
    object({ mechanism: text("SCRAM-SHA-256 or SCRAM-SHA-512"), iterations: integer("") }, ""),
    "one for each mechanism",
  ),
});

export type UserRow = ItemOf<typeof userShape>;

export const quotaShape = shape("Quota", "what somebody may take", {
  entity: map(text(""), "user, client-id or ip by name; an empty name is the default of all"),
  quotas: map(number(""), "by Kafka's names; bytes a second, per cent, …"),
});

export type QuotaRow = ItemOf<typeof quotaShape>;
