import { Problem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";

/** Input ends with Ctrl-C, too. */
export async function* untilStopped<T>(
  terminal: Terminal,
  input: AsyncIterable<T>,
  stop: AbortSignal,
): AsyncGenerator<T> {
  const end = (): void => void terminal.stdin.destroy();
  stop.addEventListener("abort", end);
  try {
    for await (const one of input) {
      if (stop.aborted) return;
      yield one;
    }
  } catch (thrown) {
    // An input that is closed while somebody reads says so.
    if (!stop.aborted) throw thrown;
  } finally {
    stop.removeEventListener("abort", end);
  }
}

/** Input that was stopped is not all of it. */
export async function* unlessStopped<T>(
  terminal: Terminal,
  input: AsyncIterable<T>,
  stop: AbortSignal,
): AsyncGenerator<T> {
  yield* untilStopped(terminal, input, stop);
  if (stop.aborted) throw new Problem("MLD3006", "stopped before the end of the input");
}
