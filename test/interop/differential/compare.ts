import type { Entry } from "./session.ts";
import type { Plain } from "./normalise.ts";

/** One place where the answers differ. */
export interface Difference {
  readonly scenario: string;
  readonly label: string;
  /** Field path from the response, such as `topics[0].errorCode`; empty for the whole answer. */
  readonly path: string;
  readonly kafka: Plain | undefined;
  readonly moldau: Plain | undefined;
  readonly request: Plain;
}

/** Everything in which two runs of a scenario differ. */
export function compareRuns(
  scenario: string,
  kafka: readonly Entry[],
  moldau: readonly Entry[],
): Difference[] {
  const found: Difference[] = [];
  const count = Math.max(kafka.length, moldau.length);
  for (let i = 0; i < count; i++) {
    const theirs = kafka[i];
    const ours = moldau[i];
    if (theirs === undefined || ours === undefined || theirs.label !== ours.label) {
      const label = `step ${i + 1}`;
      const paths = { kafka: theirs?.label ?? "ended", moldau: ours?.label ?? "ended" };
      found.push({ scenario, label, path: "the course", ...paths, request: null });
      break;
    }
    walk(theirs.outcome, ours.outcome, "", (path, left, right) => {
      const { label, request } = theirs;
      found.push({ scenario, label, path, kafka: left, moldau: right, request });
    });
  }
  return found;
}

type Report = (path: string, kafka: Plain | undefined, moldau: Plain | undefined) => void;

function walk(
  kafka: Plain | undefined,
  moldau: Plain | undefined,
  path: string,
  report: Report,
): void {
  if (kafka === moldau) return;
  if (isList(kafka) && isList(moldau)) {
    if (kafka.length !== moldau.length) {
      // The lists as such, so that one missing item does not show as a row of differences.
      const left = kafka.map((item) => JSON.stringify(item));
      const right = moldau.map((item) => JSON.stringify(item));
      const missing = left.filter((item) => !right.includes(item));
      const added = right.filter((item) => !left.includes(item));
      report(`${path}[${kafka.length}/${moldau.length}]`, missing, added);
      return;
    }
    for (let i = 0; i < kafka.length; i++) walk(kafka[i], moldau[i], `${path}[${i}]`, report);
    return;
  }
  if (isStruct(kafka) && isStruct(moldau)) {
    const names = new Set([...Object.keys(kafka), ...Object.keys(moldau)]);
    for (const name of names) {
      walk(kafka[name], moldau[name], path === "" ? name : `${path}.${name}`, report);
    }
    return;
  }
  report(path, kafka, moldau);
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

function isStruct(value: Plain | undefined): value is { readonly [name: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A difference for people, on a few lines. */
export function describeDifference(difference: Difference): string {
  const { scenario, label, path, kafka, moldau, request } = difference;
  return [
    `${scenario}: ${label}: ${path}`,
    `  kafka  ${shown(kafka)}`,
    `  moldau ${shown(moldau)}`,
    `  asked  ${shown(request)}`,
  ].join("\n");
}

function shown(value: Plain | undefined): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 1500 ? `${text.slice(0, 1500)}…` : text;
}
