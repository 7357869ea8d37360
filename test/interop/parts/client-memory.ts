import { join } from "node:path";
import { root } from "../cache.ts";
import type { Part } from "../part.ts";
import { run } from "../processes.ts";

const name = "client-memory";
const MINUTES = 1;
const TIMEOUT_MS = 5 * 60_000;
const OUTPUT_MAX = 4000;

export const clientMemoryPart: Part = {
  name,
  about: "a minute of npm run soak: Moldau's client at full speed, whose memory has to stay flat",
  async run({ product, report, scratch, start }) {
    const broker = await start(product, {
      dataDir: join(scratch, "data"),
      logPath: join(scratch, "broker.log"),
      // What was written and read goes soon, or it would fill the disk.
      settings: { "log.retention.check.interval.ms": "2000" },
    });
    try {
      await report.test(name, "memory is flat while the client produces and consumes", async () => {
        const program = join(root, "test", "client", "soak.ts");
        const args = [program, "--minutes", String(MINUTES), "--bootstrap", broker.bootstrap];
        const outcome = await run(process.execPath, args, { cwd: root, timeoutMs: TIMEOUT_MS });
        if (outcome.code === 0) return;
        throw new Error(`${outcome.stdout}${outcome.stderr}`.slice(-OUTPUT_MAX));
      });
    } finally {
      await broker.stop();
    }
  },
};
