import { canAsk, confirm } from "./ask.ts";
import type { Options } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { countText, printItems, readByPeople, type Listing } from "./output.ts";
import { problemOf, tell, usageProblem, type Problem } from "./problem.ts";
import type { ChangeAction, ChangeItem, ChangeResult, Difference } from "./shapes/change.ts";
import { displayWidth } from "./table.ts";
import { paintFor, write, type Paint, type Terminal } from "./terminal.ts";

/** One thing that is to be changed. */
export interface Change {
  readonly kind: string;
  readonly name: string;
  readonly action: ChangeAction;
  readonly differences: readonly Difference[];
  /** Known before anything is done: it is so already, or cannot be. */
  readonly settled?: { readonly result: "unchanged" | "failed"; readonly error?: unknown };
}

/** What became of a change; without an error it is done. */
export interface Outcome {
  readonly error?: unknown;
  /** It was so already. */
  readonly unchanged?: boolean;
  /** What is known only afterwards. */
  readonly differences?: readonly Difference[];
}

/** What a command is about to do. */
export interface Plan<C extends Change = Change> {
  readonly changes: readonly C[];
  /** Asked before it is done, where something is lost by it; `--yes` answers. */
  readonly question?: string;
  /** Does those that are not settled; an outcome for each, in their order. */
  readonly apply: (changes: readonly C[]) => Promise<readonly Outcome[]>;
  /** What people are shown in place of the list of differences. */
  readonly view?: (wide: boolean) => string;
  /** Told when there is nothing to change. */
  readonly empty?: string;
}

/** A difference, of whatever values. */
export function difference(
  field: string,
  before: string | number | boolean | null | undefined,
  after: string | number | boolean | null | undefined,
): Difference {
  const text = (value: typeof before): string | null =>
    value === null || value === undefined ? null : String(value);
  return { field, before: text(before), after: text(after) };
}

/**
 * Shows with `--dry-run` what would change; else asks where it has to be asked, does it, and says what
 * became of each thing. Returns what the process ends with.
 */
export async function carryOut<C extends Change>(
  terminal: Terminal,
  options: Options,
  plan: Plan<C>,
): Promise<ExitCode> {
  const open = plan.changes.filter(({ settled }) => settled === undefined);
  const forPeople = readByPeople(terminal, options);
  if (options.has("dry-run")) {
    const items = plan.changes.map((change) => itemOf(change, "planned", {}));
    await showPlan(terminal, options, plan, items);
    if (forPeople && open.length > 0) {
      await write(
        terminal.stderr,
        paintFor(terminal, terminal.stderr).dim("Nothing was changed: this is a dry run.\n"),
      );
    }
    return conclude(terminal, options, plan.changes, []);
  }
  if (open.length > 0 && plan.question !== undefined && !options.has("yes")) {
    if (!canAsk(terminal)) {
      throw usageProblem(
        `this asks first: ${plan.question}`,
        "say --yes if it is meant, or --dry-run to see what would change",
      );
    }
    await write(terminal.stderr, planText(terminal, plan));
    if (!(await confirm(terminal, plan.question))) return ExitCode.failed;
  }
  const outcomes = open.length === 0 ? [] : await plan.apply(open);
  const items = plan.changes.map((change) => {
    const outcome = outcomes[open.indexOf(change)] ?? {};
    const done = outcome.unchanged === true ? "unchanged" : "done";
    return itemOf(change, outcome.error === undefined ? done : "failed", outcome);
  });
  await showResults(terminal, options, plan, items);
  return conclude(terminal, options, plan.changes, outcomes);
}

function itemOf(change: Change, result: ChangeResult, outcome: Outcome): ChangeItem {
  const { kind, name, action, settled } = change;
  const error = settled?.error ?? outcome.error;
  const problem = error === undefined ? undefined : problemOf(error);
  return {
    kind,
    name,
    action,
    result: settled?.result ?? result,
    differences: outcome.differences ?? change.differences,
    ...(problem === undefined ? {} : { error: problem.message, code: problem.code }),
  };
}

function listingOf(items: readonly ChangeItem[], empty: string): Listing<ChangeItem> {
  return {
    items,
    id: ({ name }) => name,
    empty,
    columns: [
      { title: "kind", of: ({ kind }) => kind },
      { title: "name", of: ({ name }) => name },
      { title: "action", of: ({ action }) => action },
      { title: "result", of: ({ result }) => result },
      { title: "differences", of: ({ differences }) => differences.map(differenceText).join("; ") },
      { title: "error", of: ({ error }) => error },
    ],
  };
}

