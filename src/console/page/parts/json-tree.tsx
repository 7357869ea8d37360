import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as format from "../state/format.ts";
import { isExactNumber, parseJson } from "../state/json.ts";

/** Entries of one object or array that are shown at first, and once more for each click. */
const ENTRIES_STEP = 200;
/** Objects that are open at first go so deep. */
const OPEN_DEPTH = 2;

export function JsonTree({ text }: { text: string }): JSX.Element {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return <pre class="code">{text}</pre>;
  }
  return (
    <div class="tree">
      <Node value={value} depth={0} />
    </div>
  );
}

function Node({
  name,
  value,
  depth,
}: {
  name?: string;
  value: unknown;
  depth: number;
}): JSX.Element {
  const [shownMax, setShownMax] = useState(ENTRIES_STEP);
  const label = name === undefined ? null : <span class="key">{name}: </span>;
  if (typeof value !== "object" || value === null || isExactNumber(value)) {
    return (
      <div>
        {label}
        <span class={colorOf(value)}>{JSON.stringify(value)}</span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const isArray = Array.isArray(value);
  const count = format.count(entries.length);
  const shape = isArray ? `[${count}]` : `{${count}}`;
  if (entries.length === 0) {
    return (
      <div>
        {label}
        {isArray ? "[]" : "{}"}
      </div>
    );
  }
  return (
    <details open={depth < OPEN_DEPTH}>
      <summary>
        {label}
        <span class="muted">{shape}</span>
      </summary>
      <ul>
        {entries.slice(0, shownMax).map(([key, child]) => (
          <li key={key}>
            <Node name={key} value={child} depth={depth + 1} />
          </li>
        ))}
        {entries.length > shownMax ? (
          <li>
            <button
              type="button"
              class="button bare"
              onClick={() => setShownMax(shownMax + ENTRIES_STEP)}
            >
              {format.count(Math.min(ENTRIES_STEP, entries.length - shownMax))} more of{" "}
              {format.count(entries.length - shownMax)}
            </button>
          </li>
        ) : null}
      </ul>
    </details>
  );
}

function colorOf(value: unknown): string {
  if (typeof value === "string") return "string";
  return typeof value === "number" || isExactNumber(value) ? "number" : "other";
}
