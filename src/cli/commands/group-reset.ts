import * as fs from "node:fs";
import { describeGroups } from "../../client/admin/describe-groups.ts";
import { alterGroupOffsets, listGroupOffsets } from "../../client/admin/group-offsets.ts";
import { valueOf, type PartitionOutcome } from "../../client/admin/outcome.ts";
import { alterShareGroupOffsets, listShareGroupOffsets } from "../../client/admin/share-offsets.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import { carryOut, difference, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import { readInput } from "../connection/settings.ts";
import { withCluster } from "../connection/with-cluster.ts";
import type { ExitCode } from "../exit-code.ts";
import { countText } from "../output.ts";
import { boundsOf, parsePlace, resolvePlaces, type Place, type Position } from "../places.ts";
import { Problem, usageProblem } from "../problem.ts";
import { renderTable } from "../table.ts";
import { paintFor, type Paint, type Terminal } from "../terminal.ts";
import { partitionsOf } from "../topics.ts";

/** Where a partition is to go on: a place, or reckoned from what is committed. */
export type Target =
  | Place
  | { readonly kind: "current" }
  | { readonly kind: "shift"; readonly count: number };

/** A partition of a group with what it has committed, and what it is to have. */
export interface Move extends TopicPartition {
  readonly committed: number | null;
  readonly offset: number;
  readonly end: number;
}

