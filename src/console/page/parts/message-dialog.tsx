import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MessageDetail, MessageRow, Payload } from "../../api.ts";
import { apiPath, useGet } from "../state/api.ts";
import { fieldChanges } from "../state/diff.ts";
import * as format from "../state/format.ts";
import { copy } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { PayloadView } from "./payload.tsx";
import { ProduceDialog } from "./produce-dialog.tsx";

/** One message whole, and what changed since the one before it with the same key. */
export function MessageDialog({
  topic,
  message,
  onClose,
  onOpen,
  onStep,
}: {
  topic: string;
  message: MessageRow;
  onClose: () => void;
  /** Shows another message instead. */
  onOpen: (message: MessageRow) => void;
  /** To the next (1) or the previous (-1) row. */
  onStep: (step: number) => void;
}): JSX.Element {
  const { partition, offset } = message;
  const { state } = useGet<MessageDetail>(
    apiPath(["topics", topic, "messages", partition, offset]),
  );
  const detail = state.value.value;
  const whole =
    detail?.message.offset === offset && detail.message.partition === partition
      ? detail.message
      : message;
  const [isAgain, setAgain] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "j" || event.key === "ArrowRight") onStep(1);
      else if (event.key === "k" || event.key === "ArrowLeft") onStep(-1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [message]);
  if (isAgain) {
    return (
      <ProduceDialog
        topic={topic}
        partitions={partition + 1}
        begin={whole}
        onClose={() => setAgain(false)}
        onDone={() => setAgain(false)}
      />
    );
  }
  return (
    <Dialog
      title={`Message ${format.count(offset)} of partition ${partition}`}
      onClose={onClose}
      wide
      foot={
        <>
          <span class="joined" role="group" aria-label="Other rows">
            <button type="button" class="button" onClick={() => onStep(-1)}>
              Previous row
            </button>
            <button type="button" class="button" onClick={() => onStep(1)}>
              Next row
            </button>
          </span>
          <button type="button" class="button" onClick={() => void copy(asNdjson(whole))}>
            Copy as JSON
          </button>
          <button type="button" class="button" onClick={() => setAgain(true)}>
            Produce again
          </button>
        </>
      }
    >
      <p class="muted">
        {format.fullTime(whole.timestamp)} ({whole.timestampType})
      </p>
      <PayloadView payload={whole.key} label="key" />
      <PayloadView key={`${partition} ${offset}`} payload={whole.value} label="value" />
      <HeaderTable message={whole} />
      <Before detail={detail?.message.offset === offset ? detail : undefined} onOpen={onOpen} />
    </Dialog>
  );
}

function HeaderTable({ message }: { message: MessageRow }): JSX.Element | null {
  if (message.headers.length === 0) return null;
  return (
    <>
      <h3>Headers</h3>
      <div class="table-wrap">
        <table class="even">
          <tbody>
            {message.headers.map(({ key, value }, index) => (
              <tr key={`${index} ${key}`}>
                <td class="mono cell-name">{key}</td>
                <td class="mono" style={{ overflowWrap: "anywhere" }}>
                  {value.kind === "null" ? "null" : value.text}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The record of the same key before this one, and the fields in which they differ. */
function Before({
  detail,
  onOpen,
}: {
  detail: MessageDetail | undefined;
  onOpen: (message: MessageRow) => void;
}): JSX.Element | null {
  if (detail === undefined) return null;
  const { message, previous } = detail;
  if (message.key.kind === "null") return null;
  if (previous === undefined) {
    return (
      <>
        <h3>Before</h3>
        <p class="muted">
          No earlier record of this key among the {format.count(detail.scanned)} records before it.
        </p>
      </>
    );
  }
  const changes = fieldChanges(contentOf(previous.value), contentOf(message.value));
  return (
    <>
      <div class="row spread">
        <h3>
          Since the record of this key before{" "}
          <span class="muted small">
            offset {format.count(previous.offset)}, {format.time(previous.timestamp)}
          </span>
        </h3>
        <button type="button" class="button small" onClick={() => onOpen(previous)}>
          Show that one
        </button>
      </div>
      {changes.length === 0 ? (
        <p class="muted">Its value is the same.</p>
      ) : (
        <div class="table-wrap">
          <table class="even">
            <thead>
              <tr>
                <th>Field</th>
                <th>Before</th>
                <th>Now</th>
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <tr key={change.path} class={`diff-${change.kind}`}>
                  <td class="mono cell-name">{change.path === "" ? "value" : change.path}</td>
                  <td class="mono" style={{ overflowWrap: "anywhere" }}>
                    {change.kind === "added" ? "–" : JSON.stringify(change.before)}
                  </td>
                  <td class="mono" style={{ overflowWrap: "anywhere" }}>
                    {change.kind === "removed" ? "–" : JSON.stringify(change.after)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function contentOf({ kind, text }: Payload): unknown {
  if (kind === "null") return null;
  if (kind !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function asNdjson(message: MessageRow): string {
  return JSON.stringify({
    partition: message.partition,
    offset: message.offset,
    timestamp: message.timestamp,
    key: contentOf(message.key),
    value: contentOf(message.value),
    headers: Object.fromEntries(message.headers.map(({ key, value }) => [key, contentOf(value)])),
  });
}
