import type { Payload } from "./api.ts";

/** What a list shows of a key or a value; the message itself is shown whole up to {@link WHOLE_BYTES_MAX}. */
export const LINE_BYTES_MAX = 2048;
export const WHOLE_BYTES_MAX = 1024 * 1024;

const NULL: Payload = { kind: "null", text: "", bytes: 0 };
const decoder = new TextDecoder("utf-8", { fatal: true });
/** Characters that no text has: control characters but tab, line feed, carriage return. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** What bytes most likely are, cut after `bytesMax`: JSON, text, or something that is shown in hex. */
export function payloadOf(bytes: Buffer | null, bytesMax: number): Payload {
  if (bytes === null) return NULL;
  const isCut = bytes.length > bytesMax;
  const head = isCut ? bytes.subarray(0, endOfCharacter(bytes, bytesMax)) : bytes;
  const facts = { bytes: bytes.length, ...(isCut ? { truncated: true as const } : {}) };
  const text = textOf(head);
  if (text === undefined) {
    return { kind: "binary", text: head.toString("base64"), ...facts };
  }
  return { kind: looksLikeJson(text, isCut) ? "json" : "text", text, ...facts };
}

/** A cut must not go through a character: goes back over its following bytes. */
function endOfCharacter(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && at > end - 4 && (bytes[at]! & 0xc0) === 0x80) at--;
  return at;
}

function textOf(bytes: Buffer): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function looksLikeJson(text: string, isCut: boolean): boolean {
  const first = text.trimStart()[0] ?? "";
  if (first !== "{" && first !== "[") return false;
  // What is cut cannot be parsed; that it begins so is enough for a line of a list.
  if (isCut) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
