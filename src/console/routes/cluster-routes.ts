import type { Hono } from "hono";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { configRows, patchConfig } from "../config-rows.ts";
import type { ConsoleState } from "../console-state.ts";
import { eventText } from "../event-stream.ts";
import type { LiveListener } from "../live.ts";
import { problem } from "../guard.ts";
import { requestFigures } from "../request-figures.ts";
import { readBody, wholeNumber } from "../request.ts";
import type { ConfigPatch } from "../api.ts";

/** How often a line is sent when nothing else is, so that a dead connection is noticed. */
const KEEP_ALIVE_MS = 15_000;
/** Events that a page may have outstanding. A slower one is let go: it comes back by itself, and begins anew. */
const PENDING_MAX = 64;

export function clusterRoutes(app: Hono, state: ConsoleState): void {
  app.get("/api/cluster", async (context) => context.json(await state.cluster()));

  app.get("/api/live", () => follow(state, (listener) => state.live.listen(listener)));
  app.get("/api/flow", () =>
    follow(state, (listener) => {
      const unlisten = state.live.listenToFlow(listener);
      if (state.view.sample.atMs > 0) listener(eventText("flow", state.flow()));
      return unlisten;
    }),
  );

  app.get("/api/requests", (context) => {
    const { insight, observed } = state;
    if (insight === undefined) {
      const message = "This broker does not tell what it is asked.";
      return problem(context, 404, { code: "NOT_FOUND", message });
    }
    return context.json(
      requestFigures(insight, observed, state.kafka.cluster.platform.clock.nowMs()),
    );
  });

  app.get("/api/brokers/:id/config", async (context) => {
    const id = wholeNumber(context.req.param("id"), "a broker's id");
    return context.json(
      await configRows(state.kafka, { type: ConfigResourceType.broker, name: String(id) }),
    );
  });
  app.patch("/api/brokers/:id/config", async (context) => {
    const id = wholeNumber(context.req.param("id"), "a broker's id");
    const patch = await readBody<ConfigPatch>(context, "changes");
    await patchConfig(state.kafka, { type: ConfigResourceType.broker, name: String(id) }, patch);
    return context.json({});
  });
}

/** Sends what is told to a listener, until the page has gone. */
function follow(state: ConsoleState, listen: (listener: LiveListener) => () => void): Response {
  const out = state.streams.open();
  const unwatch = state.watch();
  return out.events(async () => {
    const pending: string[] = [];
    let wake: (() => void) | undefined;
    let isSlow = false;
    const unlisten = listen((text) => {
      isSlow ||= pending.length >= PENDING_MAX;
      if (!isSlow) pending.push(text);
      wake?.();
    });
    out.signal.addEventListener("abort", () => wake?.());
    const { clock } = state.kafka.cluster.platform;
    try {
      while (!out.signal.aborted && !isSlow) {
        const text = pending.shift();
        if (text !== undefined) {
          await out.write(text);
          continue;
        }
        await new Promise<void>((resolve) => {
          const timer = clock.setTimer(KEEP_ALIVE_MS, resolve);
          wake = () => {
            timer.cancel();
            resolve();
          };
        });
        wake = undefined;
        if (pending.length === 0) await out.write(": still here\n\n");
      }
    } finally {
      unlisten();
      unwatch();
    }
  });
}
