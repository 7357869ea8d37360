import { deleteRecords } from "../../client/admin/offsets.ts";
import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { carryOut, difference, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import { readInput } from "../connection/settings.ts";
import { withCluster } from "../connection/with-cluster.ts";
import type { ExitCode } from "../exit-code.ts";
import { countText } from "../output.ts";
import { boundsOf, parsePlace, resolvePlaces, type PlaceQuery } from "../places.ts";
import { usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";
import { partitionsOf } from "../topics.ts";

interface Deletion extends Change, TopicPartition {
  readonly before: number;
}

/** `moldau record delete`. */
export function run(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const file = options.text("offset-json-file");
  const before = options.text("before");
  if ((file === undefined) === (before === undefined)) {
    throw usageProblem("say up to where: --before, or --offset-json-file");
  }
  const place = before === undefined ? undefined : parsePlace(before, Date.now(), "before");
  return withCluster(terminal, options, async (cluster) => {
    const queries: readonly PlaceQuery[] =
      place === undefined
        ? parseOffsetsJson(await readInput(terminal, file ?? ""), file ?? "")
        : (await partitionsOf(cluster, args)).map((partition) => ({ ...partition, place }));
    const bounds = await boundsOf(cluster, queries);
    const positions = await resolvePlaces(cluster, queries, { clamp: true });
    const changes = positions.map(({ topic, partition, offset }, index): Deletion => {
      const first = bounds[index]?.first ?? 0;
      const count = offset - first;
      return {
        kind: "partition",
        name: topicPartitionName(topic, partition),
        action: "delete",
        differences: [
          difference("first offset", first, offset),
          difference("records up to", `${count}`, null),
        ],
        topic,
        partition,
        before: offset,
        ...(count <= 0 ? { settled: { result: "unchanged" }, differences: [] } : {}),
      };
    });
    const sum = changes.reduce(
      (all, one, index) => all + one.before - (bounds[index]?.first ?? 0),
      0,
    );
    return carryOut(terminal, options, {
      changes,
      question: `Delete up to ${countText(sum, "record")}?`,
      apply: (open) => deleteRecords(cluster, open),
    });
  });
}

/** `{"partitions":[{"topic":"orders","partition":0,"offset":120}],"version":1}`; -1 is the end. */
export function parseOffsetsJson(text: string, file: string): PlaceQuery[] {
  const wrong = (): Error =>
    usageProblem(
      `${file} is not understood`,
      'write {"partitions":[{"topic":"orders","partition":0,"offset":120}],"version":1}',
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong();
  }
  const partitions = fieldOf(parsed, "partitions");
  if (!Array.isArray(partitions)) throw wrong();
  return partitions.map((entry: unknown): PlaceQuery => {
    const [topic, partition, offset] = ["topic", "partition", "offset"].map((name) =>
      fieldOf(entry, name),
    );
    if (typeof topic !== "string" || !Number.isInteger(partition) || !Number.isInteger(offset)) {
      throw wrong();
    }
    const place =
      Number(offset) < 0
        ? ({ kind: "latest" } as const)
        : ({ kind: "offset", offset: Number(offset) } as const);
    return { topic, partition: Number(partition), place };
  });
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
