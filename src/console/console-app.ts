import { Hono } from "hono";
import { messageOf } from "../core/errors.ts";
import type { Disk } from "../platform/disk.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ConsoleState } from "./console-state.ts";
import { TextStream } from "./event-stream.ts";
import { hostCheck, problem, sameSite, withPolicy } from "./guard.ts";
import { metricLines } from "./metrics.ts";
import { problemOf } from "./problem.ts";
import { clusterRoutes } from "./routes/cluster-routes.ts";
import { groupRoutes } from "./routes/group-routes.ts";
import { messageRoutes } from "./routes/message-routes.ts";
import { topicRoutes } from "./routes/topic-routes.ts";
import { serveFiles } from "./static-files.ts";

const HEALTH_MAX_MS = 2000;
/** What of the metrics is made at once, in about a millisecond. */
const METRICS_PIECE_CHARS = 64 * 1024;

export interface ConsoleAppOptions {
  readonly state: ConsoleState;
  readonly disk: Disk;
  /** Where the built page is. */
  readonly pageFolder: string;
  /** Names, besides addresses and `localhost`, that the console is opened with. */
  readonly hostNames: readonly string[];
  readonly logger: Logger;
}

/** The console's answers to requests over HTTP. */
export function consoleApp({
  state,
  disk,
  pageFolder,
  hostNames,
  logger,
}: ConsoleAppOptions): Hono {
  const app = new Hono();
  app.use(withPolicy);
  app.use(sameSite(hostCheck(hostNames)));
  app.use("/api/*", async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  });
  clusterRoutes(app, state);
  topicRoutes(app, state);
  messageRoutes(app, state);
  groupRoutes(app, state);

  app.get("/metrics", () => {
    const out = new TextStream();
    return out.response(
      "text/plain; version=0.0.4; charset=utf-8",
      () => sendMetrics(state, out),
      (why) => `# ${why}\n`,
    );
  });
  app.get("/health", async (context) => {
    try {
      await state.kafka.admin.describeCluster({ timeoutMs: HEALTH_MAX_MS });
      return context.json({ status: "ok" });
    } catch (thrown) {
      return context.json({ status: "down", reason: messageOf(thrown) }, 503);
    }
  });
  app.all("/api/*", (context) =>
    problem(context, 404, { code: "NOT_FOUND", message: `There is no ${context.req.path}.` }),
  );
  serveFiles(app, disk, pageFolder);
  app.onError((error, context) => {
    const { status, body } = problemOf(error);
    if (status === 500) logger.error("the console failed", { error, path: context.req.path });
    return problem(context, status, body);
  });
  return app;
}

/** Sends the figures in pieces, between which the broker has its turn. */
async function sendMetrics(state: ConsoleState, out: TextStream): Promise<void> {
  const { clock } = state.kafka.cluster.platform;
  const unwatch = state.watch();
  try {
    await state.fresh();
    const brokers = await state.brokersSoon();
    let text = "";
    for (const line of metricLines(state, brokers)) {
      text += line;
      if (text.length < METRICS_PIECE_CHARS) continue;
      await out.write(text);
      text = "";
      if (out.signal.aborted) return;
      await new Promise<void>((resolve) => clock.setTimer(0, resolve));
    }
    await out.write(text);
  } finally {
    unwatch();
  }
}
