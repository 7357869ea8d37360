/** What "As CLI" and "As TypeScript" show, on every screen and in every dialog, is run as it stands. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { buildConsolePage } from "../../scripts/console-page.ts";
import { launchBrowser, withoutBrowser } from "../browser.ts";
import { scratchFolder } from "../cli/moldau.ts";
import { startConsole, type ConsoleUnderTest } from "./console-kit.ts";

const skip = { skip: withoutBrowser };
const root = fileURLToPath(new URL("../..", import.meta.url));
const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;
const tsc = join(root, "node_modules", ".bin", "tsc");
/** Not so long ago that retention would delete it. */
const BEGAN_MS = Date.now() - 3_600_000;
const RUN_MAX_MS = 60_000;
/** What a shell and a program would take for their own. */
const ODD_GROUP = `it's "$HOME" \\ \`x\` \${y}`;
const scratch = scratchFolder();
/** Programs lie below the clone, where the package is found. */
const programs = join(root, ".cache", `snippets-${process.pid}`);

let console_: ConsoleUnderTest;
let browser: Browser;
let page: Page;

interface Shown {
  readonly cli: string;
  readonly typescript: string;
}

before(async () => {
  if (withoutBrowser !== false) return;
  await buildConsolePage();
  fs.mkdirSync(programs, { recursive: true });
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "src", "cli", "bin.ts")}" "$@"\n`;
  fs.writeFileSync(join(scratch.path, "moldau"), shim, { mode: 0o755 });
  console_ = await startConsole();
  const { admin } = console_.kafka;
  await admin.createTopic({ name: "orders", partitions: 2 });
  await admin.createTopic({ name: "doomed", partitions: 1 });
  const producer = console_.kafka.producer();
  for (let index = 0; index < 20; index++) {
    await producer.send("orders", {
      key: `key-${index % 3}`,
      value: JSON.stringify({ index, total: index * 10 }),
      timestamp: BEGAN_MS + index * 1000,
    });
  }
  await producer.close();
  for (const group of ["billing", ODD_GROUP]) {
    const consumer = console_.kafka.consume("orders", { group, until: "end" });
    for await (const _record of consumer);
    await consumer.close();
  }
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(20_000);
});

after(async () => {
  await browser?.close();
  await console_?.close();
  scratch.remove();
  fs.rmSync(programs, { recursive: true, force: true });
});

async function open(hash: string): Promise<void> {
  // Another document: no dialog stays.
  await page.goto("about:blank");
  await page.goto(`${console_.address}/${hash}`);
  await page.getByText("Live", { exact: true }).first().waitFor();
}

/** What is shown where the button is, in the screen or in a dialog. */
async function shown(within: Page | Locator = page): Promise<Shown> {
  await within.getByRole("button", { name: "As CLI" }).first().click();
  const dialog = page.getByRole("dialog", { name: "The same without this page" });
  const cli = await dialog.getByLabel("commands", { exact: true }).innerText();
  const typescript = await dialog.getByLabel("program", { exact: true }).innerText();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  return { cli, typescript };
}

function run(
  file: string,
  args: readonly string[],
  until?: RegExp,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const path = [scratch.path, process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(file, args, {
    cwd: scratch.path,
    timeout: RUN_MAX_MS,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const take = (bytes: Buffer): void => {
    output += bytes.toString();
    if (until?.test(output) === true && child.pid !== undefined) process.kill(-child.pid);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: until === undefined ? code : 0, output }));
  });
}

/** Commands in a shell, as they stand; what asks before it changes something is told yes. */
async function runCommands(cli: string, until?: RegExp): Promise<string> {
  const asked = /^(moldau (?:(?:topic|group) delete|group reset(?!.*--dry-run)|replay).*)$/gm;
  const { code, output } = await run("sh", ["-ec", cli.replaceAll(asked, "$1 --yes")], until);
  assert.equal(code, 0, `${cli}\n${output}`);
  return output;
}

let programCount = 0;

async function runProgram(typescript: string, until?: RegExp): Promise<string> {
  const file = join(programs, `program-${++programCount}.ts`);
  fs.writeFileSync(file, typescript);
  const { code, output } = await run(process.execPath, ["--import", hooks, file], until);
  assert.equal(code, 0, `${typescript}\n${output}`);
  return output;
}

/** Both, as they stand. */
async function runBoth({ cli, typescript }: Shown): Promise<{ cli: string; program: string }> {
  return { cli: await runCommands(cli), program: await runProgram(typescript) };
}

