import type { JSX } from "preact";

/** Entries of one object or array that are shown; more of them are counted. */
const ENTRIES_MAX = 200;
/** Objects that are open at first go so deep. */
const OPEN_DEPTH = 2;

export function JsonTree({ text }: { text: string }): JSX.Element {
  let value: unknown;
  try {
    value = JSON.parse(text);
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
  const label = name === undefined ? null : <span class="key">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div>
        {label}
        <span class={colorOf(value)}>{JSON.stringify(value)}</span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const isArray = Array.isArray(value);
  const shape = isArray ? `[${entries.length}]` : `{${entries.length}}`;
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
        {entries.slice(0, ENTRIES_MAX).map(([key, child]) => (
          <li key={key}>
            <Node name={key} value={child} depth={depth + 1} />
          </li>
        ))}
        {entries.length > ENTRIES_MAX ? (
          <li class="muted">and {entries.length - ENTRIES_MAX} more</li>
        ) : null}
      </ul>
    </details>
  );
}

function colorOf(value: unknown): string {
  if (typeof value === "string") return "string";
  return typeof value === "number" ? "number" : "other";
}
