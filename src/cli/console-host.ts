import * as net from "node:net";
import type { Server as HttpServer } from "node:http";
import type { Kafka } from "../client/kafka.ts";
import type { BrokerInsight } from "../console/insight.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import type { Logger } from "../telemetry/logger.ts";
import { consolePageFolder } from "./console-page-folder.ts";

/** Where the console listens unless it is told otherwise. */
export const CONSOLE_HOST = "127.0.0.1";
export const CONSOLE_PORT = 8080;

export interface ConsoleHostOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Takes a free port when this one is in use; otherwise that is an error. */
  readonly mayMove: boolean;
  readonly logger: Logger;
  /** The client it works with; asked for when somebody opens the console for the first time. */
  readonly connect: () => Promise<Kafka>;
  /** What clients are given, `host:port`. */
  readonly bootstrap: string;
  /** Of the broker in this process. */
  readonly insight: BrokerInsight | undefined;
}

/** A console that waits to be opened. */
export interface ConsoleHost {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

interface Served {
  readonly server: HttpServer;
  close(): Promise<void>;
}

/**
 * Listens for the console. Until somebody connects that is all: HTTP, the client and the console's own
 * program are loaded with the first connection.
 */
export async function hostConsole(options: ConsoleHostOptions): Promise<ConsoleHost> {
  const sockets = new Set<net.Socket>();
  let serving: Promise<Served> | undefined;
  const listener = net.createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A peer that goes away is no reason to stop.
    socket.on("error", () => socket.destroy());
    serving ??= serve(options).catch((thrown: unknown) => {
      serving = undefined;
      throw thrown;
    });
    serving.then(
      ({ server }) => {
        server.emit("connection", socket);
        socket.resume();
      },
      (error: unknown) => {
        options.logger.error("the console could not be opened", { error });
        socket.destroy();
      },
    );
  });
  const { port } = await listen(listener, options);
  return {
    host: options.host,
    port,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await serving?.then(
        (served) => served.close(),
        () => undefined,
      );
    },
  };
}

function listen(
  listener: net.Server,
  { host, port, mayMove }: ConsoleHostOptions,
): Promise<{ readonly port: number }> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error & { readonly code?: string }): void => {
      if (error.code === "EADDRINUSE" && mayMove) {
        listener.removeListener("error", onError);
        listen(listener, { host, port: 0, mayMove: false } as ConsoleHostOptions).then(
          resolve,
          reject,
        );
      } else {
        reject(error);
      }
    };
    listener.on("error", onError);
    listener.listen(port, host, () => {
      listener.removeListener("error", onError);
      listener.on("error", () => undefined);
      resolve({ port: (listener.address() as net.AddressInfo).port });
    });
  });
}

/** Loads what answers, and connects it to the cluster. */
async function serve(options: ConsoleHostOptions): Promise<Served> {
  const { logger, bootstrap, insight, host } = options;
  const [{ createAdaptorServer }, { ConsoleState }, { consoleApp }, kafka] = await Promise.all([
    import("@hono/node-server"),
    import("../console/console-state.ts"),
    import("../console/console-app.ts"),
    options.connect(),
  ]);
  const state = new ConsoleState({ kafka, logger, bootstrap, insight });
  const app = consoleApp({
    state,
    disk: nodePlatform.disk,
    pageFolder: consolePageFolder(),
    hostNames: [host],
    logger,
  });
  // Without `createServer` the adaptor makes a server of plain HTTP.
  const server = createAdaptorServer({
    fetch: app.fetch,
    // This process is a broker besides: its globals stay what they are.
    overrideGlobalObjects: false,
  }) as HttpServer;
  return {
    server,
    async close() {
      server.closeAllConnections();
      await state.close();
    },
  };
}
