import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answers, type Broker, type BrokerOptions, type Product } from "./broker.ts";
import { Missing } from "./cache.ts";
import { startKafka } from "./kafka.ts";
import { startMoldau } from "./moldau.ts";
import type { Part } from "./part.ts";
import { parts } from "./parts.ts";
import { Report } from "./report.ts";

// Groups of tests are small and many: they need not wait for further members at their first join.
const settings = { "group.initial.rebalance.delay.ms": "0" };

function startBroker(product: Product, options: BrokerOptions): Promise<Broker> {
  const all = { ...options, settings: { ...settings, ...options.settings } };
  return product === "kafka" ? startKafka(all) : startMoldau(all);
}

interface Options {
  readonly product: Product;
  readonly keep: boolean;
  readonly chosen: readonly Part[];
}

function usage(problem: string): never {
  console.error(problem);
  console.error("usage: npm run interop [-- [--target moldau|kafka] [--keep] NAME…]");
  for (const part of parts) console.error(`  ${part.name.padEnd(20)} ${part.about}`);
  process.exit(2);
}

function parseOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: "string", default: "moldau" },
      keep: { type: "boolean", default: false },
    },
  });
  if (values.target !== "moldau" && values.target !== "kafka") usage(`no target ${values.target}`);
  const unknown = positionals.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) usage(`there is no part ${unknown}`);
  return {
    product: values.target,
    keep: values.keep,
    chosen: positionals.length === 0 ? parts : parts.filter((p) => positionals.includes(p.name)),
  };
}

async function main(): Promise<void> {
  const options = parseOptions();
  const report = new Report();
  const scratch = mkdtempSync(join(tmpdir(), "moldau-interop-"));
  let starts = 0;
  const startShared = (): Promise<Broker> => {
    starts += 1;
    return startBroker(options.product, {
      dataDir: join(scratch, `data-${starts}`),
      logPath: join(scratch, `broker-${starts}.log`),
    });
  };
  const began = performance.now();
  let broker: Broker | undefined;
  try {
    broker = await startShared();
    console.log(`# ${options.product} at ${broker.bootstrap}, process ${broker.process.pid}`);
    for (const part of options.chosen) {
      const partScratch = join(scratch, part.name);
      mkdirSync(partScratch, { recursive: true });
      try {
        await part.run({
          product: options.product,
          broker,
          report,
          scratch: partScratch,
          start: startBroker,
        });
      } catch (error) {
        if (error instanceof Missing) report.skip(part.name, error.message);
        else report.fail(part.name, "the part runs", String(error));
      }
      if (!options.keep) rmSync(partScratch, { recursive: true, force: true });
      if (!(await answers(broker.port, 5000))) {
        const tail = broker.process.output().split("\n").slice(-20).join("\n");
        report.fail(part.name, "the broker still answers afterwards", tail);
        await broker.kill();
        broker = await startShared();
      }
    }
  } catch (error) {
    report.fail("suite", "the broker starts", String(error));
  }
  if (broker !== undefined) {
    const last = broker;
    await report.test("suite", "the broker stops on SIGTERM", () => last.stop());
  }
  if (options.keep) console.log(`# kept: ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
  console.log(`# ${Math.round((performance.now() - began) / 1000)} s`);
  for (const failure of report.failures) console.log(`# failed: ${failure}`);
  console.log(report.summary());
  process.exitCode = report.failed === 0 ? 0 : 1;
}

await main();
