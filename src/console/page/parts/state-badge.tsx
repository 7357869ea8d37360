import type { JSX } from "preact";

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
