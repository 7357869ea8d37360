import type { MessageRow, Payload } from "./api.ts";

/**
 * A message as a line of a download, for both sides: JSON that `moldau produce -f ndjson` takes back, in the form in
 * which `moldau consume -o ndjson` prints it. What is no text is in Base64, under a name that says so.
 */
export function messageLine(topic: string, message: MessageRow): string {
  const { partition, offset, timestamp, key, value, headers } = message;
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    ...field("key", key),
    ...field("value", value),
    headers: headers.map((header) => ({ key: header.key, ...field("value", header.value) })),
  });
}

function field(name: "key" | "value", payload: Payload): Record<string, string | null> {
  if (payload.kind === "null") return { [name]: null };
  return payload.kind === "binary" ? { [`${name}Base64`]: payload.text } : { [name]: payload.text };
}
