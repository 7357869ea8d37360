import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { NewTopic, TopicRow } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { GettingStarted } from "../parts/getting-started.tsx";
import { Icon } from "../parts/icons.tsx";
import { NameLink } from "../parts/name-link.tsx";
import { LongList, ordered, type Column, type Order } from "../parts/long-list.tsx";
import { Card, Page } from "../parts/page.tsx";
import { createTopicSnippets } from "../parts/change-snippets.ts";
import { topicsSnippets } from "../parts/snippets.ts";
import { say, sayProblem } from "../parts/toast.tsx";
import { apiPath, call } from "../state/api.ts";
import * as format from "../state/format.ts";
import { link } from "../state/link.ts";
import { topicList } from "../state/live.ts";
import { go, linkTo, place, setQuery } from "../state/router.ts";

/** What stands between the parts of a name, for the tree. */
const PREFIX_END = /[._-]/;
/** The last of those before the end, with what follows it. */
const LAST_PART = /[._-][^._-]*$/;

const columns: readonly Column<TopicRow>[] = [
  {
    key: "name",
    title: "Topic",
    width: "minmax(120px, 3fr)",
    order: (topic) => topic.name,
    cell: (topic) => (
      <>
        <NameLink href={linkTo(["topics", topic.name])} name={topic.name} />
        {topic.isInternal ? <span class="badge">internal</span> : null}
        {topic.underReplicated > 0 ? <span class="badge bad">under-replicated</span> : null}
      </>
    ),
  },
  {
    key: "in",
    title: "In/s",
    width: "64px",
    isNumber: true,
    order: (topic) => topic.inRecords,
    cell: (topic) => format.rate(topic.inRecords),
  },
  {
    key: "records",
    title: "Records",
    width: "96px",
    isNumber: true,
    isOptional: true,
    order: (topic) => topic.records,
    cell: (topic) => <span title={format.count(topic.records)}>{format.short(topic.records)}</span>,
  },
  {
    key: "size",
    title: "Size",
    width: "88px",
    isNumber: true,
    isOptional: true,
    order: (topic) => topic.sizeBytes,
    cell: (topic) => format.bytes(topic.sizeBytes),
  },
  {
    key: "partitions",
    title: "Partitions",
    width: "88px",
    isNumber: true,
    isOptional: true,
    order: (topic) => topic.partitions,
    cell: (topic) => format.count(topic.partitions),
  },
  {
    key: "retention",
    title: "Kept",
    width: "116px",
    isNumber: true,
    isOptional: true,
    order: (topic) => (topic.retentionMs < 0 ? Infinity : topic.retentionMs),
    cell: (topic) =>
      topic.cleanupPolicy === "compact" ? "newest per key" : format.retention(topic.retentionMs),
  },
  {
    key: "groups",
    title: "Groups",
    width: "70px",
    isNumber: true,
    isOptional: true,
    order: (topic) => topic.groups,
    cell: (topic) => format.count(topic.groups),
  },
  {
    key: "lag",
    title: "Lag",
    width: "64px",
    isNumber: true,
    order: (topic) => topic.lag,
    cell: (topic) => <span title={format.count(topic.lag)}>{format.short(topic.lag)}</span>,
  },
];

export function Topics(): JSX.Element {
  const { query } = place.value;
  const search = (query.get("q") ?? "").toLowerCase();
  const prefix = query.get("prefix") ?? "";
  const showsInternal = query.get("internal") === "1";
  const order: Order = {
    key: query.get("by") ?? "name",
    descending: query.get("desc") === "1",
  };
  const [isCreating, create] = useState(false);
  const all = topicList.value.filter((topic) => showsInternal || !topic.isInternal);
  const found = all.filter(
    ({ name }) => name.toLowerCase().includes(search) && name.startsWith(prefix),
  );
  if (all.length === 0 && link.value === "live" && !isCreating) {
    return (
      <Page title="Topics" actions={<Create onClick={() => create(true)} />}>
        <GettingStarted />
      </Page>
    );
  }
  return (
    <Page
      title="Topics"
      actions={
        <>
          <Create onClick={() => create(true)} />
          <AsCode of={topicsSnippets()} />
        </>
      }
    >
      <div class="row">
        <input
          type="search"
          class="input search"
          placeholder="Search topics"
          aria-label="Search topics"
          value={query.get("q") ?? ""}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={showsInternal}
            onChange={() => setQuery({ internal: showsInternal ? undefined : 1 })}
          />
          Internal topics
        </label>
        <span class="muted">{format.plural(found.length, "topic")}</span>
      </div>
      <Prefixes names={all.map(({ name }) => name)} prefix={prefix} />
      <Card flush>
        <LongList
          label="Topics"
          rows={ordered(found, columns, order)}
          columns={columns}
          keyOf={(topic) => topic.name}
          order={order}
          onOrder={({ key, descending }) => setQuery({ by: key, desc: descending ? 1 : undefined })}
        />
        {found.length === 0 ? (
          <div class="empty">
            <p>No topic matches. Clear the search, or show internal topics.</p>
          </div>
        ) : null}
      </Card>
      {isCreating ? <CreateDialog onClose={() => create(false)} /> : null}
    </Page>
  );
}

