import { readFileSync } from "node:fs";

/** Lines of {@link topOf}. */
const LINES = 18;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions of a `.cpuprofile` in which most time was spent, themselves alone, idling left out. */
export function topOf(path: string): readonly string[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, "utf8")) as Profile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = new Map<string, number>();
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || frame.functionName === "(idle)") continue;
    const microseconds = timeDeltas[i] ?? 0;
    const file = frame.url.replace(/^.*\/(?:src|dist|node_modules)\//, "");
    const place = file === "" ? "" : ` ${file}:${frame.lineNumber + 1}`;
    const name = `${frame.functionName || "(anonymous)"}${place}`;
    spent.set(name, (spent.get(name) ?? 0) + microseconds);
    total += microseconds;
  }
  return [...spent]
    .sort((a, b) => b[1] - a[1])
    .slice(0, LINES)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
}