async function showPlan<C extends Change>(
  terminal: Terminal,
  options: Options,
  plan: Plan<C>,
  items: readonly ChangeItem[],
): Promise<void> {
  const empty = plan.empty ?? "There is nothing to change.";
  if (items.length === 0 && readByPeople(terminal, options)) {
    await write(terminal.stderr, `${empty}\n`);
    return;
  }
  const listing = listingOf(items, empty);
  await printItems(terminal, options, listing, (wide) => planText(terminal, plan, items, wide));
}

function planText<C extends Change>(
  terminal: Terminal,
  plan: Plan<C>,
  items: readonly ChangeItem[] = plan.changes.map((change) => itemOf(change, "planned", {})),
  wide = false,
): string {
  if (plan.view !== undefined) return plan.view(wide);
  const paint = paintFor(terminal, terminal.stdout);
  return items.map((item) => plannedText(paint, item)).join("");
}

/** `topic orders  would be altered`, and below it every difference. */
function plannedText(paint: Paint, item: ChangeItem): string {
  const { kind, name, action, result, differences } = item;
  const head = `${kind} ${paint.bold(name)}`;
  if (result === "unchanged") return `${head}  ${paint.dim("is so already")}\n`;
  if (result === "failed") return "";
  const width = Math.max(0, ...differences.map(({ field }) => displayWidth(field)));
  const lines = differences.map((one) => {
    const [mark, color] = markOf(one);
    const space = " ".repeat(width - displayWidth(one.field));
    return `  ${paint[color](`${mark} ${one.field}${space}  ${valuesText(one)}`)}\n`;
  });
  return `${head}  would be ${PAST[action]}\n${lines.join("")}`;
}

function markOf({ before, after }: Difference): readonly [mark: string, color: keyof Paint] {
  if (before === null) return ["+", "green"];
  return after === null ? ["-", "red"] : ["~", "yellow"];
}

function valuesText({ before, after }: Difference): string {
  if (before === null) return shown(after);
  return after === null ? shown(before) : `${shown(before)} → ${shown(after)}`;
}

function shown(value: string | null): string {
  return value === "" ? '""' : (value ?? "");
}

function differenceText(one: Difference): string {
  return `${one.field} ${valuesText(one)}`;
}

const PAST: Readonly<Record<ChangeAction, string>> = {
  create: "created",
  alter: "altered",
  delete: "deleted",
  empty: "emptied",
  set: "set",
  unset: "unset",
  reset: "reset",
  seek: "moved",
  abort: "aborted",
  use: "in use",
  rename: "renamed",
};

/** Differences that a line has room for. */
const LINE_DIFFERENCES_MAX = 6;

async function showResults<C extends Change>(
  terminal: Terminal,
  options: Options,
  plan: Plan<C>,
  items: readonly ChangeItem[],
): Promise<void> {
  const empty = plan.empty ?? "There is nothing to change.";
  if (items.length === 0 && readByPeople(terminal, options)) {
    await write(terminal.stderr, `${empty}\n`);
    return;
  }
  const paint = paintFor(terminal, terminal.stdout);
  const listing = listingOf(items, empty);
  await printItems(terminal, options, listing, () =>
    items.map((item) => doneText(paint, item)).join(""),
  );
}

/** `created topic orders (partitions 3, replicas 1)`. What failed is told on the error stream. */
function doneText(paint: Paint, { kind, name, action, result, differences }: ChangeItem): string {
  const what = `${kind} ${paint.bold(name)}`;
  if (result === "unchanged") return `${what} ${paint.dim("is so already")}\n`;
  if (result !== "done") return "";
  const few = differences.slice(0, LINE_DIFFERENCES_MAX).map(differenceText);
  const more = differences.length - few.length;
  const all = more > 0 ? [...few, `${countText(more, "more")}`] : few;
  const tail = all.length === 0 ? "" : `  ${paint.dim(all.join(", "))}`;
  return `${paint.green("✓")} ${what} ${PAST[action]}${tail}\n`;
}

/** Tells what failed; all failed, some failed, or all is well. */
function conclude(
  terminal: Terminal,
  options: Options,
  changes: readonly Change[],
  outcomes: readonly Outcome[],
): ExitCode {
  const output = options.text("output");
  const asJson = output === "json" || output === "ndjson";
  const errors = [
    ...changes.map(({ settled }) => settled?.error),
    ...outcomes.map(({ error }) => error),
  ].filter((error) => error !== undefined);
  const problems = errors.map((error): Problem => problemOf(error));
  for (const problem of problems) tell(terminal, problem, asJson);
  const [first] = problems;
  if (first === undefined) return ExitCode.ok;
  return problems.length < changes.length ? ExitCode.partial : first.exitCode;
}
