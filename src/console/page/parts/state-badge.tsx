import type { JSX } from "preact";
import type { GroupRow } from "../../api.ts";

const kinds: Readonly<Record<string, string>> = {
  Stable: "good",
  Assigning: "warn",
  Reconciling: "warn",
  PreparingRebalance: "warn",
  CompletingRebalance: "warn",
  Empty: "",
  Dead: "bad",
  NotReady: "warn",
};

/** The state of a group in a colour that says whether somebody should look. */
export function StateBadge({ state }: { state: string }): JSX.Element {
  return <span class={`badge ${kinds[state] ?? ""}`}>{state === "" ? "unknown" : state}</span>;
}

/** As {@link StateBadge}; a group that does not move on though there is something to read says so instead. */
export function GroupBadge({
  group,
}: {
  group: Pick<GroupRow, "state" | "members" | "isStuck">;
}): JSX.Element {
  if (!group.isStuck) return <StateBadge state={group.state} />;
  return group.members === 0 ? (
    <span class="badge warn">nobody reads</span>
  ) : (
    <span class="badge bad">stuck</span>
  );
}
