import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { ReplayProgress, ReplayRequest } from "../../api.ts";
import { apiPath, problemOf } from "../state/api.ts";
import * as format from "../state/format.ts";
import { topicList } from "../state/live.ts";
import { AsCode } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { at, literal, program, word } from "./snippets.ts";
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
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [perSecond, setPerSecond] = useState("");
  const [progress, setProgress] = useState<ReplayProgress | undefined>(undefined);
  const abort = useRef<AbortController | undefined>(undefined);
  const request: ReplayRequest = {
    target,
    ...(partition === "" ? {} : { partition: Number(partition) }),
    from: from === "" ? "earliest" : { offset: Number(from) },
    to: to === "" ? "end" : { offset: Number(to) },
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
      if (!controller.signal.aborted) sayProblem(thrown);
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
            <span>From offset</span>
            <input
              class="input"
              type="number"
              min={0}
              placeholder="the first"
              value={from}
              onInput={(event) => setFrom(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Up to, not with, offset</span>
            <input
              class="input"
              type="number"
              min={0}
              placeholder="the end now"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
          </label>
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
          <AsCode
            cli={`moldau replay ${word(topic)} ${word(target)} --from ${from === "" ? "earliest" : `offset:${from}`}${at()}`}
            typescript={program(
              `await using producer = kafka.producer();
for await (const record of kafka.consume(${literal(topic)}, { from: "earliest", until: "end" })) {
  producer.post(${literal(target)}, record);
  await producer.ready();
}`,
            )}
          />
        </div>
      </form>
    </Dialog>
  );
}

/** Sends the request and reads the events of its progress as they come. */
async function replay(
  topic: string,
  request: ReplayRequest,
  signal: AbortSignal,
  onProgress: (progress: ReplayProgress) => void,
): Promise<ReplayProgress | undefined> {
  const response = await fetch(apiPath(["topics", topic, "replay"]), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.ok || response.body === null) {
    const { message } = problemOf(new Error(await response.text()));
    throw new Error(message);
  }
  let last: ReplayProgress | undefined;
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return last;
    const lines = `${rest}${value}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      last = JSON.parse(line.slice(5)) as ReplayProgress;
      onProgress(last);
    }
  }
}
