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

/** Connects a service, runs it until it is told to stop, and closes what it used. */
export async function runService(
  name: string,
  run: (service: Service) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
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
