import type { ClientProgram } from "../client-program.ts";
import { runReporting } from "../client-program.ts";
import { Missing } from "../cache.ts";
import type { Context, Part } from "../part.ts";
import { run } from "../processes.ts";

const name = "cross-reading";

/** Lets a client write its topics; tells whether others may read them. */
async function write(client: ClientProgram, context: Context): Promise<boolean> {
  const [program, ...first] = await client.command();
  return context.report.test(name, `${client.name} writes with every codec`, async () => {
    const args = [...first, "cross-write", "--bootstrap", context.broker.bootstrap];
    const outcome = await run(program, args);
    if (outcome.code !== 0) throw new Error(`${outcome.stdout}${outcome.stderr}`);
  });
}

/** Every client writes the same records with every codec, and every client reads them all. */
export function crossReadingPart(clients: readonly ClientProgram[]): Part {
  return {
    name,
    about: "what one client wrote, every other one reads: keys, values, headers, timestamps",
    async run(context) {
      const writers: ClientProgram[] = [];
      for (const client of clients) {
        try {
          if (await write(client, context)) writers.push(client);
        } catch (error) {
          if (!(error instanceof Missing)) throw error;
          context.report.skip(`${name} with ${client.name}`, error.message);
        }
      }
      const names = writers.map((writer) => writer.name).join(",");
      for (const reader of writers) {
        const part = `${name}, ${reader.name}`;
        await runReporting(reader, context, part, ["cross-read", "--writers", names]);
      }
    },
  };
}
