import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BrokerInfo, ClusterInfo, RequestFigures } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { ConfigTable } from "../parts/config-table.tsx";
import { Card, Facts, Page, ProblemNotice, Waiting } from "../parts/page.tsx";
import { brokersSnippets } from "../parts/snippets.ts";
import { useGet } from "../state/api.ts";
import * as format from "../state/format.ts";

/** How often requests are counted anew while the screen is open. */
const REFRESH_MS = 2000;
/** Below this share of free space a disk is nearly full. */
const FREE_SHARE_MIN = 0.1;

export function Brokers(): JSX.Element {
  const { state } = useGet<ClusterInfo>("api/cluster");
  const { value, problem } = state.value;
  return (
    <Page title="Brokers" actions={<AsCode of={brokersSnippets()} />}>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {value === undefined ? (
        problem === undefined ? (
          <Waiting what="brokers" />
        ) : null
      ) : (
        <>
          <Facts
            facts={[
              { name: "Cluster", value: value.clusterId },
              { name: "Brokers", value: format.count(value.brokers.length) },
              { name: "Controller", value: `broker ${value.controllerId}` },
              {
                name: "Version",
                value: value.product === "moldau" ? `Moldau ${value.moldauVersion}` : "not known",
                note:
                  value.metadataVersion === undefined
                    ? undefined
                    : `metadata version ${value.metadataVersion}`,
              },
            ]}
          />
          {value.brokers.map((broker) => (
            <Broker key={broker.id} broker={broker} />
          ))}
          {value.product === "moldau" ? <Requests /> : null}
        </>
      )}
    </Page>
  );
}

function Broker({ broker }: { broker: BrokerInfo }): JSX.Element {
  const [isOpen, open] = useState(false);
  return (
    <Card
      title={
        <>
          Broker {broker.id}{" "}
          {broker.isController ? <span class="badge accent">controller</span> : null}
        </>
      }
      actions={
        <button type="button" class="button" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
          Settings
        </button>
      }
    >
      <div class="page">
        <p>
          <code>
            {broker.host}:{broker.port}
          </code>{" "}
          leads {format.count(broker.leaders)} of {format.plural(broker.partitions, "partition")}
          {broker.rack === undefined ? "" : `, in rack ${broker.rack}`}
        </p>
        {broker.logDirs.map((dir) => (
          <LogDir key={dir.path} dir={dir} />
        ))}
        {isOpen ? (
          <ConfigTable
            path={["brokers", String(broker.id), "config"]}
            noun="broker"
            name={String(broker.id)}
          />
        ) : null}
      </div>
    </Card>
  );
}

function LogDir({ dir }: { dir: BrokerInfo["logDirs"][number] }): JSX.Element {
  const { path, usedBytes, totalBytes, freeBytes, error } = dir;
  return (
    <div>
      <div class="row spread">
        <code>{path}</code>
        <span class="num">
          {format.bytes(usedBytes)} of records
          {freeBytes === undefined ? "" : `, ${format.bytes(freeBytes)} free`}
        </span>
      </div>
      {totalBytes === undefined || freeBytes === undefined ? null : (
        <div
          class={`meter${freeBytes < totalBytes * FREE_SHARE_MIN ? " warn" : ""}`}
          role="img"
          aria-label={`${format.bytes(freeBytes)} free of ${format.bytes(totalBytes)}`}
        >
          <span style={{ width: `${(1 - freeBytes / totalBytes) * 100}%` }} />
        </div>
      )}
      {error === undefined ? null : <p class="badge bad">{error}</p>}
    </div>
  );
}

/** What the broker that serves this page is asked. */
function Requests(): JSX.Element | null {
  const { state, reload } = useGet<RequestFigures>("api/requests");
  const before = useRef<RequestFigures | undefined>(undefined);
  const shown = useRef<RequestFigures | undefined>(undefined);
  const { value } = state.value;
  if (value !== undefined && value !== shown.current) {
    before.current = shown.current;
    shown.current = value;
  }
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  if (value === undefined) return null;
  const earlier = new Map(before.current?.rows.map(({ api, count }) => [api, count]));
  const seconds = (value.atMs - (before.current?.atMs ?? value.atMs)) / 1000;
  return (
    <Card title={`Requests to broker ${value.broker}`} flush>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Requests">
        <table>
          <thead>
            <tr>
              <th>Request</th>
              <th class="num">Per second</th>
              <th class="num">Since its start</th>
              <th class="num hide-narrow">Bytes</th>
              <th class="num">Mean</th>
              <th class="num">p50</th>
              <th class="num">p99</th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map(({ api, count, bytes, latency }) => (
              <tr key={api}>
                <td class="cell-name">{api}</td>
                <td class="num">
                  {seconds <= 0 ? "…" : format.rate((count - (earlier.get(api) ?? 0)) / seconds)}
                </td>
                <td class="num">{format.count(count)}</td>
                <td class="num hide-narrow">{format.bytes(bytes)}</td>
                <td class="num">
                  {latency === undefined ? "–" : format.milliseconds(latency.meanMs)}
                </td>
                <td class="num">
                  {latency === undefined ? "–" : `≤ ${format.milliseconds(latency.p50Ms)}`}
                </td>
                <td class="num">
                  {latency === undefined ? "–" : `≤ ${format.milliseconds(latency.p99Ms)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted small" style={{ padding: "10px 16px" }}>
        From arrival to answer, since the console was opened. A fetch at the end of a log waits for
        records, which counts.
      </p>
    </Card>
  );
}
