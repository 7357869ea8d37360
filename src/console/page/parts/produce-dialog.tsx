import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type {
  Content,
  MessageRow,
  Payload,
  Problem,
  Produced,
  ProduceProgress,
  ProduceRequest,
} from "../../api.ts";
import { ApiError, apiPath } from "../state/api.ts";
import * as format from "../state/format.ts";
import { postForEvents } from "../state/post-events.ts";
import { produceSnippets } from "./change-snippets.ts";
import { AsCode } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { say, sayProblem } from "./toast.tsx";

type Encoding = "text" | "base64";
type Header = NonNullable<ProduceRequest["headers"]>[number];

const EXAMPLE = '{ "id": "{{uuid}}", "at": "{{now}}" }';

/** Writes a message, or the same with other numbers many times. */
export function ProduceDialog({
  topic,
  partitions,
  begin,
  onClose,
  onDone,
}: {
  topic: string;
  partitions: number;
  /** A message to begin with. */
  begin?: MessageRow;
  onClose: () => void;
  onDone: () => void;
}): JSX.Element {
  const [key, setKey] = useState(begin?.key.text ?? "");
  const [keyEncoding, setKeyEncoding] = useState(encodingOf(begin?.key));
  const [value, setValue] = useState(begin?.value.text ?? EXAMPLE);
  const [valueEncoding, setValueEncoding] = useState(encodingOf(begin?.value));
  const [headers, setHeaders] = useState(begin === undefined ? "" : headerLines(begin));
  const kept = begin === undefined ? [] : otherHeaders(begin);
  const [partition, setPartition] = useState("");
  const [isTombstone, setTombstone] = useState(begin?.value.kind === "null");
  const [times, setTimes] = useState(1);
  const [perSecond, setPerSecond] = useState(10);
  const [progress, setProgress] = useState<ProduceProgress | undefined>(undefined);
  const abort = useRef<AbortController | undefined>(undefined);
  const allHeaders = [...headersOf(headers), ...kept];
  const request: ProduceRequest = {
    key: key === "" ? null : contentOf(key, keyEncoding),
    value: isTombstone ? null : contentOf(value, valueEncoding),
    ...(allHeaders.length === 0 ? {} : { headers: allHeaders }),
    ...(partition === "" ? {} : { partition: Number(partition) }),
    ...(times > 1 ? { repeat: { count: times, perSecond } } : {}),
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const controller = new AbortController();
    abort.current = controller;
    setProgress({ count: 0, total: times });
    try {
      const done = await write(topic, request, controller.signal, setProgress);
      say(
        done.count === 1
          ? `Written at offset ${format.count(done.offset)} of partition ${done.partition}`
          : `${format.count(done.count)} messages are written`,
      );
      onDone();
      onClose();
    } catch (thrown) {
      if (controller.signal.aborted) {
        say("Stopped", "What was written until then is there.");
        onDone();
      } else sayProblem(thrown);
    }
    setProgress(undefined);
  };
  const leave = (): void => {
    abort.current?.abort();
    onClose();
  };
  const isBusy = progress !== undefined;
  return (
    <Dialog title={`Produce to ${topic}`} onClose={leave} wide>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <div class="fields">
          <div class="field">
            <FieldHead
              id="the-key"
              title="Key (empty: none)"
              encoding={keyEncoding}
              onEncoding={setKeyEncoding}
            />
            <input
              id="the-key"
              class="input mono"
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          </div>
          <label class="field end">
            <span>Partition</span>
            <select
              class="input"
              value={partition}
              onChange={(event) => setPartition(event.currentTarget.value)}
            >
              <option value="">{key === "" ? "any" : "by the key"}</option>
              {Array.from({ length: partitions }, (_, index) => (
                <option key={index}>{index}</option>
              ))}
            </select>
          </label>
        </div>
        <div class="field">
          <FieldHead
            id="the-value"
            title="Value"
            encoding={valueEncoding}
            onEncoding={setValueEncoding}
          />
          <textarea
            id="the-value"
            class="input"
            disabled={isTombstone}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={isTombstone}
            onChange={() => setTombstone(!isTombstone)}
          />
          Tombstone: no value, the key is deleted by compaction
        </label>
        <label class="field">
          <span>Headers, one a line as name: value</span>
          <textarea
            class="input"
            style={{ minHeight: "54px" }}
            value={headers}
            onInput={(event) => setHeaders(event.currentTarget.value)}
          />
        </label>
        {kept.length === 0 ? null : (
          <p class="muted">
            {format.plural(
              kept.length,
              "header that is no line of text goes",
              "headers that are no lines of text go",
            )}{" "}
            with it as before.
          </p>
        )}
        <div class="fields">
          <label class="field">
            <span>How many</span>
            <input
              class="input"
              type="number"
              min={1}
              max={1_000_000}
              value={times}
              onInput={(event) => setTimes(Number(event.currentTarget.value))}
            />
          </label>
          <label class="field">
            <span>A second</span>
            <input
              class="input"
              type="number"
              min={0.1}
              max={100_000}
              step="any"
              disabled={times <= 1}
              value={perSecond}
              onInput={(event) => setPerSecond(Number(event.currentTarget.value))}
            />
          </label>
        </div>
        <p class="muted">
          In a key or value of text <code>{"{{i}}"}</code> is the number of the message,{" "}
          <code>{"{{uuid}}"}</code> a new id and <code>{"{{now}}"}</code> the time.
        </p>
        {progress === undefined || times <= 1 ? null : <Progress {...progress} />}
        <div class="row">
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? "Writing …" : times > 1 ? `Produce ${format.count(times)}` : "Produce"}
          </button>
          {isBusy && times > 1 ? (
            <button type="button" class="button" onClick={() => abort.current?.abort()}>
              Stop
            </button>
          ) : null}
          <AsCode of={produceSnippets(topic, request)} />
        </div>
      </form>
    </Dialog>
  );
}

