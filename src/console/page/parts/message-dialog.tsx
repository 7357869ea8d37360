import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MessageDetail, MessageRow, Payload } from "../../api.ts";
import { messageLine } from "../../message-line.ts";
import { apiPath, useGet } from "../state/api.ts";
import { fieldChanges } from "../state/diff.ts";
import { parseJson } from "../state/json.ts";
import * as format from "../state/format.ts";
import { AsCode, copy } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { headerText, PayloadView } from "./payload.tsx";
import { isTyping } from "./keys.tsx";
import { messageSnippets } from "./snippets.ts";
import { ProduceDialog } from "./produce-dialog.tsx";

/** One message whole, and what changed since the one before it with the same key. */
export function MessageDialog({
  topic,
  partitions,
  message,
  onClose,
  onOpen,
  onStep,
}: {
  topic: string;
  partitions: number;
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
  const isCut = whole.value.truncated === true || whole.key.truncated === true;
  const [isAgain, setAgain] = useState(false);
  useEffect(() => {
    if (isAgain) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      // Arrows move within what is wider than its place.
      const isWithin = (event.target as Element).closest?.("pre, .table-wrap") ?? null;
      if (isTyping(event) || isWithin !== null) return;
      if (event.key === "j" || event.key === "ArrowRight") onStep(1);
      else if (event.key === "k" || event.key === "ArrowLeft") onStep(-1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [message, isAgain]);
  if (isAgain) {
    return (
      <ProduceDialog
        topic={topic}
        partitions={partitions}
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
          <button type="button" class="button" onClick={() => void copy(asJson(topic, whole))}>
            Copy as JSON
          </button>
          <button
            type="button"
            class="button"
            disabled={isCut}
            {...(isCut ? { title: "It is too large to be produced from here." } : {})}
            onClick={() => setAgain(true)}
          >
            Produce again
          </button>
          <AsCode of={messageSnippets(topic, partition, offset)} />
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
      <h3>
        Headers <span class="muted small">{format.count(message.headers.length)}</span>
      </h3>
      <div class="table-wrap">
        <table class="even names">
          <tbody>
            {message.headers.map(({ key, value }, index) => (
              <tr key={`${index} ${key}`}>
                <td class="mono cell-name">{key}</td>
                <td
                  class={value.kind === "null" || value.kind === "binary" ? "mono muted" : "mono"}
                >
                  {headerText(value)}
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
    return parseJson(text);
  } catch {
    return text;
  }
}

/** As a line of a download, but for people: JSON in it is JSON, and not the text of it. */
function asJson(topic: string, message: MessageRow): string {
  const { value } = message;
  const line = JSON.parse(messageLine(topic, message)) as Record<string, unknown>;
  const whole = value.kind === "json" ? { ...line, value: contentOf(value) } : line;
  return JSON.stringify(whole, null, 2);
}
