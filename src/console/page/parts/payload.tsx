import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Payload } from "../../api.ts";
import * as format from "../state/format.ts";
import { parseJson } from "../state/json.ts";
import { JsonTree } from "./json-tree.tsx";

/** Bytes of a row of the hex view. */
const HEX_ROW = 16;

/** A key or a value in one line. */
export function PayloadLine({
  payload,
  isValue = false,
}: {
  payload: Payload;
  isValue?: boolean;
}): JSX.Element {
  if (payload.kind === "null") {
    return isValue ? <span class="badge warn">tombstone</span> : <span class="muted">no key</span>;
  }
  if (payload.kind === "binary") {
    return (
      <span class="message-value muted">
        {format.bytes(payload.bytes)}: {hexOf(bytesOf(payload).subarray(0, 24), " ")}
      </span>
    );
  }
  return (
    <span class="message-value" title={payload.text.slice(0, 600)}>
      {payload.text === "" ? "(empty)" : payload.text.slice(0, 400)}
    </span>
  );
}

type View = "tree" | "text" | "hex";

const viewNames: Readonly<Record<View, string>> = { tree: "Tree", text: "Text", hex: "Hex" };

/** A key or a value whole: as a tree where it is JSON, as text, in hex. */
export function PayloadView({ payload, label }: { payload: Payload; label: string }): JSX.Element {
  const views: readonly View[] =
    payload.kind === "json"
      ? ["tree", "text", "hex"]
      : payload.kind === "text"
        ? ["text", "hex"]
        : ["hex"];
  const [chosen, choose] = useState<View>(views[0] ?? "hex");
  const view = views.includes(chosen) ? chosen : (views[0] ?? "hex");
  const title = `${label.slice(0, 1).toUpperCase()}${label.slice(1)}`;
  return (
    <section class="payload">
      <div class="row spread">
        <h3>
          {title}{" "}
          <span class="muted small">
            {payload.kind === "null" ? "" : format.bytes(payload.bytes)}
            {payload.truncated === true ? ", cut after the first part" : ""}
          </span>
        </h3>
        {payload.kind === "null" ? null : (
          <span class="joined" role="group" aria-label={`${title} as`}>
            {views.map((name) => (
              <button
                key={name}
                type="button"
                class="button small"
                aria-pressed={name === view}
                onClick={() => choose(name)}
              >
                {viewNames[name]}
              </button>
            ))}
          </span>
        )}
      </div>
      {payload.kind === "null" ? (
        <p class="muted">null</p>
      ) : view === "tree" ? (
        <JsonTree text={payload.text} />
      ) : (
        <pre
          class={view === "hex" ? "code hex" : "code"}
          tabIndex={0}
          aria-label={view === "hex" ? `${label} in hex` : label}
        >
          {view === "hex" ? hexDump(bytesOf(payload)) : prettyOf(payload)}
        </pre>
      )}
    </section>
  );
}

/** A header's value in one line. */
export function headerText({ kind, text, bytes, truncated }: Payload): string {
  if (kind === "null") return "null";
  if (kind === "binary") {
    const shown = hexOf(bytesOf({ kind, text, bytes }), " ");
    return `${shown}${truncated === true ? " …" : ""}`;
  }
  return text === "" ? "(empty)" : text;
}

function prettyOf({ kind, text }: Payload): string {
  if (kind !== "json") return text;
  try {
    return JSON.stringify(parseJson(text), null, 2);
  } catch {
    return text;
  }
}

function bytesOf({ kind, text }: Payload): Uint8Array {
  if (kind !== "binary") return new TextEncoder().encode(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function hexOf(bytes: Uint8Array, between: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_ROW) {
    const row = bytes.subarray(at, at + HEX_ROW);
    const text = Array.from(row, (byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·",
    ).join("");
    lines.push(
      `${at.toString(16).padStart(6, "0")}  ${hexOf(row, " ").padEnd(HEX_ROW * 3)} ${text}`,
    );
  }
  return lines.join("\n");
}
