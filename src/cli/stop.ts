const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs with a signal that the first Ctrl-C aborts; a second one ends the process. */
export async function withStop<T>(run: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = (): void => {
    forget();
    stop.abort();
  };
  const forget = (): void => {
    for (const signal of STOP_SIGNALS) process.off(signal, abort);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, abort);
  try {
    return await run(stop.signal);
  } finally {
    forget();
  }
}
