import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as moldau from "../src/index.ts";
import { scratchFolder } from "./cli/moldau.ts";
import { onKafka, startTarget, uniqueName, type Target } from "./client/target.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = fs.readFileSync(join(root, "docs", "migrating-from-kafkajs.md"), "utf8");
const scratch = scratchFolder();
/** What the interop suite fetched. */
const kafkajs = join(root, ".cache", "interop", "node", "node_modules", "kafkajs");
const hasKafkajs = fs.existsSync(kafkajs);
const BLOCK_TIMEOUT_MS = 60_000;
let target: Target;

before(async () => {
  target = await startTarget();
});

after(async () => {
  await target.close();
  scratch.remove();
});

interface Program {
  readonly section: string;
  readonly client: string;
  readonly code: string;
}

const programs: readonly Program[] = Array.from(
  page.matchAll(/<!-- run: ([\w-]+) (\w+) -->\n```js\n([^]*?)\n```/g),
  ([, section = "", client = "", code = ""]) => ({ section, client, code }),
);

/** Topics and groups of the page under names that no other run has. */
function renamed(code: string, suffix: string): string {
  const names = "orders|shipments|returns|billing|audit|totals|shipping|shipping-1";
  return code.replaceAll(new RegExp(`"(${names})"`, "g"), `"$1-${suffix}"`);
}

async function run(program: Program, suffix: string): Promise<string> {
  const entry = JSON.stringify(join(root, "src", "index.ts"));
  const code = renamed(program.code, suffix)
    .replaceAll("localhost:9092", target.bootstrap)
    .replace('from "moldau"', `from ${entry}`)
    .replace('from "kafkajs"', `from ${JSON.stringify(join(kafkajs, "index.js"))}`);
  const file = join(scratch.path, `${program.section}-${program.client}.mjs`);
  fs.writeFileSync(file, code);
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    cwd: root,
    timeout: BLOCK_TIMEOUT_MS,
  });
  return stdout;
}

/** What the programs of a section print, in order of the page. */
const printed: Readonly<Record<string, string>> = {
  produce: "written at 0@0\n",
  consume: "0 o-1 12 web\n1 o-2 30 app\n",
  "consume-typed": "0 o-1 12 web\n1 o-2 30 app\n",
  batches: "42\n",
  transactions: "shipped o-1\nshipped o-2\n",
  admin: "2\n86400000\n[ '0@2' ]\n",
  errors: "INVALID_PARTITIONS false\n",
  instrumentation: "true\n",
};

test("every program of the page is known", () => {
  const sections = new Set(programs.map(({ section }) => section));
  assert.deepEqual([...sections], Object.keys(printed));
  for (const section of sections) {
    const clients = programs.filter((one) => one.section === section).map(({ client }) => client);
    const pair = section === "consume-typed" ? ["moldau"] : ["kafkajs", "moldau"];
    assert.deepEqual(clients, pair, section);
  }
});

for (const client of ["kafkajs", "moldau"]) {
  const skip = client === "kafkajs" && !hasKafkajs && "kafkajs is not fetched (npm run interop)";
  test(`the programs with ${client} do what they say`, { skip }, async (t) => {
    const suffix = uniqueName(client);
    for (const program of programs) {
      if (program.client !== client) continue;
      await t.test(program.section, async (part) => {
        if (program.section === "transactions" && !onKafka && !(await servesTransactions())) {
          part.skip("Moldau does not serve transactions yet; runs against Apache Kafka");
          return;
        }
        if (program.section === "transactions") await createShipments(suffix);
        assert.equal(await run(program, suffix), printed[program.section]);
      });
    }
    await tidyUp(suffix);
  });
}

async function servesTransactions(): Promise<boolean> {
  const kafka = await moldau.connect(target.bootstrap);
  const listed = await kafka.admin.listTransactions().then(
    () => true,
    () => false,
  );
  await kafka.close();
  return listed;
}

async function createShipments(suffix: string): Promise<void> {
  const kafka = await moldau.connect(target.bootstrap);
  await kafka.admin.createTopic({ name: `shipments-${suffix}` });
  await kafka.close();
}

async function tidyUp(suffix: string): Promise<void> {
  const kafka = await moldau.connect(target.bootstrap);
  await kafka.admin.deleteTopics([`orders-${suffix}`, `shipments-${suffix}`]);
  await kafka.close();
}

/** Cells of our column, and our programs. */
function ourCode(): string {
  const cells = page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ").at(-1) ?? "");
  const blocks = programs.filter(({ client }) => client === "moldau").map(({ code }) => code);
  return [...cells, ...blocks].join("\n");
}

test("every call that the page names is there", () => {
  const owners: Readonly<Record<string, object>> = {
    admin: moldau.Admin.prototype,
    kafka: moldau.Kafka.prototype,
    consumer: moldau.Consumer.prototype,
  };
  let calls = 0;
  for (const [, owner = "", name = ""] of ourCode().matchAll(/\b(admin|kafka|consumer)\.(\w+)/g)) {
    if (owner === "kafka" && name === "admin") continue;
    assert.ok(name in (owners[owner] ?? {}), `${owner}.${name}`);
    calls++;
  }
  assert.ok(calls > 50);
});

test(
  "every method, option and event of kafkajs is on the page",
  { skip: hasKafkajs ? false : "kafkajs is not fetched (npm run interop)" },
  () => {
    const types = fs.readFileSync(join(kafkajs, "types", "index.d.ts"), "utf8");
    const declared = [
      "Kafka",
      "KafkaConfig",
      "ProducerConfig",
      "ConsumerConfig",
      "RetryOptions",
      "ConsumerRunConfig",
      "Admin",
      "Producer",
      "Consumer",
      "Transaction",
      "EachBatchPayload",
      "ConsumerEvents",
      "AdminEvents",
      "ProducerEvents",
    ];
    for (const name of declared) {
      const body = new RegExp(`(?:class|interface|type) ${name}\\b[^{]*\\{\\n([^]*?)\\n\\}`).exec(
        types,
      );
      assert.ok(body?.[1] !== undefined, `kafkajs has ${name}`);
      for (const [, member = ""] of body[1].matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)) {
        if (["on", "events", "logger", "constructor", "topics", "batch"].includes(member)) continue;
        assert.ok(page.includes(member), `${name}.${member}`);
      }
    }
    const errors = fs.readFileSync(join(kafkajs, "src", "errors.js"), "utf8");
    for (const [, name = ""] of errors.matchAll(/^class (\w+)/gm)) {
      assert.ok(page.includes(`\`${name}\``), name);
    }
  },
);
