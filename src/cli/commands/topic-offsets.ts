import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { printItems } from "../output.ts";
import { boundsOf, parsePlace, resolvePlaces } from "../places.ts";
import type { OffsetRow } from "../shapes/topic.ts";
import type { Column } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { partitionsOf } from "../topics.ts";

/** `moldau topic offsets`. */
export function run(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const at = options.text("at");
  const place = at === undefined ? undefined : parsePlace(at, Date.now(), "at");
  const readCommitted = options.has("committed");
  return withCluster(terminal, options, async (cluster) => {
    const partitions = await partitionsOf(cluster, args);
    const bounds = await boundsOf(cluster, partitions, readCommitted);
    const found =
      place === undefined
        ? undefined
        : await resolvePlaces(
            cluster,
            partitions.map((partition) => ({ ...partition, place })),
            { clamp: true, readCommitted },
          );
    const items = bounds.map(({ topic, partition, first, end }, index) => ({
      topic,
      partition,
      firstOffset: first,
      endOffset: end,
      offset: found?.[index]?.offset ?? null,
    }));
    await printItems<OffsetRow>(terminal, options, {
      items,
      id: ({ topic, partition, endOffset, offset }) =>
        `${topic}:${partition}:${offset ?? endOffset}`,
      empty: "There are no partitions.",
      columns: [...columns, ...(place === undefined ? [] : [placeColumn])],
    });
    return ExitCode.ok;
  });
}

const columns: readonly Column<OffsetRow>[] = [
  { title: "topic", of: ({ topic }) => topic },
  { title: "partition", of: ({ partition }) => partition, right: true },
  { title: "first", field: "firstOffset", of: ({ firstOffset }) => firstOffset, right: true },
  { title: "end", field: "endOffset", of: ({ endOffset }) => endOffset, right: true },
];

const placeColumn: Column<OffsetRow> = {
  title: "offset",
  of: ({ offset }) => offset,
  right: true,
};
