import type { JSX } from "preact";
import type { OverviewPoint } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { NameLink } from "../parts/name-link.tsx";
import { Card, Page, Tile, Waiting } from "../parts/page.tsx";
import { Spark } from "../parts/spark.tsx";
import { overviewSnippets } from "../parts/snippets.ts";
import { GettingStarted } from "../parts/getting-started.tsx";
import * as format from "../state/format.ts";
import { link } from "../state/link.ts";
import { cluster, groupList, history, overview, topicList } from "../state/live.ts";
import { linkTo } from "../state/router.ts";
import { GroupBadge } from "../parts/state-badge.tsx";

/** How many topics and groups the lists of the overview hold. */
const LIST_MAX = 6;

export function Overview(): JSX.Element {
  const now = overview.value;
  if (now === undefined) {
    return (
      <Page title="Overview">
        {link.value === "waiting" ? null : <Waiting what="the cluster" />}
      </Page>
    );
  }
  const info = cluster.value;
  const own = topicList.value.filter((topic) => !topic.isInternal);
  const isEmpty = own.length === 0;
  return (
    <Page
      title="Overview"
      about={
        info === undefined ? null : (
          <>
            {info.product === "moldau" ? `Moldau ${info.moldauVersion}, cluster` : "Cluster"}{" "}
            <code>{info.clusterId}</code>, reached at <code>{info.bootstrap}</code>
          </>
        )
      }
      actions={<AsCode of={overviewSnippets()} />}
    >
      <Warnings />
      <Figures />
      {isEmpty ? <GettingStarted /> : <Busiest />}
    </Page>
  );
}

function Warnings(): JSX.Element | null {
  const { warnings = [] } = overview.value ?? {};
  if (warnings.length === 0) return null;
  return (
    <ul class="warnings" aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={`${warning.title}${warning.link ?? ""}`} class={`notice ${warning.severity}`}>
          <strong>
            {warning.link === undefined ? (
              warning.title
            ) : (
              <a href={warning.link}>{warning.title}</a>
            )}
          </strong>
          <span>{warning.why}</span>
          <span class="muted">{warning.remedy}</span>
        </li>
      ))}
    </ul>
  );
}

/** A figure and how it has moved. */
function Trend({
  name,
  value,
  note,
  about,
  of,
}: {
  name: string;
  value: string;
  note: string;
  about: string;
  /** Absent where the figure is not known. */
  of?: (point: OverviewPoint) => number;
}): JSX.Element {
  if (of === undefined) return <Tile name={name} value={value} note={note} />;
  const points = history.value.map((point) => ({ atMs: point.atMs, value: of(point) }));
  return (
    <Tile name={name} value={value} note={note}>
      <Spark points={points} label={`${about}, last minutes`} />
    </Tile>
  );
}

function Figures(): JSX.Element | null {
  const now = overview.value;
  const info = cluster.value;
  if (now === undefined) return null;
  const { process } = now;
  return (
    <>
      <div class="tiles trends">
        <Trend
          name="In"
          value={`${format.rate(now.inRecords)}/s`}
          note={`${format.bytes(now.inBytes)}/s`}
          about="Records in"
          of={({ inRecords }) => inRecords}
        />
        <Trend
          name="Out"
          value={now.outBytes === undefined ? "not known" : `${format.bytes(now.outBytes)}/s`}
          note={now.outBytes === undefined ? "this broker does not tell" : "to consumers"}
          about="Bytes out"
          {...(now.outBytes === undefined ? {} : { of: ({ outBytes = 0 }) => outBytes })}
        />
        <Trend
          name="Lag"
          value={format.short(now.totalLag)}
          note={`over ${format.plural(now.groups, "group")}`}
          about="Lag"
          of={({ totalLag }) => totalLag}
        />
      </div>
      <div class="tiles">
        <Tile
          name="Topics"
          value={format.count(now.topics)}
          note={format.plural(now.partitions, "partition")}
        />
        <Tile
          name="Brokers"
          value={info === undefined ? "…" : format.count(info.brokers.length)}
          note={info === undefined ? "" : `controller ${info.controllerId}`}
        />
        <Tile name="Disk" value={format.bytes(now.diskBytes)} note="with indexes" />
        {process === undefined ? null : (
          <>
            <Tile
              name="Memory"
              value={format.bytes(process.residentBytes)}
              note={`${format.bytes(process.heapUsedBytes)} heap`}
            />
            <Tile
              name="Processor"
              value={`${process.cpuPercent.toFixed(process.cpuPercent < 10 ? 1 : 0)} %`}
              note={`loop p99 ${Math.round(process.eventLoopP99Ms)} ms`}
            />
            <Tile
              name="Clients"
              value={format.count(process.connections)}
              note={`${format.rate(process.requests)} requests/s`}
            />
          </>
        )}
        {info?.startedMs === undefined ? null : (
          <Tile
            name="Up"
            value={format.roughly(Math.max(0, now.atMs - info.startedMs))}
            note={`since ${format.time(info.startedMs).replace(/:\d\d(?:\.\d+)?$/, "")}`}
          />
        )}
      </div>
    </>
  );
}

function Busiest(): JSX.Element {
  const topics = topicList.value
    .filter((topic) => !topic.isInternal)
    .sort((a, b) => b.inRecords - a.inRecords || b.records - a.records)
    .slice(0, LIST_MAX);
  const groups = [...groupList.value].sort((a, b) => b.lag - a.lag).slice(0, LIST_MAX);
  return (
    <div class="columns">
      <Card title="Busiest topics" actions={<a href="#/topics">All topics</a>} flush>
        <div class="table-wrap">
          <table>
            <thead>
              <tr>
                <th>Topic</th>
                <th class="num">In/s</th>
                <th class="num">Records</th>
                <th class="num">Lag</th>
              </tr>
            </thead>
            <tbody>
              {topics.map((topic) => (
                <tr key={topic.name} class="link-row">
                  <td class="cell-name clip">
                    <NameLink href={linkTo(["topics", topic.name])} name={topic.name} />
                  </td>
                  <td class="num">{format.rate(topic.inRecords)}</td>
                  <td class="num">{format.short(topic.records)}</td>
                  <td class="num">{format.short(topic.lag)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <Card title="Groups with most lag" actions={<a href="#/groups">All groups</a>} flush>
        {groups.length === 0 ? (
          <div class="empty">
            <p>
              No consumer group yet. A group is made by its first member: start a consumer with a
              group name, and it appears here.
            </p>
          </div>
        ) : (
          <div class="table-wrap">
            <table>
              <thead>
                <tr>
                  <th>Group</th>
                  <th>State</th>
                  <th class="num">Members</th>
                  <th class="num">Lag</th>
                </tr>
              </thead>
              <tbody>
                {groups.map((group) => (
                  <tr key={group.name} class="link-row">
                    <td class="cell-name clip">
                      <NameLink href={linkTo(["groups", group.name])} name={group.name} />
                    </td>
                    <td>
                      <GroupBadge group={group} />
                    </td>
                    <td class="num">{format.count(group.members)}</td>
                    <td class="num">{format.short(group.lag)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
    </div>
  );
}
