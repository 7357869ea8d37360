import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { GroupDetail, OffsetsPlan, OffsetsReset } from "../../api.ts";
import { apiPath, call } from "../state/api.ts";
import * as format from "../state/format.ts";
import { AsCode } from "./code.tsx";
import { resetSnippets } from "./change-snippets.ts";
import { Dialog } from "./dialog.tsx";
import { say, sayProblem } from "./toast.tsx";

type Kind = "earliest" | "latest" | "time" | "shift" | "offsets";

/** Sets where a group goes on; what would change is shown before anything does. */
export function ResetDialog({
  detail,
  onClose,
  onDone,
}: {
  detail: GroupDetail;
  onClose: () => void;
  onDone: () => void;
}): JSX.Element {
  const [topic, setTopic] = useState("");
  const [kind, setKind] = useState<Kind>("earliest");
  const [time, setTime] = useState("");
  const [shift, setShift] = useState(-10);
  const [own, setOwn] = useState<Readonly<Record<string, number>>>({});
  const [plan, setPlan] = useState<OffsetsPlan | undefined>(undefined);
  const rows = detail.partitionRows.filter((row) => topic === "" || row.topic === topic);
  const topics = [...new Set(detail.partitionRows.map((row) => row.topic))];

  const reset = (dryRun: boolean): OffsetsReset => ({
    ...(topic === "" ? {} : { topics: [{ topic }] }),
    to:
      kind === "time"
        ? { timeMs: Date.parse(time) }
        : kind === "shift"
          ? { shift }
          : kind === "offsets"
            ? {
                offsets: rows.map((row) => ({
                  topic: row.topic,
                  partition: row.partition,
                  offset: own[`${row.topic} ${row.partition}`] ?? row.committed ?? row.startOffset,
                })),
              }
            : kind,
    dryRun,
  });
  const send = async (dryRun: boolean): Promise<void> => {
    try {
      const path = apiPath(["groups", detail.name, "offsets"]);
      const answer = await call<OffsetsPlan>("POST", path, reset(dryRun));
      if (dryRun) {
        setPlan(answer);
      } else {
        say(`Offsets of ${detail.name} are reset`);
        onDone();
      }
    } catch (thrown) {
      sayProblem(thrown);
    }
  };
  const change = (next: () => void) => {
    setPlan(undefined);
    next();
  };
  const hasMembers = detail.memberRows.length > 0;
  return (
    <Dialog title={`Reset offsets of ${detail.name}`} onClose={onClose} wide>
      {hasMembers ? (
        <div class="notice warning">
          <strong>The group has members.</strong>
          <span>
            Kafka resets offsets only of groups that nobody is reading for: stop them first.
          </span>
        </div>
      ) : null}
      <div class="fields">
        <label class="field">
          <span>Topic</span>
          <select
            class="input"
            value={topic}
            onChange={(event) => change(() => setTopic(event.currentTarget.value))}
          >
            <option value="">all topics of the group</option>
            {topics.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Go on</span>
          <select
            class="input"
            value={kind}
            onChange={(event) => change(() => setKind(event.currentTarget.value as Kind))}
          >
            <option value="earliest">at the first record</option>
            <option value="latest">at the end</option>
            <option value="time">at a time</option>
            <option value="shift">some records away</option>
            <option value="offsets">at offsets of each partition</option>
          </select>
        </label>
        {kind === "time" ? (
          <label class="field">
            <span>Time</span>
            <input
              class="input"
              type="datetime-local"
              step={1}
              value={time}
              onInput={(event) => change(() => setTime(event.currentTarget.value))}
            />
          </label>
        ) : null}
        {kind === "shift" ? (
          <label class="field">
            <span>Records (negative: back)</span>
            <input
              class="input"
              type="number"
              value={shift}
              onInput={(event) => change(() => setShift(Number(event.currentTarget.value)))}
            />
          </label>
        ) : null}
      </div>
      {kind === "offsets" ? (
        <div class="table-wrap">
          <table>
            <thead>
              <tr>
                <th>Partition</th>
                <th class="num">From</th>
                <th class="num">End</th>
                <th>Go on at</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.topic} ${row.partition}`}>
                  <td class="cell-name">
                    {row.topic}-{row.partition}
                  </td>
                  <td class="num">{format.count(row.startOffset)}</td>
                  <td class="num">{format.count(row.endOffset)}</td>
                  <td>
                    <input
                      class="input"
                      type="number"
                      min={0}
                      aria-label={`Offset of ${row.topic}-${row.partition}`}
                      value={
                        own[`${row.topic} ${row.partition}`] ?? row.committed ?? row.startOffset
                      }
                      onInput={(event) => {
                        const value = Number(event.currentTarget.value);
                        change(() => setOwn({ ...own, [`${row.topic} ${row.partition}`]: value }));
                      }}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {plan === undefined ? null : <Plan plan={plan} />}
      <div class="row">
        <button
          type="button"
          class={plan === undefined ? "button primary" : "button"}
          disabled={kind === "time" && time === ""}
          onClick={() => void send(true)}
        >
          Show what would change
        </button>
        <button
          type="button"
          class={plan === undefined ? "button" : "button primary"}
          disabled={plan === undefined || hasMembers}
          onClick={() => void send(false)}
        >
          Reset
        </button>
        <AsCode of={resetSnippets(detail.name, reset(true))} />
      </div>
    </Dialog>
  );
}

function Plan({ plan }: { plan: OffsetsPlan }): JSX.Element {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="What would change">
      <table>
        <thead>
          <tr>
            <th>Partition</th>
            <th class="num">Now</th>
            <th class="num">Then</th>
            <th class="num">Difference</th>
            <th class="num">Lag then</th>
          </tr>
        </thead>
        <tbody>
          {plan.rows.map((row) => {
            const change = row.after - (row.before ?? 0);
            return (
              <tr key={`${row.topic} ${row.partition}`}>
                <td class="cell-name">
                  {row.topic}-{row.partition}
                </td>
                <td class="num">{row.before === undefined ? "–" : format.count(row.before)}</td>
                <td class="num">{format.count(row.after)}</td>
                <td class="num">
                  {change > 0 ? "+" : ""}
                  {format.count(change)}
                </td>
                <td class="num">{format.count(Math.max(0, row.endOffset - row.after))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
