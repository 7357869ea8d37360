import { isExactNumber } from "./json.ts";

/** A field that differs between two records of a key. */
export interface FieldChange {
  /** Such as `address.city` or `items[2].price`. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before: unknown;
  readonly after: unknown;
}

/** Changes beyond these are not told one by one. */
export const CHANGES_MAX = 500;

/** The fields in which two JSON values differ, in the order of the newer one, removed ones last. */
export function fieldChanges(before: unknown, after: unknown): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  walk("", before, after, changes);
  return changes;
}

function walk(path: string, before: unknown, after: unknown, into: FieldChange[]): void {
  if (into.length >= CHANGES_MAX || isSame(before, after)) return;
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const place = (key: string): string =>
      Array.isArray(after) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    for (const [key, value] of Object.entries(after)) {
      if (Object.hasOwn(before, key)) walk(place(key), before[key], value, into);
      else into.push({ path: place(key), kind: "added", before: undefined, after: value });
    }
    for (const [key, value] of Object.entries(before)) {
      if (Object.hasOwn(after, key)) continue;
      into.push({ path: place(key), kind: "removed", before: value, after: undefined });
    }
    return;
  }
  into.push({ path, kind: "changed", before, after });
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isExactNumber(value);
}

function isSame(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  const isExact = isExactNumber(before) && isExactNumber(after);
  return isExact && JSON.stringify(before) === JSON.stringify(after);
}
