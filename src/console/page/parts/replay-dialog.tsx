import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { ReplayProgress, ReplayRequest } from "../../api.ts";
import { apiPath } from "../state/api.ts";
import * as format from "../state/format.ts";
import { topicList } from "../state/live.ts";
import { postForEvents } from "../state/post-events.ts";
import { AsCode } from "./code.tsx";
import { replaySnippets } from "./change-snippets.ts";
import { Dialog } from "./dialog.tsx";
import { say, sayProblem } from "./toast.tsx";

/** Copies a range of records into a topic. */
export function ReplayDialog({
  topic,
  partitions,
  onClose,
}: {
  topic: string;
  partitions: number;
  onClose: () => void;
}): JSX.Element {
  const [target, setTarget] = useState(`${topic}-replay`);
  const [partition, setPartition] = useState("");
  const [kind, setKind] = useState<RangeKind>("all");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [perSecond, setPerSecond] = useState("");
  const [progress, setProgress] = useState<ReplayProgress | undefined>(undefined);
  const abort = useRef<AbortController | undefined>(undefined);
  const request: ReplayRequest = {
    target,
    ...(partition === "" ? {} : { partition: Number(partition) }),
    from: placeOf(kind, from) ?? "earliest",
    to: placeOf(kind, to) ?? "end",
    ...(perSecond === "" ? {} : { perSecond: Number(perSecond) }),
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const controller = new AbortController();
    abort.current = controller;
    setProgress({ copied: 0, total: 0, done: false });
    try {
      const last = await replay(topic, request, controller.signal, setProgress);
      if (last?.error !== undefined) say(last.error, undefined, true);
      else if (last?.done === true) {
        say(`${format.plural(last.copied, "record")} copied to ${target}`);
      }
    } catch (thrown) {
      if (controller.signal.aborted) say("Stopped", "What was copied until then is there.");
      else sayProblem(thrown);
    }
    setProgress(undefined);
  };
  const leave = (): void => {
    abort.current?.abort();
    onClose();
  };
  return (
    <Dialog title={`Replay ${topic}`} onClose={leave}>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <p class="muted">
          Copies records with their keys, values, headers and times to the end of another topic,
          which is made when it is not there.
        </p>
        <label class="field">
          <span>Into topic</span>
          <input
            class="input"
            required
            list="replay-topics"
            value={target}
            onInput={(event) => setTarget(event.currentTarget.value)}
          />
          <datalist id="replay-topics">
            {topicList.value.slice(0, 200).map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <div class="fields">
          <label class="field">
            <span>Partition</span>
            <select
              class="input"
              value={partition}
              onChange={(event) => setPartition(event.currentTarget.value)}
            >
              <option value="">all</option>
              {Array.from({ length: partitions }, (_, index) => (
                <option key={index}>{index}</option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>Records</span>
            <select
              class="input"
              value={kind}
              onChange={(event) => {
                setKind(event.currentTarget.value as RangeKind);
                setFrom("");
                setTo("");
              }}
            >
              <option value="all">all there are</option>
              <option value="time">of a time</option>
              <option value="offset">between offsets</option>
            </select>
          </label>
          {kind === "all" ? null : (
            <>
              <RangeEnd
                name={kind === "time" ? "From" : "From offset"}
                kind={kind}
                placeholder="the first"
                value={from}
                onInput={setFrom}
              />
              <RangeEnd
                name={kind === "time" ? "Until" : "Up to, not with, offset"}
                kind={kind}
                placeholder="the end now"
                value={to}
                onInput={setTo}
              />
            </>
          )}
          <label class="field">
            <span>Records a second</span>
            <input
              class="input"
              type="number"
              min={1}
              placeholder="as fast as it goes"
              value={perSecond}
              onInput={(event) => setPerSecond(event.currentTarget.value)}
            />
          </label>
        </div>
        {progress === undefined ? null : (
          <div role="status">
            <div class="meter">
              <span
                style={{ width: `${(progress.copied / Math.max(1, progress.total)) * 100}%` }}
              />
            </div>
            <p class="muted">
              {format.count(progress.copied)} of {format.count(progress.total)}
            </p>
          </div>
        )}
        <div class="row">
          <button type="submit" class="button primary" disabled={progress !== undefined}>
            Replay
          </button>
          {progress === undefined ? null : (
            <button type="button" class="button" onClick={() => abort.current?.abort()}>
              Stop
            </button>
          )}
          <AsCode of={replaySnippets(topic, partitions, request)} />
        </div>
      </form>
    </Dialog>
  );
}

type RangeKind = "all" | "time" | "offset";

/** Where a range begins or ends; nothing where that is left open. */
function placeOf(
  kind: RangeKind,
  text: string,
): { readonly offset: number } | { readonly timeMs: number } | undefined {
  if (kind === "all" || text === "") return undefined;
  return kind === "time" ? { timeMs: Date.parse(text) } : { offset: Number(text) };
}

function RangeEnd({
  name,
  kind,
  placeholder,
  value,
  onInput,
}: {
  name: string;
  kind: "time" | "offset";
  placeholder: string;
  value: string;
  onInput: (text: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>{name}</span>
      <input
        class="input"
        {...(kind === "time" ? { type: "datetime-local", step: 1 } : { type: "number", min: 0 })}
        placeholder={placeholder}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** Sends the request and reads the events of its progress as they come. */
async function replay(
  topic: string,
  request: ReplayRequest,
  signal: AbortSignal,
  onProgress: (progress: ReplayProgress) => void,
): Promise<ReplayProgress | undefined> {
  let last: ReplayProgress | undefined;
  await postForEvents(apiPath(["topics", topic, "replay"]), request, signal, (_kind, data) => {
    last = data as ReplayProgress;
    onProgress(last);
  });
  return last;
}
