import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MessageRow, Produced, ProduceRequest } from "../../api.ts";
import { apiPath, call } from "../state/api.ts";
import * as format from "../state/format.ts";
import { AsCode } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { at, literal, program, word } from "./snippets.ts";
import { say, sayProblem } from "./toast.tsx";

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
  const [key, setKey] = useState(begin?.key.kind === "null" ? "" : (begin?.key.text ?? ""));
  const [value, setValue] = useState(begin?.value.text ?? '{ "id": "{{uuid}}", "at": "{{now}}" }');
  const [headers, setHeaders] = useState(
    begin?.headers.map((header) => `${header.key}: ${header.value.text}`).join("\n") ?? "",
  );
  const [partition, setPartition] = useState("");
  const [isTombstone, setTombstone] = useState(begin?.value.kind === "null");
  const [times, setTimes] = useState(1);
  const [perSecond, setPerSecond] = useState(10);
  const [isBusy, setBusy] = useState(false);
  const request: ProduceRequest = {
    key: key === "" ? null : key,
    value: isTombstone ? null : value,
    headers: headersOf(headers),
    ...(partition === "" ? {} : { partition: Number(partition) }),
    ...(times > 1 ? { repeat: { count: times, perSecond } } : {}),
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const done = await call<Produced>("POST", apiPath(["topics", topic, "messages"]), request);
      say(
        done.count === 1
          ? `Written at offset ${format.count(done.offset)} of partition ${done.partition}`
          : `${format.count(done.count)} messages are written`,
      );
      onDone();
      onClose();
    } catch (thrown) {
      sayProblem(thrown);
    }
    setBusy(false);
  };
  return (
    <Dialog title={`Produce to ${topic}`} onClose={onClose} wide>
      <form class="page" onSubmit={(event) => void submit(event)}>
        <div class="fields">
          <label class="field">
            <span>Key (empty: none)</span>
            <input
              class="input mono"
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>Partition</span>
            <select
              class="input"
              value={partition}
              onChange={(event) => setPartition(event.currentTarget.value)}
            >
              <option value="">by the key</option>
              {Array.from({ length: partitions }, (_, index) => (
                <option key={index}>{index}</option>
              ))}
            </select>
          </label>
        </div>
        <label class="field">
          <span>Value</span>
          <textarea
            class="input"
            disabled={isTombstone}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </label>
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
        <div class="fields">
          <label class="field">
            <span>How often</span>
            <input
              class="input"
              type="number"
              min={1}
              max={100000}
              value={times}
              onInput={(event) => setTimes(Number(event.currentTarget.value))}
            />
          </label>
          <label class="field">
            <span>A second</span>
            <input
              class="input"
              type="number"
              min={1}
              max={10000}
              disabled={times <= 1}
              value={perSecond}
              onInput={(event) => setPerSecond(Number(event.currentTarget.value))}
            />
          </label>
        </div>
        <p class="muted">
          In key and value <code>{"{{i}}"}</code> is the number of the message,{" "}
          <code>{"{{uuid}}"}</code> a new id and <code>{"{{now}}"}</code> the time.
        </p>
        <div class="row">
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? "Writing …" : times > 1 ? `Produce ${format.count(times)}` : "Produce"}
          </button>
          <AsCode
            cli={`echo ${word(isTombstone ? "" : value)} | moldau produce ${word(topic)}${key === "" ? "" : ` -k ${word(key)}`}${isTombstone ? " --tombstone" : ""}${at()}`}
            typescript={program(
              `await using producer = kafka.producer();\nawait producer.send(${literal(topic)}, {\n  key: ${key === "" ? "null" : literal(key)},\n  value: ${isTombstone ? "null" : literal(value)},\n});`,
            )}
          />
        </div>
      </form>
    </Dialog>
  );
}

function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
}
