/**
 * Checks that imports point down (`scripts/layers.json`), that no file imports itself by a detour, and that only
 * the package's entry points hand on what others export. Type imports count like all others.
 */
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow, printResult, root } from "./lib.ts";

/** `scripts/layers.json`. */
export interface Layers {
  /** Rooms below each room. */
  readonly rooms: Readonly<Record<string, readonly string[]>>;
  /** Rooms that single files may import besides. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Rooms that every test may import besides. */
  readonly tests: readonly string[];
  /** Folders that only the named rooms and files (and tests) may import from. */
  readonly reserved: Readonly<Record<string, readonly string[]>>;
  /** The files that may re-export. */
  readonly entryPoints: readonly string[];
}

export interface SourceFile {
  /** Relative to the clone, with `/`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  /** Relative to the clone. */
  readonly target: string;
  readonly line: number;
}

/** What `moldau` runs; examples start it as a process. */
const PROGRAM = "src/cli/bin.ts";

const fromClause = String.raw`(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\}|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+[\w$]+))?)\s*from\s*`;
const importPatterns = [
  new RegExp(String.raw`^\s*(?:import|export)\s+${fromClause}["']([^"']+)["']`, "gm"),
  /^\s*import\s*["']([^"']+)["']/gm,
  /\bimport\(\s*["']([^"']+)["']/g,
  /\bnew URL\(\s*["']([^"']+\.ts)["']\s*,\s*import\.meta\.url/g,
];
const reExportPattern = new RegExp(String.raw`^\s*export\s+${fromClause}["']`, "m");

/** The relative imports of a file; packages and Node's own modules are no matter of layers. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  for (const pattern of importPatterns) {
    for (const match of file.text.matchAll(pattern)) {
      const specifier = match[1] ?? "";
      if (!specifier.startsWith(".")) continue;
      const target = join(dirname(file.path), specifier).replaceAll("\\", "/");
      const line = file.text.slice(0, match.index + match[0].length).split("\n").length;
      found.push({ target, line });
    }
  }
  return found;
}

/** `storage` of `src/storage/log.ts`; `undefined` for files that stand in no room. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function mayImport(layers: Layers, from: string, to: string): string | undefined {
  const isTest = /\.(?:test|fuzz|bench)\.ts$/.test(from);
  const fromRoom = roomOf(from);
  const toRoom = roomOf(to);
  for (const [folder, rooms] of Object.entries(layers.reserved)) {
    const inside = from.startsWith(`${folder}/`) || isTest || fromRoom === undefined;
    const named = rooms.includes(from) || (fromRoom !== undefined && rooms.includes(fromRoom));
    if (to.startsWith(`${folder}/`) && !inside && !named) {
      return `${folder} is reserved for ${rooms.join(", ")}`;
    }
  }
  if (from.startsWith("examples/") && !to.startsWith("examples/") && to !== PROGRAM) {
    return "examples use the package by its name, as programs of its users do";
  }
  if (fromRoom === undefined || fromRoom === toRoom) return undefined;
  if (toRoom === undefined) return "leaves the rooms of src/";
  const below = layers.rooms[fromRoom];
  if (below === undefined) return `the room "${fromRoom}" is not in scripts/layers.json`;
  if (below.includes(toRoom) || layers.files[from]?.includes(toRoom) === true) return undefined;
  if (isTest && layers.tests.includes(toRoom)) return undefined;
  return `${fromRoom} does not rest on ${toRoom}`;
}

/** Every complaint about the files, one line each. */
export function checkLayers(layers: Layers, files: readonly SourceFile[]): string[] {
  const complaints: string[] = [];
  const graph = new Map<string, string[]>();
  const known = new Set(files.map((file) => file.path));
  for (const file of files) {
    const targets: string[] = [];
    for (const { target, line } of importsOf(file)) {
      const reason = mayImport(layers, file.path, target);
      if (reason !== undefined)
        complaints.push(`${file.path}:${line} imports ${target}: ${reason}`);
      if (known.has(target)) targets.push(target);
      else complaints.push(`${file.path}:${line} imports ${target}, which does not exist`);
    }
    graph.set(file.path, targets);
    const isEntryPoint = layers.entryPoints.includes(file.path);
    if (!isEntryPoint && reExportPattern.test(file.text)) {
      complaints.push(`${file.path} re-exports, but is no entry point of the package`);
    }
    if (!isEntryPoint && file.path.startsWith("src/") && file.path.endsWith("/index.ts")) {
      complaints.push(`${file.path} is named like an entry point; name it after what it holds`);
    }
  }
  for (const cycle of findCycles(graph)) complaints.push(`cycle: ${cycle.join(" → ")}`);
  return complaints;
}

/** One cycle for every group of files that reach each other (Tarjan's strongly connected components). */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    let lowest = index.size - 1;
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (onStack.has(next)) lowest = Math.min(lowest, low.get(next) ?? index.get(next) ?? lowest);
    }
    low.set(node, lowest);
    if (lowest !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    for (const member of group) onStack.delete(member);
    if (group.length > 1 || graph.get(node)?.includes(node) === true) {
      cycles.push(pathAround(graph, group));
    }
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return cycles;
}

/** The shortest way from the first of the group back to itself. */
function pathAround(graph: ReadonlyMap<string, readonly string[]>, group: string[]): string[] {
  const start = group[0] ?? "";
  const members = new Set(group);
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const path = [start];
        for (let at = node; at !== start; at = cameFrom.get(at) ?? start) path.unshift(at);
        return [start, ...path];
      }
      if (!members.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return group;
}

/** The table of the clone. */
export function readLayers(): Layers {
  return JSON.parse(fs.readFileSync(join(root, "scripts", "layers.json"), "utf8")) as Layers;
}

/** All TypeScript of the clone that has imports to check; the test of this file only quotes some. */
export function readSources(): SourceFile[] {
  return ["src", "bench", "test", "scripts", "examples"]
    .flatMap((folder) => filesBelow(folder, ".ts"))
    .filter((path) => path !== "scripts/check-layers.test.ts")
    .map((path) => ({ path, text: fs.readFileSync(join(root, path), "utf8") }));
}

if (
  process.argv[1] !== undefined &&
  relative(process.argv[1], fileURLToPath(import.meta.url)) === ""
) {
  const sources = readSources();
  const complaints = checkLayers(readLayers(), sources);
  for (const complaint of complaints) console.log(complaint);
  printResult(sources.length - Math.min(complaints.length, sources.length), complaints.length);
}
