import { listGroups } from "../../client/admin/groups.ts";
import { groupLagOf, type GroupLag } from "../../client/admin/lag.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { groupFilter, stateColor } from "../group-words.ts";
import { outputFormat, printItems, type Listing } from "../output.ts";
import { matching } from "../patterns.ts";
import type { GroupRow } from "../shapes/group.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau group list`. */
export function run(
  terminal: Terminal,
  patterns: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const filter = groupFilter(options);
  // Members and lag cost requests for each group, which with thousands of groups takes its time.
  const format = outputFormat(terminal, options);
  const withDetails = options.has("template") || (format !== "table" && format !== "id");
  return withCluster(terminal, options, async (cluster) => {
    const listed = matching(await listGroups(cluster, filter), patterns, ({ group }) => group);
    const details = new Map<string, GroupLag>();
    if (withDetails) {
      const selectors = listed.map(({ group, type }) => ({ group, type }));
      for (const { name, value } of await groupLagOf(cluster, selectors, { withMembers: true })) {
        if (value !== undefined) details.set(name, value);
      }
    }
    const rows = listed.map(({ group, type, state, protocolType }): GroupRow => {
      const found = details.get(group);
      const members = found?.description?.members.length ?? null;
      return { group, type, state, protocolType, members, lag: found?.lag ?? null };
    });
    await printItems(
      terminal,
      options,
      groupListing(rows, patterns.length > 0 || isNarrowed(options)),
    );
    return ExitCode.ok;
  });
}

function isNarrowed(options: Options): boolean {
  return options.has("state") || options.has("type");
}

function groupListing(items: readonly GroupRow[], filtered: boolean): Listing<GroupRow> {
  return {
    items,
    id: ({ group }) => group,
    empty: filtered
      ? "No group is like that."
      : "There are no groups yet. They come with their first member: moldau consume orders -g billing",
    columns: [
      { title: "group", of: ({ group }) => group, shrinks: true },
      { title: "type", of: ({ type }) => type },
      { title: "state", of: ({ state }) => state, color: ({ state }) => stateColor(state) },
      {
        title: "protocol",
        field: "protocolType",
        of: ({ protocolType }) => protocolType,
        wide: true,
      },
      { title: "members", of: ({ members }) => members, right: true, wide: true },
      {
        title: "lag",
        of: ({ lag }) => lag,
        color: ({ lag }) => ((lag ?? 0) > 0 ? "yellow" : undefined),
        right: true,
        wide: true,
      },
    ],
  };
}
