import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MorePartitions, TopicDetail, TopicRow } from "../../api.ts";
import { ConfigTable } from "../parts/config-table.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { Card, Facts, Page, ProblemNotice, Waiting } from "../parts/page.tsx";
import { ProduceDialog } from "../parts/produce-dialog.tsx";
import { ReplayDialog } from "../parts/replay-dialog.tsx";
import { StateBadge } from "../parts/state-badge.tsx";
import { AsCode } from "../parts/code.tsx";
import { deleteTopicSnippets, morePartitionsSnippets } from "../parts/change-snippets.ts";
import { messagesSnippets, topicSnippets } from "../parts/snippets.ts";
import { say, sayProblem } from "../parts/toast.tsx";
import { apiPath, call, useGet } from "../state/api.ts";
import * as format from "../state/format.ts";
import { topics } from "../state/live.ts";
import { go, linkTo, place } from "../state/router.ts";
import { Messages, wantedOf } from "./messages.tsx";

/** How often offsets and groups are asked for while their tab is open. */
const REFRESH_MS = 2000;

const tabs = [
  ["messages", "Messages"],
  ["partitions", "Partitions"],
  ["config", "Configuration"],
  ["groups", "Groups"],
] as const;

export function Topic({ name, tab }: { name: string; tab: string }): JSX.Element {
  const { state, reload } = useGet<TopicDetail>(apiPath(["topics", name]));
  const { value, problem } = state.value;
  const isListed = tab === "partitions" || tab === "groups";
  useEffect(() => {
    if (!isListed) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [isListed]);
  const isGone = problem !== undefined && value === undefined;
  const live = topics.value.get(name) ?? value;
  const [dialog, setDialog] = useState<"produce" | "replay" | "delete" | undefined>(undefined);
  const [written, setWritten] = useState(0);
  const close = (): void => setDialog(undefined);
  const partitions = live?.partitions ?? 1;
  const snippets =
    tab === "messages"
      ? messagesSnippets(name, wantedOf(place.value.query))
      : topicSnippets(name, tab);
  return (
    <Page
      title={name}
      crumbs={<a href="#/topics">Topics</a>}
      badge={live?.isInternal === true ? <span class="badge">internal</span> : null}
      actions={
        isGone ? undefined : (
          <>
            <button type="button" class="button primary" onClick={() => setDialog("produce")}>
              <Icon name="plus" size={16} /> Produce
            </button>
            <button type="button" class="button" onClick={() => setDialog("replay")}>
              Replay
            </button>
            <AsCode of={snippets} />
            <button type="button" class="button danger" onClick={() => setDialog("delete")}>
              Delete
            </button>
          </>
        )
      }
    >
      {isGone ? <ProblemNotice problem={problem} /> : null}
      {live === undefined ? null : <TopicFacts topic={live} />}
      {isGone ? null : (
        <nav class="tabs" aria-label="Parts of the topic">
          {tabs.map(([key, title]) => (
            <a
              key={key}
              href={linkTo(["topics", name, key])}
              {...(key === tab ? { "aria-current": "page" } : {})}
            >
              {title}
            </a>
          ))}
        </nav>
      )}
      {isGone ? null : live === undefined ? (
        <Waiting what="the topic" />
      ) : tab === "messages" ? (
        <Messages
          topic={name}
          partitions={partitions}
          written={written}
          onProduce={() => setDialog("produce")}
        />
      ) : tab === "config" ? (
        <ConfigTable path={["topics", name, "config"]} noun="topic" name={name} />
      ) : value === undefined ? (
        <Waiting what="the topic" />
      ) : tab === "groups" ? (
        <GroupsTab detail={value} />
      ) : (
        <PartitionsTab detail={value} onChanged={reload} />
      )}
      {dialog === "produce" ? (
        <ProduceDialog
          topic={name}
          partitions={partitions}
          onClose={close}
          onDone={() => setWritten(written + 1)}
        />
      ) : null}
      {dialog === "replay" ? (
        <ReplayDialog topic={name} partitions={partitions} onClose={close} />
      ) : null}
      {dialog === "delete" ? <DeleteDialog name={name} onClose={close} /> : null}
    </Page>
  );
}

function TopicFacts({ topic }: { topic: TopicRow }): JSX.Element {
  const { cleanupPolicy, retentionMs, retentionBytes } = topic;
  const isCompacted = cleanupPolicy.includes("compact");
  const limit = retentionBytes < 0 ? "" : `, ${format.bytes(retentionBytes)} a partition`;
  return (
    <Facts
      facts={[
        {
          name: "In",
          value: `${format.rate(topic.inRecords)}/s`,
          note: `${format.bytes(topic.inBytes)}/s`,
        },
        { name: "Records", value: format.count(topic.records) },
        { name: "On disk", value: format.bytes(topic.sizeBytes) },
        {
          name: "Partitions",
          value: format.count(topic.partitions),
          note: `× ${format.plural(topic.replicationFactor, "replica")}`,
        },
        {
          name: "Kept",
          value: cleanupPolicy === "compact" ? "newest" : format.retention(retentionMs),
          note: isCompacted ? "per key" : limit,
        },
        {
          name: "Lag",
          value: format.count(topic.lag),
          note: `in ${format.plural(topic.groups, "group")}`,
        },
      ]}
    />
  );
}

function PartitionsTab({
  detail,
  onChanged,
}: {
  detail: TopicDetail;
  onChanged: () => void;
}): JSX.Element {
  const [isAdding, setAdding] = useState(false);
  const most = Math.max(1, ...detail.partitionRows.map((row) => row.endOffset - row.startOffset));
  return (
    <Card
      title={format.plural(detail.partitionRows.length, "partition")}
      actions={
        <button type="button" class="button" onClick={() => setAdding(true)}>
          Add partitions
        </button>
      }
      flush
    >
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Partitions">
        <table>
          <thead>
            <tr>
              <th>Partition</th>
              <th class="num hide-narrow">From</th>
              <th class="num hide-narrow">End</th>
              <th class="num">Records</th>
              <th class="hide-narrow">Share</th>
              <th class="num">In/s</th>
              <th class="num">Size</th>
              <th>Leader</th>
              <th>In sync</th>
              <th>Newest record</th>
            </tr>
          </thead>
          <tbody>
            {detail.partitionRows.map((row) => (
              <tr key={row.partition}>
                <td class="cell-name">
                  <a
                    href={linkTo(["topics", detail.name, "messages"], { partition: row.partition })}
                  >
                    {row.partition}
                  </a>
                </td>
                <td class="num hide-narrow">{format.count(row.startOffset)}</td>
                <td class="num hide-narrow">{format.count(row.endOffset)}</td>
                <td class="num">{format.count(row.endOffset - row.startOffset)}</td>
                <td class="hide-narrow" style={{ minWidth: "90px" }}>
                  <div class="meter" aria-hidden="true">
                    <span
                      style={{ width: `${((row.endOffset - row.startOffset) / most) * 100}%` }}
                    />
                  </div>
                </td>
                <td class="num">{format.rate(row.inRecords)}</td>
                <td class="num">{format.bytes(row.sizeBytes)}</td>
                <td>{row.leader < 0 ? <span class="badge bad">none</span> : row.leader}</td>
                <td>
                  {row.isr.length < row.replicas.length ? (
                    <span class="badge bad">
                      {row.isr.join(", ")} of {row.replicas.join(", ")}
                    </span>
                  ) : (
                    row.isr.join(", ")
                  )}
                </td>
                <td class="time">
                  {row.lastRecordMs === undefined ? "–" : format.time(row.lastRecordMs)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isAdding ? (
        <AddPartitions
          detail={detail}
          onClose={() => setAdding(false)}
          onDone={() => {
            setAdding(false);
            onChanged();
          }}
        />
      ) : null}
    </Card>
  );
}

function AddPartitions({
  detail,
  onClose,
  onDone,
}: {
  detail: TopicDetail;
  onClose: () => void;
  onDone: () => void;
}): JSX.Element {
  const [count, setCount] = useState(detail.partitionRows.length + 1);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const more: MorePartitions = { count };
    try {
      await call("POST", apiPath(["topics", detail.name, "partitions"]), more);
      say(`${detail.name} has ${format.plural(count, "partition")} now`);
      onDone();
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  return (
    <Dialog title="Add partitions" onClose={onClose}>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>Partitions in all</span>
          <input
            class="input"
            type="number"
            min={detail.partitionRows.length + 1}
            max={10000}
            value={count}
            onInput={(event) => setCount(Number(event.currentTarget.value))}
          />
        </label>
        <p class="muted">
          Records that are there stay where they are. New records of a key may go to another
          partition than the old ones, so their order is not kept over the change; a topic never
          gets fewer partitions.
        </p>
        <div class="row">
          <button type="submit" class="button primary">
            Add
          </button>
          <AsCode of={morePartitionsSnippets(detail.name, count)} />
        </div>
      </form>
    </Dialog>
  );
}

function GroupsTab({ detail }: { detail: TopicDetail }): JSX.Element {
  return (
    <Card flush title={format.plural(detail.groupRows.length, "group reads it", "groups read it")}>
      {detail.groupRows.length === 0 ? (
        <div class="empty">
          <p>No group has read this topic. The first member of a group makes it.</p>
        </div>
      ) : (
        <div class="table-wrap">
          <table>
            <thead>
              <tr>
                <th>Group</th>
                <th>State</th>
                <th class="num">Lag here</th>
              </tr>
            </thead>
            <tbody>
              {detail.groupRows.map((group) => (
                <tr key={group.name} class="link-row">
                  <td class="cell-name">
                    <a href={linkTo(["groups", group.name])}>{group.name}</a>
                  </td>
                  <td>
                    <StateBadge state={group.state} />
                  </td>
                  <td class="num">{format.count(group.lag)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const [typed, setTyped] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await call("DELETE", apiPath(["topics", name]));
      say(`Topic ${name} is deleted`);
      go("#/topics");
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  const warning: ComponentChildren = (
    <>
      All records of <strong>{name}</strong> go for good, and groups lose their place in it.
    </>
  );
  return (
    <Dialog title="Delete the topic" onClose={onClose}>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <p>{warning}</p>
        <label class="field">
          <span>Type its name to go on</span>
          <input
            class="input"
            autofocus
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class="button danger" disabled={typed !== name}>
            Delete
          </button>
          <AsCode of={deleteTopicSnippets(name)} />
        </div>
      </form>
    </Dialog>
  );
}
