import { choice, list, nullable, object, optional, shape, text, type ItemOf } from "../shape.ts";

export const CHANGE_ACTIONS = [
  "create",
  "alter",
  "delete",
  "empty",
  "set",
  "unset",
  "reset",
  "seek",
  "abort",
  "use",
  "rename",
] as const;

export const CHANGE_RESULTS = ["planned", "done", "unchanged", "failed"] as const;

/** What every command that changes something prints, an item for each thing. */
export const changeShape = shape("Change", "what became, or would become, of one thing", {
  kind: text("what it is: topic, group, partition, config, …"),
  name: text("which one"),
  action: choice(CHANGE_ACTIONS, "what is asked for"),
  result: choice(CHANGE_RESULTS, "planned with --dry-run; unchanged when it was so already"),
  differences: list(
    object(
      {
        field: text("such as partitions, or the name of a setting"),
        before: nullable(text("null: there is, or was, none")),
        after: nullable(text("null: there is none any more")),
      },
      "",
    ),
    "field by field",
  ),
  error: optional(text("why it failed")),
  code: optional(text("the code of the error")),
});

export type ChangeItem = ItemOf<typeof changeShape>;
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];
export type ChangeResult = (typeof CHANGE_RESULTS)[number];
export type Difference = ChangeItem["differences"][number];