function FieldHead({
  id,
  title,
  encoding,
  onEncoding,
}: {
  id: string;
  title: string;
  encoding: Encoding;
  onEncoding: (encoding: Encoding) => void;
}): JSX.Element {
  return (
    <div class="row spread">
      <label for={id}>{title}</label>
      <span class="joined" role="group" aria-label={`Text or Base64, for ${id.replace("-", " ")}`}>
        {(["text", "base64"] as const).map((one) => (
          <button
            key={one}
            type="button"
            class="button small"
            aria-pressed={one === encoding}
            onClick={() => onEncoding(one)}
          >
            {one === "text" ? "Text" : "Base64"}
          </button>
        ))}
      </span>
    </div>
  );
}

function Progress({ count, total }: ProduceProgress): JSX.Element {
  return (
    <div role="status">
      <div class="meter">
        <span style={{ width: `${(count / Math.max(1, total)) * 100}%` }} />
      </div>
      <p class="muted">
        {format.count(count)} of {format.count(total)}
      </p>
    </div>
  );
}

async function write(
  topic: string,
  request: ProduceRequest,
  signal: AbortSignal,
  onProgress: (progress: ProduceProgress) => void,
): Promise<Produced> {
  let done: Produced | undefined;
  let problem: Problem | undefined;
  await postForEvents(apiPath(["topics", topic, "messages"]), request, signal, (kind, data) => {
    if (kind === "progress") onProgress(data as ProduceProgress);
    else if (kind === "done") done = data as Produced;
    else problem = data as Problem;
  });
  if (problem !== undefined) throw new ApiError(problem, 0);
  if (done === undefined) throw new Error("The broker went away while this was written.");
  return done;
}

function encodingOf(payload: Payload | undefined): Encoding {
  return payload?.kind === "binary" ? "base64" : "text";
}

function contentOf(text: string, encoding: Encoding): Content {
  return encoding === "text" ? text : { base64: text.trim() };
}

/** Whether a header can stand as a line of the form. */
function isLine({ key, value }: MessageRow["headers"][number]): boolean {
  const isText = value.kind === "text" || value.kind === "json";
  return isText && value.text === value.text.trim() && !/\n/.test(value.text) && !/[:\n]/.test(key);
}

function headerLines({ headers }: MessageRow): string {
  return headers
    .filter(isLine)
    .map(({ key, value }) => `${key}: ${value.text}`)
    .join("\n");
}

function otherHeaders({ headers }: MessageRow): readonly Header[] {
  return headers
    .filter((header) => !isLine(header))
    .map(({ key, value: { kind, text } }) => {
      const value = kind === "null" ? null : kind === "binary" ? { base64: text } : text;
      return { key, value };
    });
}

function headersOf(text: string): readonly Header[] {
  return text.split("\n").flatMap((line) => {
    const colon = line.indexOf(":");
    if (colon <= 0) return [];
    return [{ key: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
  });
}
