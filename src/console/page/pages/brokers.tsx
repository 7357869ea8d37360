import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ClusterInfo } from "../../api.ts";
import { AsCode } from "../parts/code.tsx";
import { ConfigTable } from "../parts/config-table.tsx";
import { Card, Page, ProblemNotice, Waiting } from "../parts/page.tsx";
import { at, program } from "../parts/snippets.ts";
import { useGet } from "../state/api.ts";
import * as format from "../state/format.ts";

export function Brokers(): JSX.Element {
  const { state } = useGet<ClusterInfo>("api/cluster");
  const [shown, show] = useState<number | undefined>(undefined);
  const { value, problem } = state.value;
  return (
    <Page
      title="Brokers"
      actions={
        <AsCode
          cli={`moldau broker list${at()}\nmoldau cluster describe${at()}`}
          typescript={program(`console.log(await kafka.admin.describeCluster());`)}
        />
      }
    >
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {value === undefined ? (
        problem === undefined ? (
          <Waiting what="brokers" />
        ) : null
      ) : (
        value.brokers.map((broker) => (
          <Card
            key={broker.id}
            title={
              <>
                Broker {broker.id}{" "}
                {broker.isController ? <span class="badge accent">controller</span> : null}
              </>
            }
            actions={
              <button
                type="button"
                class="button"
                aria-expanded={shown === broker.id}
                onClick={() => show(shown === broker.id ? undefined : broker.id)}
              >
                Settings
              </button>
            }
          >
            <div class="page">
              <p>
                <code>
                  {broker.host}:{broker.port}
                </code>{" "}
                leads {format.count(broker.leaders)} of{" "}
                {format.plural(broker.partitions, "partition")}
                {broker.rack === undefined ? "" : `, in rack ${broker.rack}`}
              </p>
              {broker.logDirs.map((dir) => (
                <div key={dir.path}>
                  <div class="row spread">
                    <code>{dir.path}</code>
                    <span class="num">
                      {format.bytes(dir.usedBytes)} of records
                      {dir.freeBytes === undefined ? "" : `, ${format.bytes(dir.freeBytes)} free`}
                    </span>
                  </div>
                  {dir.totalBytes === undefined || dir.freeBytes === undefined ? null : (
                    <div
                      class={`meter${dir.freeBytes < dir.totalBytes * 0.1 ? " warn" : ""}`}
                      role="img"
                      aria-label={`${format.bytes(dir.freeBytes)} free of ${format.bytes(dir.totalBytes)}`}
                    >
                      <span style={{ width: `${(1 - dir.freeBytes / dir.totalBytes) * 100}%` }} />
                    </div>
                  )}
                  {dir.error === undefined ? null : <p class="badge bad">{dir.error}</p>}
                </div>
              ))}
              {shown === broker.id ? (
                <ConfigTable
                  path={["brokers", String(broker.id), "config"]}
                  noun="broker"
                  name={String(broker.id)}
                />
              ) : null}
            </div>
          </Card>
        ))
      )}
    </Page>
  );
}
