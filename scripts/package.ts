/**
 * `npm run package [-- VERSION…]`: packs the package and tries it as its users get it: installed into an empty
 * folder, on the oldest Node that it is for, the one it is made with, and the newest.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { binary, printResult, programStep, root, run, runSteps, type Step } from "./lib.ts";

const cache = join(root, ".cache", "package");
const tarball = join(cache, "moldau.tgz");
/** Exact, so that the outcome does not change under our hands. */
const nodeVersions = ["22.15.1", "24.21.0", "26.10.0"];
const oldNodeVersion = "20.20.2";
const START_TIMEOUT_MS = 20_000;

/** npm as a script, so that any Node can run it. */
const npm = process.env["npm_execpath"] ?? "npm";

function runNpm(node: string, args: readonly string[], cwd: string) {
  const [file, before] = npm.endsWith(".js") ? [node, [npm]] : [npm, []];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  return run(file, [...before, ...args, ...quiet], { cwd, env: environmentOf(node) });
}

function environmentOf(node: string): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}` };
}

/** Packing builds first (`prepack`). */
async function pack(): Promise<string> {
  fs.mkdirSync(cache, { recursive: true });
  const outcome = await runNpm(process.execPath, ["pack", "--pack-destination", cache], root);
  if (outcome.code !== 0) return outcome.output;
  const made = outcome.output.trim().split("\n").at(-1) ?? "";
  fs.renameSync(join(cache, basename(made)), tarball);
  return "";
}

/** The Node of a version, from the registry. */
async function fetchNode(version: string): Promise<string> {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(root, ".cache", "nodes", version);
  const node = join(folder, "node_modules", name, "bin", "node");
  if (fs.existsSync(node)) return node;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const outcome = await runNpm(process.execPath, ["install", `${name}@${version}`], folder);
  if (outcome.code !== 0) throw new Error(outcome.output);
  return node;
}

/** An empty folder with nothing but the package in it. */
async function install(version: string): Promise<{ node: string; folder: string }> {
  const node = await fetchNode(version);
  const folder = join(cache, `node-${version}`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}\n');
  const outcome = await runNpm(node, ["install", tarball], folder);
  if (outcome.code !== 0) throw new Error(outcome.output);
  return { node, folder };
}

const program = `import { connect, json, topic, version } from "moldau";
import { errorName } from "moldau/protocol";
const bootstrap: string = process.argv[2] ?? "";
const smoke = topic("smoke", { key: "string", value: json<{ word: string }>() });
const kafka = await connect(bootstrap, { clientId: "smoke" });
const producer = kafka.producer({ compression: "lz4", createTopics: true });
const { offset } = await producer.send(smoke, { key: "k", value: { word: "v" } });
for await (const record of kafka.consume(smoke, { until: "end" })) {
  console.log(version, errorName(0), offset, record.value.word);
}
await kafka.close();
`;

/** Starts a broker from the package, and works with it through the command line and the library. */
async function smoke(version: string): Promise<string> {
  const { node, folder } = await install(version);
  const complaint = await checkTypes(folder);
  if (complaint !== "") return complaint;
  const ready = join(folder, "ready.json");
  const bin = join(folder, "node_modules", ".bin", "moldau");
  const env = environmentOf(node);
  const args = ["start", "--port", "0", "--data", "data", "--ready-file", ready];
  const broker = spawn(bin, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  broker.stdout.on("data", (bytes: Buffer) => (log += bytes.toString()));
  broker.stderr.on("data", (bytes: Buffer) => (log += bytes.toString()));
  const ended = new Promise<number>((resolve) => {
    broker.on("close", (code) => resolve(code ?? -1));
  });
  try {
    const bootstrap = await waitForFile(ready);
    const outputs: string[] = [];
    const cli = (words: readonly string[], input = "") =>
      run(bin, [...words, "-b", bootstrap], { cwd: folder, env, input });
    outputs.push((await cli(["topic", "create", "greetings", "-o", "ndjson"])).stdout);
    outputs.push((await cli(["produce", "greetings"], "hello\nworld\n")).stdout);
    outputs.push((await cli(["consume", "greetings", "-e", "-o", "raw"])).stdout);
    const byNpx = await runNpm(node, ["exec", "--", "moldau", "--version"], folder);
    outputs.push(byNpx.stdout);
    const library = await run(node, ["smoke.js", bootstrap], { cwd: folder, env });
    outputs.push(library.stdout, library.code === 0 ? "" : library.output);
    const said = outputs.join("");
    const wanted = /"result":"done"[^]*hello\nworld\n\d+\.\d+\.\d+\n\d+\.\d+\.\d+ NONE 0 v\n$/;
    if (!wanted.test(said)) return `unexpected output:\n${said}\n${log}`;
  } catch (thrown) {
    return `${String(thrown)}\n${log}`;
  } finally {
    broker.kill("SIGTERM");
  }
  const code = await ended;
  return code === 0 ? "" : `the broker ended with ${code}:\n${log}`;
}

/** Too old a Node is told so, in one sentence with the command that works. */
async function tooOld(): Promise<string> {
  const node = await fetchNode(oldNodeVersion);
  const folder = join(cache, `node-${versions[0] ?? ""}`);
  const bin = join(folder, "node_modules", "moldau", "dist", "cli", "bin.js");
  const outcome = await run(node, [bin, "start"], { cwd: folder });
  const wanted =
    /^moldau needs Node 22\.15 or newer, and this is 20\..* npx .*@24 .*moldau start\n$/;
  return outcome.code === 1 && wanted.test(outcome.output) ? "" : outcome.output;
}

/** Compiles a program against the types of the package, and leaves it as JavaScript. */
async function checkTypes(folder: string): Promise<string> {
  fs.writeFileSync(join(folder, "smoke.ts"), program);
  const options = {
    compilerOptions: {
      target: "ES2023",
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
    },
    files: ["smoke.ts"],
  };
  fs.writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  const outcome = await run(binary("tsc"), ["-p", "."], { cwd: folder });
  return outcome.code === 0 ? "" : outcome.output;
}

async function waitForFile(path: string): Promise<string> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (!fs.existsSync(path)) {
    if (Date.now() > until) throw new Error("the broker did not get ready");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { bootstrap } = JSON.parse(fs.readFileSync(path, "utf8")) as { bootstrap: string };
  return bootstrap;
}

const wanted = process.argv.slice(2);
const versions = wanted.length === 0 ? nodeVersions : wanted;
const steps: readonly Step[] = [
  { name: "pack", run: pack },
  programStep("publint", binary("publint"), [tarball, "--strict"]),
  programStep("attw", binary("attw"), [tarball, "--profile", "esm-only", "--no-color"]),
  ...versions.map((version) => ({ name: `node ${version}`, run: () => smoke(version) })),
  { name: `node ${oldNodeVersion}`, run: tooOld },
];
const failed = await runSteps(steps, 1);
printResult(steps.length - failed, failed);
