import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { GroupDetail, GroupHistory, GroupPartition, GroupRow, Verdict } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { LagChart } from "../parts/lag-chart.tsx";
import { Card, Facts, Page, ProblemNotice, Waiting } from "../parts/page.tsx";
import { PayloadView } from "../parts/payload.tsx";
import { ResetDialog } from "../parts/reset-dialog.tsx";
import { GroupBadge } from "../parts/state-badge.tsx";
import { deleteGroupSnippets } from "../parts/change-snippets.ts";
import { groupSnippets } from "../parts/snippets.ts";
import { say, sayProblem } from "../parts/toast.tsx";
import { apiPath, call, useGet } from "../state/api.ts";
import * as format from "../state/format.ts";
import { groups } from "../state/live.ts";
import { go, linkTo } from "../state/router.ts";

/** How often members and verdicts are asked for while the screen is open. */
const REFRESH_MS = 2000;

export function Group({ name }: { name: string }): JSX.Element {
  const detail = useGet<GroupDetail>(apiPath(["groups", name]));
  const history = useGet<GroupHistory>(apiPath(["groups", name, "history"]));
  const [dialog, setDialog] = useState<"reset" | "delete" | undefined>(undefined);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      detail.reload();
      history.reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const { value, problem } = detail.state.value;
  const live = groups.value.get(name) ?? value;
  return (
    <Page
      title={name}
      crumbs={<a href="#/groups">Groups</a>}
      badge={live === undefined ? null : <GroupBadge group={live} />}
      actions={
        <>
          <button type="button" class="button" onClick={() => setDialog("reset")}>
            Reset offsets
          </button>
          <AsCode of={groupSnippets(name)} />
          <button type="button" class="button danger" onClick={() => setDialog("delete")}>
            Delete
          </button>
        </>
      }
    >
      {problem !== undefined && value === undefined ? <ProblemNotice problem={problem} /> : null}
      {value === undefined || live === undefined ? (
        problem === undefined ? (
          <Waiting what="the group" />
        ) : null
      ) : (
        <>
          <Facts
            facts={[
              { name: "Lag", value: format.count(live.lag), note: trendNote(live) },
              { name: "Type", value: live.type },
              {
                name: "Members",
                value: format.count(value.memberRows.length),
                note: value.assignor === "" ? undefined : `assigned by ${value.assignor}`,
              },
              { name: "Topics", value: format.count(value.topics.length) },
              { name: "Coordinator", value: `broker ${value.coordinator}` },
            ]}
          />
          <Stuck detail={value} history={history.state.value.value} />
          <Card title="Lag over time">
            <LagChart history={history.state.value.value} />
          </Card>
          <Members detail={value} />
          <Partitions detail={value} />
        </>
      )}
      {dialog === "reset" && value !== undefined ? (
        <ResetDialog
          detail={value}
          onClose={() => setDialog(undefined)}
          onDone={() => {
            setDialog(undefined);
            detail.reload();
          }}
        />
      ) : null}
      {dialog === "delete" ? (
        <DeleteDialog name={name} onClose={() => setDialog(undefined)} />
      ) : null}
    </Page>
  );
}

/** Below this a second the lag of a group stands still. */
const TREND_MIN = 0.05;
/** A lag of so many records comes and goes while a group keeps up. */
const LAG_OF_NOTE = 100;

function trendNote({ lag, lagTrend: trend }: GroupRow): string {
  if (lag === 0) return "at the end";
  if (lag < LAG_OF_NOTE && Math.abs(trend) < LAG_OF_NOTE / 10) return "keeps up";
  const speed = `${format.rate(Math.abs(trend))}/s`;
  if (trend < -TREND_MIN) {
    return `−${speed}: at the end in ${format.duration((lag / -trend) * 1000)}`;
  }
  return trend > TREND_MIN ? `+${speed}: falling behind` : "steady";
}

/** So many rebalances in this time are one after the other. */
const REBALANCES_MIN = 5;
const REBALANCES_MS = 5 * 60_000;