function Create({ onClick }: { onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="button primary" onClick={onClick}>
      <Icon name="plus" size={16} /> Create topic
    </button>
  );
}

/** The tree of name prefixes, one level at a time. */
function Prefixes({
  names,
  prefix,
}: {
  names: readonly string[];
  prefix: string;
}): JSX.Element | null {
  const next = new Map<string, number>();
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const end = name.slice(prefix.length).search(PREFIX_END);
    if (end < 0) continue;
    const longer = name.slice(0, prefix.length + end + 1);
    next.set(longer, (next.get(longer) ?? 0) + 1);
  }
  const shared = [...next].filter(([, count]) => count > 1).sort((a, b) => b[1] - a[1]);
  if (shared.length === 0 && prefix === "") return null;
  const up = prefix.slice(0, prefix.slice(0, -1).search(LAST_PART) + 1);
  return (
    <nav class="row" aria-label="Topics by prefix">
      {prefix === "" ? null : (
        <button type="button" class="button" onClick={() => setQuery({ prefix: up }, false)}>
          ← {prefix}
        </button>
      )}
      {shared.slice(0, 24).map(([longer, count]) => (
        <button
          key={longer}
          type="button"
          class="button chip"
          onClick={() => setQuery({ prefix: longer }, false)}
        >
          {longer.slice(prefix.length)} <span class="badge">{format.count(count)}</span>
        </button>
      ))}
    </nav>
  );
}

function CreateDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const [partitions, setPartitions] = useState("");
  const [replicas, setReplicas] = useState("");
  const [policy, setPolicy] = useState("delete");
  const [kept, setKept] = useState("");
  const [isBusy, setBusy] = useState(false);
  const config: Record<string, string> = {
    ...(policy === "delete" ? {} : { "cleanup.policy": policy }),
    ...(kept === "" ? {} : { "retention.ms": kept }),
  };
  const topic: NewTopic = {
    name,
    ...(partitions === "" ? {} : { partitions: Number(partitions) }),
    ...(replicas === "" ? {} : { replicationFactor: Number(replicas) }),
    config,
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await call("POST", apiPath(["topics"]), topic);
      say(`Topic ${name} is created`);
      go(linkTo(["topics", name]));
    } catch (thrown) {
      sayProblem(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Create a topic" onClose={onClose}>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>Name</span>
          <input
            class="input"
            required
            autofocus
            maxLength={249}
            pattern="[a-zA-Z0-9._\-]+"
            title="Letters, digits, dot, underscore and dash"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <div class="fields">
          <label class="field">
            <span>Partitions</span>
            <input
              class="input"
              type="number"
              min={1}
              max={10000}
              placeholder="as the broker says"
              value={partitions}
              onInput={(event) => setPartitions(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Replicas</span>
            <input
              class="input"
              type="number"
              min={1}
              placeholder="as the broker says"
              value={replicas}
              onInput={(event) => setReplicas(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Records are</span>
            <select
              class="input"
              value={policy}
              onChange={(event) => setPolicy(event.currentTarget.value)}
            >
              <option value="delete">deleted when old</option>
              <option value="compact">compacted: the newest per key stays</option>
              <option value="compact,delete">compacted and deleted when old</option>
            </select>
          </label>
          <label class="field">
            <span>Kept for</span>
            <select
              class="input"
              value={kept}
              onChange={(event) => setKept(event.currentTarget.value)}
            >
              <option value="">as the broker says</option>
              <option value="3600000">an hour</option>
              <option value="86400000">a day</option>
              <option value="604800000">a week</option>
              <option value="2592000000">30 days</option>
              <option value="-1">for ever</option>
            </select>
          </label>
        </div>
        <p class="muted">
          More partitions let more members of a group work side by side; records keep their order
          within one. They can be added later, but then keys move to other partitions.
        </p>
        <div class="row">
          <button type="submit" class="button primary" disabled={isBusy || name === ""}>
            Create
          </button>
          <AsCode of={createTopicSnippets({ ...topic, name: name === "" ? "NAME" : name })} />
        </div>
      </form>
    </Dialog>
  );
}
