// Entry of every npm script. Plain JavaScript that any Node from 18 on can run: it brings the pinned
// Node and the dependencies along when they are missing, then hands over to them.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtimeDir = join(root, "scripts", "runtime");
const [oldestMajor, oldestMinor] = [22, 15];

/** @type {Record<string, { file: string, before?: string[] }>} what each npm script runs */
const commands = {
  start: { file: "src/cli/bin.ts", before: ["start"] },
  moldau: { file: "src/cli/bin.ts" },
  test: { file: "scripts/test.ts" },
  check: { file: "scripts/check.ts" },
  golden: { file: "scripts/golden.ts" },
  interop: { file: "test/interop/run.ts" },
  bench: { file: "bench/run.ts" },
  sim: { file: "src/simulator/run.ts" },
  chaos: { file: "test/chaos/run.ts" },
  format: { file: "scripts/format.ts" },
  build: { file: "scripts/build.ts" },
  docs: { file: "scripts/docs.ts" },
};

function pinnedNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = process.platform === "win32" ? "node.exe" : "node";
  const path = join(runtimeDir, "node_modules", `node-${platform}-${process.arch}`, "bin", name);
  return existsSync(path) ? path : undefined;
}

function fingerprint() {
  const hash = createHash("sha256");
  for (const file of ["package-lock.json", "scripts/runtime/package-lock.json"]) {
    hash.update(readFileSync(join(root, file)));
  }
  return `${hash.digest("hex")} ${process.platform}-${process.arch}\n`;
}

function npmInstall(cwd) {
  const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error(`moldau: "npm ci" failed in ${cwd}; see its message above, then run the command again.`);
    process.exit(1);
  }
}

function setUp() {
  const stamp = join(root, "node_modules", ".moldau-setup");
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error("moldau: setting up (once): the pinned Node and the dependencies");
  npmInstall(runtimeDir);
  npmInstall(root);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function chooseNode() {
  const pinned = pinnedNode();
  if (pinned !== undefined) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.execPath;
  console.error(
    `moldau: this machine runs Node ${process.versions.node}, and there is no pinned Node for ` +
      `${process.platform}-${process.arch}; install Node 24 and run the command again.`,
  );
  process.exit(1);
}

const [, , name = "", ...args] = process.argv;
const command = commands[name];
if (command === undefined) {
  console.error(`moldau: no such script "${name}"; there are ${Object.keys(commands).join(", ")}.`);
  process.exit(2);
}
setUp();
const node = chooseNode();
const child = spawn(node, [join(root, command.file), ...(command.before ?? []), ...args], {
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`,
  },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