function rebalancesIn(history: GroupHistory | undefined, spanMs: number): number {
  const events = history?.events ?? [];
  const sinceMs = Date.now() - spanMs;
  return events.filter(({ kind, atMs }) => kind === "rebalance" && atMs >= sinceMs).length;
}

const fine: ReadonlySet<Verdict["kind"]> = new Set(["well", "catching-up", "unknown"]);

/** Why the group does not move on, where it does not. */
function Stuck({
  detail,
  history,
}: {
  detail: GroupDetail;
  history: GroupHistory | undefined;
}): JSX.Element | null {
  const rebalances = rebalancesIn(history, REBALANCES_MS);
  const isLoop = rebalances >= REBALANCES_MIN;
  const reasons = new Map<string, GroupPartition[]>();
  for (const row of detail.partitionRows) {
    if (fine.has(row.verdict.kind)) continue;
    const key = row.verdict.kind === "same-offset" ? `${row.verdict.text}` : row.verdict.kind;
    const list = reasons.get(key);
    if (list === undefined) reasons.set(key, [row]);
    else list.push(row);
  }
  if (reasons.size === 0 && !isLoop) return null;
  return (
    <Card title={detail.isStuck ? "Why it is stuck" : "What holds it up"}>
      <ul class="page" style={{ gap: "12px" }}>
        {isLoop ? (
          <li class="notice warning">
            <strong>
              Its partitions were shared out {rebalances} times in {format.duration(REBALANCES_MS)}.
            </strong>
            <span class="muted">
              Members come and go, or do not ask for records in time: see max.poll.interval.ms and
              session.timeout.ms of its consumers.
            </span>
          </li>
        ) : null}
        {[...reasons].map(([key, rows]) => {
          const [first] = rows;
          if (first === undefined) return null;
          const { verdict } = first;
          return (
            <li key={key} class="notice warning">
              <strong>{verdict.text}</strong>
              <span class="muted">
                {rows
                  .slice(0, 12)
                  .map(({ topic, partition }) => `${topic}-${partition}`)
                  .join(", ")}
                {rows.length > 12 ? ` and ${rows.length - 12} more` : ""}
              </span>
              {verdict.waitingFor === undefined ? null : (
                <span>Waited for: {verdict.waitingFor.join(", ")}</span>
              )}
              {verdict.record === undefined ? null : (
                <details open>
                  <summary>The record at offset {format.count(verdict.record.offset)}</summary>
                  <PayloadView payload={verdict.record.value} label="value" />
                  <a
                    href={linkTo(["topics", first.topic, "messages"], {
                      from: `offset:${verdict.record.offset}`,
                      partition: first.partition,
                    })}
                  >
                    Show it in its topic
                  </a>
                </details>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function Members({ detail }: { detail: GroupDetail }): JSX.Element {
  return (
    <Card
      title={
        detail.memberRows.length === 0
          ? "No members"
          : format.plural(detail.memberRows.length, "member")
      }
      flush
    >
      {detail.memberRows.length === 0 ? (
        <div class="empty">
          <p>Nobody is reading for this group now. Its place is kept until its offsets expire.</p>
        </div>
      ) : (
        <div class="table-wrap" tabIndex={0} role="region" aria-label="Members">
          <table>
            <thead>
              <tr>
                <th>Client</th>
                <th>Host</th>
                <th class="hide-narrow">Software</th>
                <th class="num">Partitions</th>
                <th>Reads</th>
              </tr>
            </thead>
            <tbody>
              {detail.memberRows.map((member) => (
                <tr key={member.memberId}>
                  <td>
                    <div class="cell-name">{member.clientId}</div>
                    <div class="muted small mono" title={member.memberId}>
                      {member.instanceId ?? member.memberId.slice(0, 36)}
                    </div>
                  </td>
                  <td>{member.host}</td>
                  <td class="hide-narrow">{member.software ?? ""}</td>
                  <td class="num">{member.assignment.length}</td>
                  <td>{assignmentText(member.assignment)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function assignmentText(
  assignment: readonly { readonly topic: string; readonly partition: number }[],
): string {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of assignment) {
    const list = byTopic.get(topic);
    if (list === undefined) byTopic.set(topic, [partition]);
    else list.push(partition);
  }
  return [...byTopic]
    .map(([topic, list]) => `${topic} ${ranges(list.sort((a, b) => a - b))}`)
    .join("; ");
}

/** 0–3, 7 */
function ranges(sorted: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; at++) {
    const first = sorted[at];
    while (at + 1 < sorted.length && sorted[at + 1] === (sorted[at] ?? 0) + 1) at++;
    const last = sorted[at];
    parts.push(first === last ? `${first}` : `${first}–${last}`);
  }
  return parts.join(", ");
}

const verdictColors: Readonly<Record<Verdict["kind"], string>> = {
  well: "good",
  "catching-up": "accent",
  "no-member": "bad",
  "never-fetches": "bad",
  "never-commits": "warn",
  "same-offset": "bad",
  rebalancing: "warn",
  "open-transaction": "warn",
  "out-of-range": "bad",
  unknown: "",
};

function Partitions({ detail }: { detail: GroupDetail }): JSX.Element {
  const nowMs = Date.now();
  const hasFetches = detail.partitionRows.some(({ fetchOffset }) => fetchOffset !== undefined);
  return (
    <Card title={format.plural(detail.partitionRows.length, "partition")} flush>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Partitions">
        <table>
          <thead>
            <tr>
              <th>Partition</th>
              <th class="num">Committed</th>
              {hasFetches ? <th class="num hide-narrow">Fetched</th> : null}
              <th class="num">End</th>
              <th class="num">Lag</th>
              <th class="hide-narrow">Read by</th>
              <th class="hide-narrow">Last commit</th>
              <th>Verdict</th>
            </tr>
          </thead>
          <tbody>
            {detail.partitionRows.map((row) => (
              <tr key={`${row.topic} ${row.partition}`}>
                <td class="cell-name clip">
                  <a
                    title={`${row.topic}-${row.partition}`}
                    href={linkTo(["topics", row.topic, "messages"], {
                      partition: row.partition,
                      from: row.committed === undefined ? undefined : `offset:${row.committed}`,
                    })}
                  >
                    {row.topic}-{row.partition}
                  </a>
                </td>
                <td class="num">
                  {row.committed === undefined ? "–" : format.count(row.committed)}
                </td>
                {hasFetches ? (
                  <td class="num hide-narrow">
                    {row.fetchOffset === undefined ? "–" : format.count(row.fetchOffset)}
                  </td>
                ) : null}
                <td class="num">{format.count(row.endOffset)}</td>
                <td class="num">{format.count(row.lag)}</td>
                <td class="hide-narrow">{row.clientId ?? <span class="muted">nobody</span>}</td>
                <td class="hide-narrow time">
                  {row.lastCommitMs === undefined ? (
                    <span class="muted">–</span>
                  ) : (
                    format.ago(row.lastCommitMs, nowMs)
                  )}
                </td>
                <td>
                  <span class={`badge ${verdictColors[row.verdict.kind]}`} title={row.verdict.text}>
                    {verdictName(row.verdict.kind)}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function verdictName(kind: Verdict["kind"]): string {
  if (kind === "well") return "at the end";
  return kind === "catching-up" ? "reading" : kind.replaceAll("-", " ");
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }): JSX.Element {
  const remove = async (): Promise<void> => {
    try {
      await call("DELETE", apiPath(["groups", name]));
      say(`Group ${name} is deleted`);
      go("#/groups");
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  return (
    <Dialog
      title="Delete the group"
      onClose={onClose}
      foot={
        <>
          <AsCode of={deleteGroupSnippets(name)} />
          <button type="button" class="button danger" onClick={() => void remove()}>
            Delete {name}
          </button>
        </>
      }
    >
      <p>
        The group forgets where it was in every topic. A consumer that uses the name again begins
        where its settings say. Only a group without members can be deleted.
      </p>
    </Dialog>
  );
}
