import { join } from "node:path";
import { python, root } from "../cache.ts";
import type { Context, Part } from "../part.ts";
import { run, start, waitFor } from "../processes.ts";

const folder = join(root, "examples", "python");

/** The README's quick start: consumer first, as in the README, then two orders. */
async function quickStart(context: Context): Promise<void> {
  const program = await python();
  const bootstrap = context.broker.bootstrap;
  const log = join(context.scratch, "consumer.log");
  const args = ["-u", join(folder, "consumer.py")];
  const consumer = start(program, args, log, { env: { BOOTSTRAP: bootstrap } });
  try {
    await waitFor("the consumer's first line", 20_000, () =>
      consumer.output().includes("waiting for orders") ? true : undefined,
    );
    for (let order = 0; order < 2; order += 1) {
      const outcome = await run(program, [join(folder, "producer.py"), bootstrap]);
      if (outcome.code !== 0) throw new Error(`producer.py: ${outcome.stdout}${outcome.stderr}`);
      const wanted = new RegExp(`delivered to orders \\[0\\] at offset ${order}`);
      if (!wanted.test(outcome.stdout)) throw new Error(`producer.py said: ${outcome.stdout}`);
    }
    const line = "received 2 x mushroom pizza from ada";
    await waitFor(`two orders in the consumer's output:\n${consumer.output()}`, 20_000, () =>
      consumer.output().split(line).length === 3 ? true : undefined,
    );
  } finally {
    const code = await consumer.stop("SIGTERM", 15_000);
    if (code !== 0) context.report.fail("examples", "consumer.py ends well", consumer.output());
  }
  // Started again, the group goes on where it was.
  const again = start(program, [...args, bootstrap], `${log}.again`);
  try {
    await waitFor("the second consumer", 20_000, () =>
      again.output().includes("waiting for orders") ? true : undefined,
    );
    const outcome = await run(program, [join(folder, "producer.py"), bootstrap]);
    if (outcome.code !== 0) throw new Error(`producer.py: ${outcome.stdout}${outcome.stderr}`);
    await waitFor("the third order", 20_000, () =>
      again.output().includes("received") ? true : undefined,
    );
    const received = again.output().split("received").length - 1;
    if (received !== 1) throw new Error(`${received} orders after the restart, expected 1`);
  } finally {
    await again.stop("SIGTERM", 15_000);
  }
}

export const examplesPart: Part = {
  name: "examples",
  about: "examples/python, the very files of the README's quick start",
  async run(context) {
    await python();
    await context.report.test("examples", "producer.py and consumer.py", () => quickStart(context));
  },
};
