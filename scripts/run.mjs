// Entry of every npm script. Plain JavaScript that any Node from 18 on can run: it brings the pinned
// Node and the dependencies along when they are missing, then hands over to them.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtimeDir = join(root, "scripts", "runtime");
const lockDir = join(root, ".cache", "setup.lock");
const [oldestMajor, oldestMinor] = [22, 15];

/** How often it is looked whether npm is still there. */
const PARENT_CHECK_MS = 250;
/** A set-up that has not touched its lock for so long has died. */
const LOCK_STALE_MS = 30_000;
const LOCK_TOUCH_MS = 5_000;
const LOCK_WAIT_MAX_MS = 10 * 60_000;

/** @type {Record<string, { file: string, before?: string[], fromSource?: boolean, withPage?: boolean }>} what each npm script runs */
const commands = {
  start: { file: "src/cli/bin.ts", before: ["start"], withPage: true },
  moldau: { file: "src/cli/bin.ts" },
  test: { file: "scripts/test.ts" },
  check: { file: "scripts/check.ts" },
  golden: { file: "scripts/golden.ts" },
  interop: { file: "test/interop/run.ts" },
  bench: { file: "bench/run.ts" },
  sim: { file: "src/simulator/run.ts" },
  soak: { file: "test/client/soak.ts" },
  chaos: { file: "test/chaos/run.ts" },
  "stream-store": { file: "examples/stream-store/run.ts", fromSource: true, withPage: true },
  scenarios: { file: "test/scenarios/run.ts" },
  screenshots: { file: "scripts/screenshots.ts" },
  format: { file: "scripts/format.ts" },
  build: { file: "scripts/build.ts" },
  package: { file: "scripts/package.ts" },
  docs: { file: "scripts/docs.ts" },
};

/** The pinned Node of this platform, or `undefined` where there is none. */
function pinnedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = process.platform === "win32" ? "node.exe" : "node";
  const folder = join(runtimeDir, "node_modules", `node-${platform}-${process.arch}`);
  return [join(folder, "bin", name), join(folder, name)].find((path) => existsSync(path));
}

/** What the installed dependencies are made from; another fingerprint means: install again. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const file of ["package-lock.json", "scripts/runtime/package-lock.json"]) {
    hash.update(readFileSync(join(root, file)));
  }
  return `${hash.digest("hex")} ${process.platform}-${process.arch}\n`;
}

function fail(message, code = 1) {
  console.error(`moldau: ${message}`);
  process.exit(code);
}

/** Runs `npm ci` in a folder without blocking, so that the lock can be kept fresh meanwhile. */
function npmInstall(cwd) {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm names itself to the scripts that it runs; with the pinned Node it finds what it expects.
  const npm = process.env.npm_execpath;
  const own = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm) && existsSync(npm);
  const [file, before] = own ? [pinnedNode() ?? process.execPath, [npm]] : ["npm", []];
  return new Promise((resolve) => {
    const child = spawn(file, [...before, ...args], {
      cwd,
      stdio: ["ignore", 2, 2],
      shell: !own && process.platform === "win32",
    });
    child.on("error", (error) => fail(`cannot run npm (${error.message}); is it on the PATH?`));
    child.on("exit", (code) => {
      if (code !== 0) {
        fail(`"npm ci" failed in ${cwd}; see its message above, then run the command again.`);
      }
      resolve();
    });
  });
}

/** Takes the set-up lock, which a folder is: making one is atomic everywhere. */
async function takeLock() {
  mkdirSync(dirname(lockDir), { recursive: true });
  const until = Date.now() + LOCK_WAIT_MAX_MS;
  for (let said = false; ;) {
    try {
      mkdirSync(lockDir);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const age = Date.now() - (statSync(lockDir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > LOCK_STALE_MS) {
      rmSync(lockDir, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > until) fail(`another set-up holds ${lockDir}; remove it if none is running.`);
    if (!said) console.error("moldau: waiting for another set-up of this folder");
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function setUp() {
  const stamp = join(root, "node_modules", ".moldau-setup");
  const wanted = fingerprint();
  const done = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (done()) return;
  await takeLock();
  const touch = setInterval(() => {
    const now = new Date();
    utimesSync(lockDir, now, now);
  }, LOCK_TOUCH_MS);
  try {
    if (done()) return;
    console.error("moldau: setting up (once): the pinned Node and the dependencies");
    // First the Node, because npm then runs on it.
    await npmInstall(runtimeDir);
    await npmInstall(root);
    writeFileSync(stamp, wanted);
  } finally {
    clearInterval(touch);
    rmSync(lockDir, { recursive: true, force: true });
  }
}

function chooseNode() {
  const pinned = pinnedNode();
  if (pinned !== undefined && spawnSync(pinned, ["--version"]).status === 0) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))
    return process.execPath;
  return fail(
    `this machine runs Node ${process.versions.node}, and there is no pinned Node that works on ` +
      `${process.platform}-${process.arch}; install Node 24 and run the command again.`,
  );
}

/** When any file below a path changed last. */
function newestMs(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

/** Builds the page that the broker's console serves, when it is missing or older than its sources. */
function buildConsolePage(node) {
  const page = join(root, "src", "console", "page");
  const built = statSync(join(root, "dist", "console-page", "index.html"), {
    throwIfNoEntry: false,
  });
  if (built !== undefined && built.mtimeMs >= newestMs(page)) return;
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const args = [vite, "build", "--config", join(page, "vite.config.ts"), "--logLevel", "warn"];
  const { status } = spawnSync(node, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0) console.error("moldau: the console's page could not be built; see above");
}

const [, , name = "", ...args] = process.argv;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  fail(`no such script "${name}"; there are ${Object.keys(commands).join(", ")}.`, 2);
}
if (!existsSync(join(root, command.file)))
  fail(`"${name}" has nothing to run: ${command.file} is missing.`);
await setUp();
const node = chooseNode();
if (command.withPage) buildConsolePage(node);
const fromSource = command.fromSource
  ? ["--import", pathToFileURL(join(root, "scripts", "moldau-from-source.mjs")).href]
  : [];
const file = join(root, command.file);
const child = spawn(node, [...fromSource, file, ...(command.before ?? []), ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` },
});
// A terminal sends Ctrl-C to everybody in the foreground, the child among them: it must not come twice.
process.on("SIGINT", () => {
  if (!process.stdin.isTTY) child.kill("SIGINT");
});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
// npm ends the shell between itself and this process, and the shell tells nobody: who was started by npm
// and has lost it ends the child.
if (process.env.npm_lifecycle_event !== undefined && process.platform !== "win32") {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, PARENT_CHECK_MS);
  watch.unref();
}
child.on("error", (error) => fail(`cannot run ${node}: ${error.message}`));
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
