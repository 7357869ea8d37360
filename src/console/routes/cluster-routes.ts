import type { Hono } from "hono";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { configRows, patchConfig } from "../config-rows.ts";
import type { ConsoleState } from "../console-state.ts";
import { EventStream } from "../event-stream.ts";
import type { LiveEvent } from "../live.ts";
import { readBody, wholeNumber } from "../request.ts";
import type { ConfigPatch } from "../api.ts";

/** How often a line is sent when nothing else is, so that a dead connection is noticed. */
const KEEP_ALIVE_MS = 15_000;
/** Events that a slow page may have outstanding; then the newest of each kind replaces the older ones. */
const PENDING_MAX = 64;

export function clusterRoutes(app: Hono, state: ConsoleState): void {
  app.get("/api/cluster", async (context) => context.json(await state.cluster()));

  app.get("/api/live", () => {
    const unwatch = state.watch();
    const out = new EventStream();
    return out.events(async () => {
      const pending: LiveEvent[] = [];
      let wake: (() => void) | undefined;
      const unlisten = state.live.listen((event) => {
        if (pending.length >= PENDING_MAX) pending.shift();
        pending.push(event);
        wake?.();
      });
      out.signal.addEventListener("abort", () => wake?.());
      const { clock } = state.kafka.cluster.platform;
      try {
        while (!out.signal.aborted) {
          const event = pending.shift();
          if (event !== undefined) {
            await out.send(event.kind, event.data);
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
