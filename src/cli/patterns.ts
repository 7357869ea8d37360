import { ExitCode } from "./exit-code.ts";
import { Problem, usageProblem } from "./problem.ts";
import { nearest } from "./suggest.ts";

/** A regular expression that has to fit a whole name. */
export function wholeName(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`, "u");
  } catch {
    throw usageProblem(`"${text}" is no regular expression`);
  }
}

/** Things whose name one of the patterns fits; all of them without any. */
export function matching<T>(
  things: readonly T[],
  patterns: readonly string[],
  nameOf: (thing: T) => string,
): T[] {
  if (patterns.length === 0) return [...things];
  const compiled = patterns.map(wholeName);
  return things.filter((thing) => compiled.some((pattern) => pattern.test(nameOf(thing))));
}

/** The names that regular expressions fit; a problem where that is none. */
export function namesMatching(
  noun: string,
  patterns: readonly string[],
  names: readonly string[],
): string[] {
  const found = matching(names, patterns, (name) => name);
  if (found.length > 0) return found;
  throw new Problem("MLD3010", `no ${noun} has a name that ${patterns.join(" or ")} fits`, {
    exitCode: ExitCode.notFound,
    remedy: `see what there is: moldau ${noun} list`,
  });
}

/** Says that there is no such thing, and which one is near. */
export function notFound(noun: string, name: string, names: readonly string[]): Problem {
  const near = nearest(name, names);
  return new Problem("MLD3010", `there is no ${noun} ${name}`, {
    exitCode: ExitCode.notFound,
    remedy: near === undefined ? `see what there is: moldau ${noun} list` : `did you mean: ${near}`,
  });
}

/** `orders:0,1` and `orders`, taken apart; no numbers stand for all partitions. */
export function parsePartitions(text: string): {
  readonly topic: string;
  readonly partitions: readonly number[] | undefined;
} {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return { topic: text, partitions: undefined };
  return { topic: text.slice(0, colon), partitions: parseNumbers(text.slice(colon + 1), text) };
}

/** `0,1,5-7` as numbers. */
export function parseNumbers(list: string, whole = list): number[] {
  return list.split(",").flatMap((part) => {
    const range = /^(\d+)-(\d+)$/.exec(part.trim());
    if (range !== null) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
    }
    if (/^\d+$/.test(part.trim())) return [Number(part)];
    throw usageProblem(
      `"${whole}" does not name partitions`,
      "write numbers with commas between: 0,1,5-7",
    );
  });
}
