/** Where a page of messages ends in each partition: `0:12,2:40`. */
export type Cursor = ReadonlyMap<number, number>;

/** Partitions of one cursor; no topic has more here. */
const PARTITIONS_MAX = 100_000;

export function writeCursor(cursor: Cursor): string {
  return [...cursor].map(([partition, offset]) => `${partition}:${offset}`).join(",");
}

/** `undefined` for text that is no cursor. */
export function readCursor(text: string): Cursor | undefined {
  const cursor = new Map<number, number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,9}):(\d{1,16})$/.exec(part);
    if (match === null || cursor.size >= PARTITIONS_MAX) return undefined;
    const offset = Number(match[2]);
    if (!Number.isSafeInteger(offset)) return undefined;
    cursor.set(Number(match[1]), offset);
  }
  return cursor;
}

/** Where somebody asks a page to begin. */
export type Beginning =
  | { readonly kind: "newest" | "oldest" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "time"; readonly timeMs: number };

/** `newest`, `oldest`, `offset:N`, `time:MS`; `undefined` for anything else. */
export function readBeginning(text: string): Beginning | undefined {
  if (text === "newest" || text === "oldest") return { kind: text };
  const match = /^(offset|time):(\d{1,16})$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[2]);
  if (!Number.isSafeInteger(value)) return undefined;
  return match[1] === "offset"
    ? { kind: "offset", offset: value }
    : { kind: "time", timeMs: value };
}
