import { recordBytesMax, type NewField, type NewHeader } from "../../records/build.ts";

/** Up to so many characters nobody counts the bytes of a text: it may take three each. */
const COUNTED_TEXT_MIN = 1024;
const UTF8_BYTES_MAX = 3;

/** The most bytes that a record takes in a batch; exact enough for large ones, quick for small ones. */
export function recordBound(key: NewField, value: NewField, headers: readonly NewHeader[]): number {
  return recordBytesMax(null, null, headers) + fieldBound(key) + fieldBound(value);
}

function fieldBound(field: NewField): number {
  if (field === null) return 0;
  // The length before a field takes five bytes at most, of which the null field has one.
  if (typeof field !== "string") return field.length + 4;
  const { length } = field;
  return length < COUNTED_TEXT_MIN ? length * UTF8_BYTES_MAX + 4 : Buffer.byteLength(field) + 4;
}