/** `moldau group reset`. */
export function runReset(
  terminal: Terminal,
  [group = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const target = targetOf(options);
  const file = options.text("from-file");
  if ((target === undefined) === (file === undefined)) {
    throw usageProblem("say where to: one of --to, --shift and --from-file");
  }
  return withCluster(terminal, options, async (cluster) => {
    const places = await placesOf(cluster, group);
    const wanted =
      file === undefined
        ? await targetsFor(cluster, group, places, options.list("topic"), target)
        : parseOffsetsCsv(await readInput(terminal, file), file).map(({ offset, ...of }) => ({
            ...of,
            target: { kind: "offset", offset } as const,
          }));
    return moveGroup(terminal, options, cluster, group, wanted, "reset", places);
  });
}

/** `moldau group seek`. */
export function runSeek(
  terminal: Terminal,
  [group = "", ...texts]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const seeks = texts.map((text) => {
    const match = /^(.+:[\d,-]+)=(.+)$/.exec(text);
    if (match === null) {
      throw usageProblem(
        `"${text}" names no place`,
        "write topic:partition=place, such as orders:0=120",
      );
    }
    return { partitions: match[1] ?? "", target: parseTarget(match[2] ?? "", "to") };
  });
  return withCluster(terminal, options, async (cluster) => {
    const wanted: Wanted[] = [];
    for (const { partitions, target } of seeks) {
      for (const of of await partitionsOf(cluster, [partitions])) wanted.push({ ...of, target });
    }
    const places = await placesOf(cluster, group);
    return moveGroup(terminal, options, cluster, group, wanted, "seek", places);
  });
}

function targetOf(options: Options): Target | undefined {
  const to = options.text("to");
  const shift = options.integer("shift", { min: -Number.MAX_SAFE_INTEGER });
  if (to !== undefined && shift !== undefined) throw usageProblem("only one of --to and --shift");
  if (shift !== undefined) return { kind: "shift", count: shift };
  return to === undefined ? undefined : parseTarget(to, "to");
}

export function parseTarget(text: string, flag: string): Target {
  return text === "current" ? { kind: "current" } : parsePlace(text, Date.now(), flag);
}

/** What a group has committed; nothing for one that is not there yet. */
export async function committedOf(cluster: Cluster, group: string): Promise<readonly Position[]> {
  const [found] = await listGroupOffsets(cluster, [group]);
  if (found?.error?.code === "GROUP_ID_NOT_FOUND") return [];
  return found === undefined ? [] : valueOf(found);
}

/** Where a group is, and how it is set. */
interface GroupPlaces {
  /** Partitions that it knows of. */
  readonly partitions: readonly TopicPartition[];
  readonly committed: readonly Position[];
  set(positions: readonly Position[]): Promise<readonly PartitionOutcome[]>;
}

/** A share group has a start in each partition where others have a committed offset. */
async function placesOf(cluster: Cluster, group: string): Promise<GroupPlaces> {
  const [described] = await describeGroups(cluster, [group]);
  if (described?.value?.type !== "Share") {
    const committed = await committedOf(cluster, group);
    const set: GroupPlaces["set"] = (positions) => alterGroupOffsets(cluster, group, positions);
    return { partitions: committed, committed, set };
  }
  const [found] = await listShareGroupOffsets(cluster, [group]);
  const partitions = found === undefined ? [] : valueOf(found);
  return {
    partitions,
    committed: partitions.flatMap(({ topic, partition, startOffset }) =>
      startOffset === null ? [] : [{ topic, partition, offset: startOffset }],
    ),
    set: (positions) =>
      alterShareGroupOffsets(
        cluster,
        group,
        positions.map(({ topic, partition, offset }) => ({
          topic,
          partition,
          startOffset: offset,
        })),
      ),
  };
}

export interface Wanted extends TopicPartition {
  readonly target: Target;
}

/** The partitions that topics name, or all that the group has committed. */
async function targetsFor(
  cluster: Cluster,
  group: string,
  places: GroupPlaces,
  topics: readonly string[],
  target: Target | undefined,
): Promise<Wanted[]> {
  if (target === undefined) return [];
  if (topics.length === 0 && places.partitions.length === 0) {
    throw new Problem("MLD3011", `${group} has committed nothing`, {
      remedy: "name the topics: -t orders",
    });
  }
  const partitions = topics.length === 0 ? places.partitions : await partitionsOf(cluster, topics);
  return partitions.map(({ topic, partition }) => ({ topic, partition, target }));
}

/** The new offsets of a group, within what the logs hold. */
export async function movesOf(
  cluster: Cluster,
  committed: readonly Position[],
  wanted: readonly Wanted[],
): Promise<Move[]> {
  const current = ({ topic, partition }: TopicPartition): number | null =>
    committed.find((one) => one.topic === topic && one.partition === partition)?.offset ?? null;
  const bounds = await boundsOf(cluster, wanted);
  const places = wanted.map(({ topic, partition, target }, index) => {
    const at = current({ topic, partition });
    const first = bounds[index]?.first ?? 0;
    return { topic, partition, place: placeOf(target, at, first, bounds[index]?.end ?? 0) };
  });
  const positions = await resolvePlaces(cluster, places, { clamp: true });
  return positions
    .map(({ topic, partition, offset }, index) => ({
      topic,
      partition,
      committed: current({ topic, partition }),
      offset,
      end: bounds[index]?.end ?? 0,
    }))
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

function placeOf(target: Target, at: number | null, first: number, end: number): Place {
  switch (target.kind) {
    case "current":
      return { kind: "offset", offset: at ?? end };
    case "shift":
      return { kind: "offset", offset: (at ?? first) + target.count };
    default:
      return target;
  }
}

interface GroupMove extends Change, Move {}

async function moveGroup(
  terminal: Terminal,
  options: Options,
  cluster: Cluster,
  group: string,
  wanted: readonly Wanted[],
  action: "reset" | "seek",
  places: GroupPlaces,
): Promise<ExitCode> {
  const moves = await movesOf(cluster, places.committed, wanted);
  const file = options.text("to-file");
  if (file !== undefined) fs.writeFileSync(file, offsetsCsv(moves));
  const changes = moves.map((move): GroupMove => {
    const isSame = move.committed === move.offset;
    return {
      ...move,
      kind: "offset",
      name: `${group} ${move.topic}-${move.partition}`,
      action,
      differences: isSame ? [] : [difference("committed", move.committed, move.offset)],
      ...(isSame ? { settled: { result: "unchanged" } } : {}),
    };
  });
  if (!options.has("dry-run")) await refuseMembers(cluster, group);
  const count = changes.filter(({ settled }) => settled === undefined).length;
  return carryOut(terminal, options, {
    changes,
    question: `Move ${group} in ${countText(count, "partition")}?`,
    view: (wide) => movesTable(terminal, moves, wide),
    empty: "There are no partitions to move in.",
    apply: (open) => places.set(open),
  });
}

/** A group with members would go on where these are, and commit over what is set. */
export async function refuseMembers(cluster: Cluster, group: string): Promise<void> {
  const [described] = await describeGroups(cluster, [group]);
  const { value, error } = described ?? {};
  if (error?.code === "GROUP_ID_NOT_FOUND" || value === undefined) return;
  if (value.members.length === 0) return;
  const clients = [...new Set(value.members.map(({ clientId, host }) => `${clientId} (${host})`))];
  const who = `${clients.slice(0, NAMED_MAX).join(", ")}${clients.length > NAMED_MAX ? ", …" : ""}`;
  throw new Problem(
    "MLD3013",
    `group ${group} is ${value.state} with ${countText(value.members.length, "member")}: ${who}`,
    { remedy: "stop its members first: they would go on where they are" },
  );
}

const NAMED_MAX = 3;

/** `FROM → TO`, and what it comes to. */
export function movesTable(terminal: Terminal, moves: readonly Move[], wide: boolean): string {
  const colorOf = ({ committed, offset }: Move): keyof Paint | undefined => {
    if (committed === offset) return "dim";
    return offset < (committed ?? 0) ? "yellow" : "green";
  };
  const sum = moves.reduce((all, { end, offset }) => all + end - offset, 0);
  const before = moves.reduce((all, { end, committed }) => all + end - (committed ?? end), 0);
  const table = renderTable(
    terminal,
    {
      items: moves,
      columns: [
        { title: "topic", of: ({ topic }) => topic, shrinks: true },
        { title: "partition", of: ({ partition }) => partition, right: true },
        { title: "committed", of: ({ committed }) => committed, right: true },
        { title: "new", of: ({ offset }) => offset, color: colorOf, right: true },
        { title: "change", of: changeText, color: colorOf, right: true },
        { title: "end", of: ({ end }) => end, right: true },
        { title: "lag after", of: ({ end, offset }) => end - offset, right: true },
      ],
    },
    wide,
  );
  const { dim } = paintFor(terminal, terminal.stdout);
  return `${table}${dim(`lag ${before} → ${sum}`)}\n`;
}

function changeText({ committed, offset }: Move): string {
  if (committed === null) return "new";
  const by = offset - committed;
  return by === 0 ? "none" : by > 0 ? `+${by}` : String(by);
}

/** `topic,partition,offset` lines, as Kafka's tool exports and imports them. */
export function offsetsCsv(moves: readonly Position[]): string {
  return moves.map(({ topic, partition, offset }) => `${topic},${partition},${offset}\n`).join("");
}

/** Reads {@link offsetsCsv}; lines that Kafka's tool wrote with quotes too. */
export function parseOffsetsCsv(text: string, file: string): Position[] {
  const positions: Position[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const match = /^"?([^",]+)"?,"?(\d+)"?,"?(\d+)"?$/.exec(line.trim());
    if (match === null) {
      throw usageProblem(
        `line ${index + 1} of ${file} is no topic,partition,offset: ${line}`,
        "write lines such as orders,0,120",
      );
    }
    positions.push({
      topic: match[1] ?? "",
      partition: Number(match[2]),
      offset: Number(match[3]),
    });
  }
  return positions;
}
