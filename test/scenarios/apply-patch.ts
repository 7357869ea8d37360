/** One place that a patch changes: lines as they are, and as they become. */
interface Hunk {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What a patch changes in one file, by its path in the clone. */
export interface FilePatch {
  readonly path: string;
  readonly hunks: readonly Hunk[];
}

/** A known bug as a patch. */
export interface Scenario {
  readonly name: string;
  /** What the bug is, one sentence. */
  readonly about: string;
  readonly files: readonly FilePatch[];
}

/** Reads a patch file: lines that say what the bug is, then a unified diff. */
export function parseScenario(name: string, text: string): Scenario {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const start = lines.findIndex((line) => line.startsWith("--- "));
  const about = lines.slice(0, start).join(" ").trim();
  const files: { path: string; hunks: { before: string[]; after: string[] }[] }[] = [];
  for (const line of lines.slice(start)) {
    if (line.startsWith("--- ")) continue;
    if (line.startsWith("+++ ")) {
      files.push({ path: line.slice("+++ b/".length), hunks: [] });
      continue;
    }
    const hunks = files.at(-1)?.hunks;
    if (line.startsWith("@@")) {
      hunks?.push({ before: [], after: [] });
      continue;
    }
    const hunk = hunks?.at(-1);
    if (!line.startsWith("+")) hunk?.before.push(line.slice(1));
    if (!line.startsWith("-")) hunk?.after.push(line.slice(1));
  }
  return { name, about, files };
}

/**
 * The text of a file after its part of a patch. Places are found by their lines, wherever they stand now;
 * throws when one is not there exactly once.
 */
export function applyHunks({ path, hunks }: FilePatch, text: string): string {
  let lines = text.split("\n");
  for (const { before, after } of hunks) {
    const places: number[] = [];
    for (let at = 0; at + before.length <= lines.length; at++) {
      if (before.every((line, index) => lines[at + index] === line)) places.push(at);
    }
    const [place] = places;
    if (place === undefined || places.length > 1) {
      const what = place === undefined ? "is not there" : `is there ${places.length} times`;
      throw new Error(`${path}: what is to be changed ${what}:\n${before.join("\n")}`);
    }
    lines = [...lines.slice(0, place), ...after, ...lines.slice(place + before.length)];
  }
  return lines.join("\n");
}
