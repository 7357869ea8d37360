import type { Problem } from "../../api.ts";
import { ApiError } from "./api.ts";

/**
 * Asks for a change that takes its time, and hands on the events of its answer as they come. Throws
 * {@link ApiError} where it is refused, and when `signal` is aborted, which ends the change.
 */
export async function postForEvents(
  path: string,
  body: unknown,
  signal: AbortSignal,
  take: (kind: string, data: unknown) => void,
): Promise<void> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok || response.body === null) {
    throw new ApiError((await response.json()) as Problem, response.status);
  }
  let kind = "";
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = `${rest}${value}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("event:")) kind = line.slice(6).trim();
      else if (line.startsWith("data:")) take(kind, JSON.parse(line.slice(5)));
    }
  }
}
