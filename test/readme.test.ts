import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { scratchFolder, startBroker, type BrokerProcess } from "./cli/moldau.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = fs.readFileSync(join(root, "README.md"), "utf8");
const scratch = scratchFolder();
/** What the interop suite fetched; without it the blocks for other languages are skipped by name. */
const fetched = join(root, ".cache", "interop");
const python = join(fetched, "python", "venv", "bin");
const javaLibraries = join(fetched, "java-broker", "lib");
/** The suite marks what it has fetched as a whole; what a fetch that was ended left behind is not used. */
const isFetched = (folder: string): boolean => fs.existsSync(join(fetched, folder, ".made-from"));
const BLOCK_TIMEOUT_MS = 120_000;
let broker: BrokerProcess;

before(async () => {
  broker = await startBroker(["dev", "--port", "0"], { folder: scratch.path });
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "src", "cli", "bin.ts")}" "$@"\n`;
  fs.writeFileSync(join(scratch.path, "moldau"), shim, { mode: 0o755 });
});

after(async () => {
  await broker.stop();
  scratch.remove();
});

/** The block after the mark `<!-- run: NAME -->`, aimed at the broker of this test. */
function block(name: string): string {
  const pattern = new RegExp(`<!-- run: ${name} -->\\n\`\`\`\\w+\\n([^]*?)\\n\`\`\``);
  const code = pattern.exec(readme)?.[1];
  assert.ok(code !== undefined, `README.md has a block ${name}`);
  return code.replaceAll("localhost:9092", broker.ready.bootstrap);
}

/** Runs a program until it ends, or until it has said what is waited for. */
function run(
  file: string,
  args: readonly string[],
  options: { readonly path?: string; readonly until?: RegExp } = {},
): Promise<string> {
  const path = [scratch.path, ...(options.path === undefined ? [] : [options.path])];
  const child = spawn(file, args, {
    cwd: root,
    timeout: BLOCK_TIMEOUT_MS,
    env: {
      ...process.env,
      // The block about tests is a test of its own, and no part of this one.
      NODE_TEST_CONTEXT: undefined,
      PATH: [...path, process.env["PATH"] ?? ""].join(delimiter),
      MOLDAU_BOOTSTRAP: broker.ready.bootstrap,
      BOOTSTRAP: broker.ready.bootstrap,
    },
  });
  let output = "";
  const take = (bytes: Buffer): void => {
    output += bytes.toString();
    if (options.until?.test(output) === true) child.kill("SIGTERM");
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0 || options.until !== undefined) resolve(output);
      else reject(new Error(`${file} ended with ${code}:\n${output}`));
    });
  });
}

test("README.md opens with the two commands", () => {
  const lines = readme.split("\n").slice(0, 4);
  assert.match(lines.join("\n"), /^# Moldau\n\n {4}npm start .*\n {4}npm test /);
});

test("its files exist", () => {
  for (const [, path = ""] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) {
    assert.ok(fs.existsSync(join(root, path)), path);
  }
});

test("the block for the command line runs", async () => {
  const output = await run("sh", ["-ec", block("cli")]);
  assert.match(output, /"name":"notes","action":"create","result":"done"/);
  assert.match(output, /"key":"ada","value":"\{\\"text\\":\\"hello\\"\}"/);
});

const hooks = pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href;

/** Runs a block as a program that imports `moldau` as users do. */
function runProgram(
  code: string,
  extension: "mjs" | "ts",
  args: readonly string[] = [],
): Promise<string> {
  // Below the clone, so that packages the block imports are found.
  const file = join(root, ".cache", `readme-${process.pid}.${extension}`);
  fs.mkdirSync(join(root, ".cache"), { recursive: true });
  fs.writeFileSync(file, code);
  return run(process.execPath, ["--import", hooks, ...args, file]).finally(() => fs.rmSync(file));
}

test("the block for Node runs", async () => {
  assert.match(await runProgram(block("node"), "mjs"), /^written at 0@0\nada hello\n$/);
});

test("the block about the client runs", async () => {
  assert.equal(
    await runProgram(block("client"), "ts"),
    "order-1 is acknowledged: true\nbilled 500511.5\na batch of at most 500: true\n" +
      "UNKNOWN_TOPIC_OR_PARTITION false Create it with: moldau topic create no-such-topic\n",
  );
});

test("the block about the test kit runs", async () => {
  assert.match(await runProgram(block("testing"), "ts", ["--test"]), /pass 1\b/);
});

test(
  "the block for Python runs",
  { skip: isFetched("python") ? false : "confluent-kafka is not fetched" },
  async () => {
    const [, produce = "", consume = ""] = block("python").split("\n");
    await run("sh", ["-ec", produce], { path: python });
    const output = await run("sh", ["-ec", `exec ${consume}`], { path: python, until: /received/ });
    assert.match(output, /received \d+ x /);
  },
);

test(
  "the block for Java runs",
  { skip: isFetched("java-broker") ? false : "kafka-clients is not fetched" },
  async () => {
    const file = join(scratch.path, "Hello.java");
    fs.writeFileSync(file, block("java"));
    const output = await run("java", ["-cp", join(javaLibraries, "*"), file]);
    assert.match(output, /^hello from Java$/m);
  },
);
