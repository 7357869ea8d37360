import type { JSX } from "preact";
import type { GroupRow } from "../../api.ts";
import { AsCode, Code } from "../parts/code.tsx";
import { NameLink } from "../parts/name-link.tsx";
import { LongList, ordered, type Column, type Order } from "../parts/long-list.tsx";
import { Card, Page } from "../parts/page.tsx";
import { at, bootstrap, groupsSnippets } from "../parts/snippets.ts";
import { GroupBadge } from "../parts/state-badge.tsx";
import * as format from "../state/format.ts";
import { groupList } from "../state/live.ts";
import { linkTo, place, setQuery } from "../state/router.ts";

const columns: readonly Column<GroupRow>[] = [
  {
    key: "name",
    title: "Group",
    width: "minmax(90px, 3fr)",
    order: (group) => group.name,
    cell: (group) => <NameLink href={linkTo(["groups", group.name])} name={group.name} />,
  },
  {
    key: "state",
    title: "State",
    width: "minmax(104px, 1fr)",
    order: (group) => (group.isStuck ? "" : group.state),
    cell: (group) => <GroupBadge group={group} />,
  },
  {
    key: "type",
    title: "Type",
    width: "90px",
    isOptional: true,
    order: (group) => group.type,
    cell: (group) => group.type,
  },
  {
    key: "topics",
    title: "Topics",
    width: "minmax(120px, 2fr)",
    isOptional: true,
    cell: (group) => <span title={group.topics.join(", ")}>{group.topics.join(", ")}</span>,
  },
  {
    key: "members",
    title: "Members",
    width: "78px",
    isNumber: true,
    isOptional: true,
    order: (group) => group.members,
    cell: (group) => format.count(group.members),
  },
  {
    key: "lag",
    title: "Lag",
    width: "72px",
    isNumber: true,
    order: (group) => group.lag,
    cell: (group) => <span title={format.count(group.lag)}>{format.short(group.lag)}</span>,
  },
  {
    key: "trend",
    title: "Trend",
    width: "92px",
    isNumber: true,
    isOptional: true,
    order: (group) => group.lagTrend,
    cell: (group) => <Trend group={group} />,
  },
];

/** A lag of so many records comes and goes while a group keeps up. */
const LAG_OF_NOTE = 100;

function Trend({ group: { lag, lagTrend } }: { group: GroupRow }): JSX.Element {
  if (Math.abs(lagTrend) < 0.05) return <span class="muted">steady</span>;
  const text = `${lagTrend > 0 ? "↑" : "↓"} ${format.rate(Math.abs(lagTrend))}/s`;
  if (lag < LAG_OF_NOTE) return <span class="muted">{text}</span>;
  return <span class={`badge ${lagTrend > 0 ? "warn" : "good"}`}>{text}</span>;
}

export function Groups(): JSX.Element {
  const { query } = place.value;
  const search = (query.get("q") ?? "").toLowerCase();
  const order: Order = { key: query.get("by") ?? "name", descending: query.get("desc") === "1" };
  const all = groupList.value;
  const found = all.filter(
    ({ name, topics }) =>
      name.toLowerCase().includes(search) ||
      topics.some((topic) => topic.toLowerCase().includes(search)),
  );
  return (
    <Page
      title="Groups"
      about="Consumers of a group share the partitions of their topics; every group reads everything."
      actions={<AsCode of={groupsSnippets()} />}
    >
      {all.length === 0 ? (
        <Card title="No group yet">
          <div class="page">
            <p>A group is made by its first member. This one prints what comes into a topic:</p>
            <Code text={`moldau consume orders --group billing${at()}`} label="command" />
            <p>Any Kafka client does it with a group id and the address {bootstrap()}.</p>
          </div>
        </Card>
      ) : (
        <>
          <div class="row">
            <input
              type="search"
              class="input search"
              placeholder="Search groups and their topics"
              aria-label="Search groups and their topics"
              value={query.get("q") ?? ""}
              onInput={(event) => setQuery({ q: event.currentTarget.value })}
            />
            <span class="muted">{format.plural(found.length, "group")}</span>
          </div>
          <Card flush>
            <LongList
              label="Groups"
              rows={ordered(found, columns, order)}
              columns={columns}
              keyOf={(group) => group.name}
              order={order}
              onOrder={({ key, descending }) =>
                setQuery({ by: key, desc: descending ? 1 : undefined })
              }
            />
            {found.length === 0 ? (
              <div class="empty">
                <p>No group matches.</p>
              </div>
            ) : null}
          </Card>
        </>
      )}
    </Page>
  );
}
