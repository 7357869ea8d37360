import { createConnection } from "node:net";
import type { Running } from "./processes.ts";

export type Product = "kafka" | "moldau";

/** A broker that was started and answers. */
export interface Broker {
  readonly product: Product;
  readonly process: Running;
  readonly port: number;
  /** What clients are given: `127.0.0.1:port`. */
  readonly bootstrap: string;
  readonly dataDir: string;
  /** SIGTERM and the wait for the end; rejects when the broker did not end well. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface BrokerOptions {
  readonly dataDir: string;
  readonly port?: number;
  /** The controller's port, which must stay the same over restarts of one data directory. */
  readonly controllerPort?: number;
  readonly logPath: string;
  /** Broker settings by Kafka's names, beside the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Node only: arguments for the runtime itself, such as a profiler's. */
  readonly runtimeArgs?: readonly string[];
}

// Metadata v1, correlation id 1, no client id, no topics.
const metadataRequest = Buffer.from("0000000e00030001" + "00000001" + "ffff" + "00000000", "hex");

/** Resolves with true when the broker answers a Metadata request that names at least one broker. */
export function answers(port: number, timeoutMs = 2000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    let received = Buffer.alloc(0);
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once("error", () => finish(false));
    socket.once("close", () => finish(false));
    socket.once("connect", () => socket.write(metadataRequest));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 12) finish(received.readInt32BE(8) > 0);
    });
  });
}

/** Waits until the broker answers; rejects with its output when it ends before or takes too long. */
export async function waitUntilReady(
  process: Running,
  port: number,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await answers(port))) {
    if (!process.alive || Date.now() > deadline) {
      const why = process.alive ? `did not answer within ${timeoutMs} ms` : "ended";
      const tail = process.output().split("\n").slice(-25).join("\n");
      throw new Error(`the broker ${why}; the end of its output:\n${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
