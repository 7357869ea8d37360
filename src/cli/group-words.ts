import type { ListGroupsOptions } from "../client/admin/groups.ts";
import type { Options } from "./command.ts";
import { usageProblem } from "./problem.ts";
import { nearest } from "./suggest.ts";
import type { Paint } from "./terminal.ts";

type States = NonNullable<ListGroupsOptions["states"]>;
type Types = NonNullable<ListGroupsOptions["types"]>;

const states: States = [
  "Stable",
  "Empty",
  "Dead",
  "PreparingRebalance",
  "CompletingRebalance",
  "Assigning",
  "Reconciling",
  "NotReady",
];
const types: Types = ["Classic", "Consumer", "Share", "Streams"];

/** `stable,preparing-rebalance` as Kafka's words. */
export function wordsOf<T extends string>(
  text: string | undefined,
  known: readonly T[],
  flag: string,
): readonly T[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((part) => {
    const asked = plain(part);
    const found = known.find((word) => plain(word) === asked);
    if (found !== undefined) return found;
    const near = nearest(part, known);
    throw usageProblem(
      `--${flag} does not know "${part}"`,
      near === undefined ? `it takes ${known.join(", ")}` : `did you mean: ${near}`,
    );
  });
}

function plain(word: string): string {
  return word.trim().toLowerCase().replace(/[-_ ]/g, "");
}

/** What `--state` and `--type` ask for. */
export function groupFilter(options: Options): ListGroupsOptions {
  return {
    states: wordsOf(options.text("state"), states, "state"),
    types: wordsOf(options.text("type"), types, "type"),
  };
}

/** The colour that a state has in tables. */
export function stateColor(state: string): keyof Paint | undefined {
  switch (state) {
    case "Stable":
      return "green";
    case "Empty":
      return "dim";
    case "Dead":
      return "red";
    default:
      return "yellow";
  }
}
