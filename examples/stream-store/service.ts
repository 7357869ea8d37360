/** What every service of the shop does alike: connect, tell that it is ready, and stop in good order. */
import { connect, type Kafka } from "moldau/client";
import type { FromService, ToService } from "./messages.ts";

/** A service that runs. */
export interface Service {
  readonly kafka: Kafka;
  /** Aborted when the service is to stop; loops end by it. */
  readonly stopping: AbortSignal;
  /** Folder of its own state. */
  readonly folder: string;
  /** Calls back with what the supervisor says. */
  onMessage(take: (message: ToService) => void): void;
  tell(message: FromService): void;
}

/** A service that dies without a word is missed after so long; then others, or the next of its name, go on. */
const SESSION_MS = 6000;

/** How every service reads: as a member of its group, from the first event on. */
export function memberOf(
  group: string,
  signal: AbortSignal,
): {
  readonly group: string;
  readonly from: "earliest";
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly signal: AbortSignal;
} {
  const heartbeatIntervalMs = SESSION_MS / 4;
  return { group, from: "earliest", sessionTimeoutMs: SESSION_MS, heartbeatIntervalMs, signal };
}

/** Connects a service, runs it until it is told to stop, and closes what it used. */
export async function runService(
  name: string,
  run: (service: Service) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  // A terminal sends Ctrl-C to all processes; the supervisor says when, and in which order.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  // Without its supervisor there is no show.
  process.on("disconnect", () => stop.abort());
  const tell = (message: FromService): void => {
    if (process.connected) process.send?.(message);
  };
  const kafka = await connect(process.env["BOOTSTRAP"] ?? "localhost:9092", {
    clientId: process.env["CLIENT_ID"] ?? name,
  });
  const service: Service = {
    kafka,
    stopping: stop.signal,
    folder: process.env["STATE_FOLDER"] ?? ".",
    onMessage: (take) => process.on("message", (message) => take(message as ToService)),
    tell,
  };
  try {
    await run(service);
  } catch (thrown) {
    // Who is told to stop before it has begun is not in trouble.
    if (!stop.signal.aborted) throw thrown;
  } finally {
    await kafka.close();
  }
  if (process.connected) process.disconnect();
}

/** What goes from service to service with an event, so that its way can be followed. */
export function headersFrom(
  source: string,
  headers: { readonly traceparent?: string | undefined },
): { readonly source: string; readonly traceparent: string } {
  return { source, traceparent: headers.traceparent ?? "" };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