for (const [screen, hash, expected] of [
  ["overview", "#/", /orders/],
  ["flow", "#/flow", /billing/],
  ["topics", "#/topics", /orders/],
  ["partitions", "#/topics/orders/partitions", /orders|leader/],
  ["configuration", "#/topics/orders/config", /retention\.ms/],
  ["groups of a topic", "#/topics/orders/groups", /billing/],
  ["groups", "#/groups", /billing/],
  ["a group", `#/groups/${encodeURIComponent(ODD_GROUP)}`, /orders/],
  ["brokers", "#/brokers", /127\.0\.0\.1/],
  ["newest messages", "#/topics/orders/messages", /"?index/],
  [
    "messages of a partition from an offset",
    "#/topics/orders/messages?from=offset:2&partition=1",
    /index/,
  ],
  ["messages from a time", `#/topics/orders/messages?from=time:${BEGAN_MS + 5000}`, /index/],
] as const) {
  test(`the screen ${screen} as commands and as a program`, skip, async () => {
    await open(hash);
    const { cli, program } = await runBoth(await shown());
    assert.match(cli, expected);
    assert.match(program, expected);
  });
}

test(
  "a search and a filter as commands and as a program find what the page finds",
  skip,
  async () => {
    await open("#/topics/orders/messages?from=oldest&search=KEY-1");
    await page.getByText(/^7 messages found/).waitFor();
    const searched = await shown();
    assert.match(searched.cli, /upper and lower case/);
    await open(
      `#/topics/orders/messages?from=oldest&filter=${encodeURIComponent("value.total > 100 && offset >= 0 && key !== null")}`,
    );
    await page.getByText(/^9 messages found/).waitFor();
    const filtered = await shown();
    await runCommands(filtered.cli);
    assert.equal((await runProgram(filtered.typescript)).trim().split("\n").length, 9);
    await open("#/topics/orders/messages?from=oldest&search=%22total%22:150");
    const { cli, program } = await runBoth(await shown());
    assert.equal(cli.trim().split("\n").length, 1);
    assert.equal(program.trim().split("\n").length, 1);
  },
);

test("the end of a topic is watched", skip, async () => {
  await open("#/topics/orders/messages?tail=1");
  const { cli, typescript } = await shown();
  const producer = console_.kafka.producer();
  const posting = setInterval(() => producer.post("doomed", { value: "tail me" }), 100);
  const until = /tail me/;
  await Promise.all([
    runCommands(cli.replace("orders", "doomed"), until),
    runProgram(typescript.replace("orders", "doomed"), until),
  ]);
  clearInterval(posting);
  await producer.close();
});

test("a message as a command and as a program", skip, async () => {
  await open("#/topics/orders/messages?from=oldest");
  await page
    .getByRole("button", { name: /^Open message 0 / })
    .first()
    .click();
  const { cli, program } = await runBoth(await shown(page.getByRole("dialog").first()));
  assert.match(cli, /"offset":\s*0\b/);
  assert.match(program, /"index":/);
});

test("a topic is created, grown and deleted", skip, async () => {
  const { admin } = console_.kafka;
  await open("#/topics");
  await page.getByRole("button", { name: "Create topic" }).click();
  await page.getByLabel("Name").fill("made.here");
  await page.getByLabel("Partitions").fill("3");
  await page.getByLabel("Replicas").fill("1");
  await page.getByLabel("Records are").selectOption("compact,delete");
  await page.getByLabel("Kept for").selectOption("3600000");
  const create = await shown(page.getByRole("dialog").first());
  await open("#/topics/orders/partitions");
  await page.getByRole("button", { name: "Add partitions" }).click();
  await page.getByLabel("Partitions in all").fill("5");
  const grow = await shown(page.getByRole("dialog").first());
  await open("#/topics/doomed");
  await page.getByRole("button", { name: "Delete" }).click();
  const remove = await shown(page.getByRole("dialog").first());
  for (const way of ["cli", "typescript"] as const) {
    const go = (snippet: Shown): Promise<string> => {
      const text = snippet[way].replaceAll(/"?\b(?:orders|doomed)\b"?/g, (name) =>
        name.startsWith('"') ? '"made.here"' : "made.here",
      );
      return way === "cli" ? runCommands(text) : runProgram(text);
    };
    await go(create);
    const made = await admin.describeTopic("made.here");
    assert.equal(made.partitions.length, 3);
    const resource = { type: "topic", name: "made.here" } as const;
    const configs = await admin.describeConfigs(resource as never);
    const valueOf = (name: string) => configs.find((entry) => entry.name === name)?.value;
    assert.deepEqual(
      [valueOf("cleanup.policy"), valueOf("retention.ms")],
      ["compact,delete", "3600000"],
    );
    await go(grow);
    assert.equal((await admin.describeTopic("made.here")).partitions.length, 5);
    await go(remove);
    assert.ok((await admin.listTopics()).every(({ name }) => name !== "made.here"));
  }
});

test("a setting is changed", skip, async () => {
  await open("#/topics/orders/config");
  await page.getByRole("button", { name: "Edit retention.ms", exact: true }).click();
  await page.getByLabel(/^Value/).fill("7200000");
  const { cli, typescript } = await shown(page.getByRole("dialog").first());
  await runCommands(cli);
  await page.goto("about:blank");
  await open("#/topics/orders/config");
  await page.getByText("7200000").first().waitFor();
  await runProgram(typescript.replace("7200000", "7300000"));
  await open("#/topics/orders/config");
  await page.getByText("7300000").first().waitFor();
});

test("messages are produced as the form says", skip, async () => {
  await console_.kafka.admin.createTopic({ name: "written", partitions: 2 });
  await open("#/topics/written");
  await page.getByRole("button", { name: "Produce", exact: true }).click();
  const dialog = page.getByRole("dialog").first();
  const value = `it's "odd" \\ \`x\` $HOME \${y}\n-second line`;
  await dialog.getByLabel(/^Key/).fill("k {{i}}");
  await dialog.getByLabel("Value", { exact: true }).fill(value);
  await dialog.getByLabel("Partition").selectOption("1");
  await dialog.getByLabel(/^Headers/).fill("who: page\nwhat: a=b");
  const one = await shown(dialog);
  await dialog.getByLabel("How many").fill("3");
  await dialog.getByLabel("A second").fill("50");
  const many = await shown(dialog);
  await dialog.getByLabel("How many").fill("1");
  await dialog.getByText("Base64").last().click();
  await dialog.getByLabel("Value", { exact: true }).fill("AP8=");
  const binary = await shown(dialog);
  await dialog.getByLabel(/^Tombstone/).check();
  const tombstone = await shown(dialog);
  for (const one_ of [one, many, binary, tombstone]) await runBoth(one_);
  const written: (readonly [key: string | undefined, value: string | undefined, string[]])[] = [];
  const consumer = console_.kafka.consume("written", { partitions: [1], until: "end" });
  for await (const record of consumer) {
    const content = record.value?.includes(255) === true ? "bytes" : record.value?.toString();
    const headers = [...record.headers].map(
      (header) => `${header.key}=${header.value?.toString()}`,
    );
    written.push([record.key?.toString(), content, headers]);
  }
  await consumer.close();
  const headers = ["who=page", "what=a=b"];
  const three = ["k 0", "k 1", "k 2"].map((key) => [key, value, headers]);
  const first = ["k 0", value, headers];
  const bytes = ["k 0", "bytes", headers];
  const nothing = ["k 0", undefined, headers];
  assert.deepEqual(written, [first, first, ...three, ...three, bytes, bytes, nothing, nothing]);
});

test("a range is replayed", skip, async () => {
  await open("#/topics/orders");
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  const dialog = page.getByRole("dialog").first();
  await dialog.getByLabel("Into topic").fill("again");
  const all = await shown(dialog);
  await dialog.getByLabel("Partition").selectOption("0");
  const range = dialog.locator("label", { hasText: /^Records(?! a)/ }).locator("select");
  await range.selectOption("offset");
  await dialog.getByLabel("From offset").fill("1");
  await dialog.getByLabel(/^Up to/).fill("3");
  await dialog.getByLabel("Records a second").fill("100");
  const some = await shown(dialog);
  const countOf = async (): Promise<number> => {
    let count = 0;
    for await (const _record of console_.kafka.consume("again", { until: "end" })) count++;
    return count;
  };
  let expected = 0;
  for (const [snippet, count] of [
    [all, 20],
    [some, 2],
  ] as const) {
    await runBoth(snippet);
    expected += 2 * count;
    assert.equal(await countOf(), expected);
  }
});

test(
  "offsets are reset in every way that the dialog has, and a group is deleted",
  skip,
  async () => {
    const { admin } = console_.kafka;
    const offsets = async (): Promise<number[]> => {
      const found = [...(await admin.groupOffsets("billing"))];
      return found.sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
    };
    const ends = await offsets();
    await open("#/groups/billing");
    await page.getByRole("button", { name: "Reset offsets" }).click();
    const dialog = page.getByRole("dialog").first();
    const ways: [snippet: Shown, expected: number[]][] = [];
    await dialog.getByLabel("Go on").selectOption("earliest");
    ways.push([await shown(dialog), [0, 0]]);
    await dialog.getByLabel("Go on").selectOption("latest");
    ways.push([await shown(dialog), ends]);
    await dialog.getByLabel("Go on").selectOption("shift");
    await dialog.getByLabel(/^Records/).fill("-1");
    ways.push([await shown(dialog), ends.map((end) => end - 1)]);
    await dialog.getByLabel("Topic").selectOption("orders");
    await dialog.getByLabel("Go on").selectOption("offsets");
    await dialog.getByLabel("Offset of orders-0").fill("1");
    await dialog.getByLabel("Offset of orders-1").fill("2");
    ways.push([await shown(dialog), [1, 2]]);
    await dialog.getByLabel("Go on").selectOption("time");
    await dialog.getByRole("textbox", { name: "Time" }).fill("2023-01-01T00:00:00");
    ways.push([await shown(dialog), [0, 0]]);
    for (const way of ["cli", "typescript"] as const) {
      await admin.alterGroupOffsets(
        "billing",
        ends.map((offset, partition) => ({ topic: "orders", partition, offset })),
      );
      for (const [snippet, expected] of ways) {
        await (way === "cli" ? runCommands(snippet.cli) : runProgram(snippet.typescript));
        assert.deepEqual(await offsets(), expected, snippet[way]);
      }
    }
    await open(`#/groups/${encodeURIComponent(ODD_GROUP)}`);
    await page.getByRole("button", { name: "Delete" }).click();
    await runCommands((await shown(page.getByRole("dialog").first())).cli);
    await open("#/groups/billing");
    await page.getByRole("button", { name: "Delete" }).click();
    await runProgram((await shown(page.getByRole("dialog").first())).typescript);
    assert.deepEqual(await admin.listGroups(), []);
  },
);

/** What the interop suite fetched; without it the examples in other languages are skipped. */
const fetched = join(root, ".cache", "interop");
const isFetched = (folder: string): boolean => fs.existsSync(join(fetched, folder, ".made-from"));

test(
  "an empty cluster's examples run as they stand: command line, Node, Python, Java",
  skip,
  async () => {
    const empty = await startConsole();
    try {
      await page.goto("about:blank");
      await page.goto(empty.address);
      const example = async (language: string): Promise<string> => {
        await page.getByLabel("Language").selectOption(language);
        return page.getByLabel(`example for ${language}`, { exact: true }).innerText();
      };
      const [cli, node, python, java] = [
        await example("Command line"),
        await example("Node"),
        await example("Python"),
        await example("Java"),
      ];
      await runCommands(cli, /"total\\?":4\.9/);
      await runProgram(node, /order-1 \{"total":4\.9\}/);
      if (isFetched("python")) {
        const file = join(scratch.path, "example.py");
        fs.writeFileSync(file, python);
        const venv = join(fetched, "python", "venv", "bin", "python3");
        const { output } = await run(venv, ["-u", file], /b'order-1'/);
        assert.match(output, /b'order-1' b'\{"total":4\.9\}'/);
      }
      if (isFetched("java-broker")) {
        const file = join(scratch.path, "Example.java");
        const packages = ["clients.consumer", "clients.producer", "common.serialization"];
        const imports = packages.map((name) => `import org.apache.kafka.${name}.*;`).join("\n");
        fs.writeFileSync(
          file,
          `${imports}\nimport java.time.*;\nimport java.util.*;\npublic class Example { public static void main(String[] args) throws Exception {\n${java}\n} }\n`,
        );
        const libraries = join(fetched, "java-broker", "lib", "*");
        const { output } = await run("java", ["-cp", libraries, file], /"total":4\.9/);
        assert.match(output, /\{"total":4\.9\}/);
      }
    } finally {
      await empty.close();
    }
  },
);

test("the programs are typed as they stand", skip, async () => {
  const config = join(programs, "tsconfig.json");
  fs.writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        noEmit: true,
        paths: { moldau: [join(root, "src", "index.ts")] },
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: [join(programs, "*.ts")],
    }),
  );
  assert.ok(programCount > 20, `${programCount} programs`);
  const { code, output } = await run(process.execPath, [tsc, "-p", config]);
  const own = output.split("\n").filter((line) => line.includes("program-"));
  assert.deepEqual(own, [], output);
  assert.equal(code, 0, output);
});
