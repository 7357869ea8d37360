import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, type RunOptions } from "./processes.ts";

/** The folder of this suite, and the root of the clone. */
export const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(dirname(here));

const cache = join(root, ".cache", "interop");
const fetchTimeoutMs = 900_000;

/** Something cannot run on this machine; the part that needs it is skipped by name. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/** Where a program stands in the PATH, or undefined. */
export function which(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, program);
    if (folder !== "" && existsSync(path) && statSync(path).isFile()) return path;
  }
  return undefined;
}

function need(program: string): void {
  if (which(program) === undefined) throw new Missing(`${program} is not installed`);
}

async function must(program: string, args: readonly string[], options: RunOptions): Promise<void> {
  const outcome = await run(program, args, { timeoutMs: fetchTimeoutMs, ...options });
  if (outcome.code === 0) return;
  const tail = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`${program} ${args[0] ?? ""} failed (${outcome.code}):\n${tail}`);
}

/**
 * A folder of the cache, made by `make` when the files it depends on changed since. Half-made folders
 * are made anew.
 */
async function cached(
  name: string,
  dependsOn: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, name);
  const stamp = join(folder, ".made-from");
  const hash = createHash("sha256");
  for (const file of dependsOn) hash.update(readFileSync(file));
  const wanted = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return folder;
  console.log(`# fetching what ${name} needs (once)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await make(folder);
  writeFileSync(stamp, wanted);
  return folder;
}

const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/** All that a pom of this suite asks for, as a class path. */
async function jars(name: "broker" | "tools"): Promise<string> {
  need("java");
  const pom = join(here, "java", name, "pom.xml");
  const folder = await cached(`java-${name}`, [pom], async (into) => {
    need("mvn");
    const copy = join(into, "maven");
    mkdirSync(copy);
    cpSync(pom, join(copy, "pom.xml"));
    const args = [`${dependencyPlugin}:copy-dependencies`, `-DoutputDirectory=${into}/lib`];
    await must("mvn", ["-q", "-B", ...args, "-DincludeScope=runtime"], { cwd: copy });
  });
  return join(folder, "lib", "*");
}

/** The class path of Apache Kafka 4.4.0: broker and clients. */
export function javaClassPath(): Promise<string> {
  return jars("broker");
}

/** The class path of Kafka's command-line tools. */
export function javaToolsClassPath(): Promise<string> {
  return jars("tools");
}

/** The class path of the Java client program, compiled. */
export function javaClient(): Promise<string> {
  return compiled("java-client", "JavaClient.java");
}

/** The class path of a broker with the plugin that writes clients' metrics to a file. */
export function javaTelemetry(): Promise<string> {
  return compiled("java-telemetry", "TelemetryFile.java");
}

async function compiled(name: string, file: string): Promise<string> {
  const classPath = await javaClassPath();
  const source = join(here, "java", file);
  const folder = await cached(name, [source], async (into) => {
    need("javac");
    await must("javac", ["-cp", classPath, "-d", into, source], {});
  });
  return `${folder}${delimiter}${classPath}`;
}

/** The Python that has the clients installed. */
export async function python(): Promise<string> {
  need("python3");
  const requirements = join(here, "python", "requirements.txt");
  const folder = await cached("python", [requirements], async (into) => {
    const environment = join(into, "venv");
    await must("python3", ["-m", "venv", environment], {});
    const pip = join(environment, "bin", "pip");
    await must(pip, ["install", "-q", "--only-binary", ":all:", "-r", requirements], {});
  });
  return join(folder, "venv", "bin", "python");
}

/** The built Go client. */
export async function goClient(): Promise<string> {
  need("go");
  const source = join(here, "go");
  const files = readdirSync(source)
    .filter((name) => /\.(go|mod|sum)$/.test(name))
    .sort()
    .map((name) => join(source, name));
  const folder = await cached("go", files, (into) =>
    must("go", ["build", "-o", join(into, "franz-go"), "."], {
      cwd: source,
      env: { GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" },
    }),
  );
  return join(folder, "franz-go");
}

/** The folder in which the Node clients are installed, programs included. */
export async function nodeClients(): Promise<string> {
  need("npm");
  const source = join(here, "node");
  const names = ["package.json", "package-lock.json"];
  const files = names.map((name) => join(source, name));
  const folder = await cached("node", files, async (into) => {
    for (const name of names) cpSync(join(source, name), join(into, name));
    await must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: into });
  });
  for (const name of readdirSync(source).filter((file) => file.endsWith(".mjs"))) {
    cpSync(join(source, name), join(folder, name));
  }
  return folder;
}

const bench = join(root, "bench", "client");

/** The folder in which the Node clients of the benchmark are installed, programs included. */
export async function benchClients(): Promise<string> {
  need("npm");
  const names = ["package.json", "package-lock.json"];
  const files = names.map((name) => join(bench, name));
  const folder = await cached("bench-node", files, async (into) => {
    for (const name of names) cpSync(join(bench, name), join(into, name));
    await must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: into });
  });
  copyPrograms(folder);
  return folder;
}

/**
 * The same for `@confluentinc/kafka-javascript`, which fetches a binary from where its source is kept, or
 * builds librdkafka. Built on what the machine has (a compiler, the headers of OpenSSL, zlib, zstd and curl),
 * it needs nothing but npm. Throws {@link Missing} where that is not to be had.
 */
export async function benchConfluent(): Promise<string> {
  need("npm");
  const source = join(bench, "confluent");
  const names = ["package.json", "package-lock.json"];
  const files = names.map((name) => join(source, name));
  try {
    const folder = await cached("bench-confluent", files, async (into) => {
      for (const name of names) cpSync(join(source, name), join(into, name));
      // What is built is for the Node that runs it, not for the one that npm would find.
      const bin = dirname(process.execPath);
      const env = {
        CKJS_LINKING: "dynamic",
        PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
        // Where the headers of this Node stand.
        npm_config_nodedir: dirname(bin),
      };
      await must("npm", ["ci", "--no-audit", "--no-fund"], { cwd: into, env });
    });
    copyPrograms(folder);
    return folder;
  } catch (thrown) {
    const line =
      String(thrown)
        .split("\n")
        .find((text) => /error|failed/i.test(text)) ?? "";
    throw new Missing(`it needs more than npm has here: ${line.trim().slice(0, 120)}`);
  }
}

function copyPrograms(folder: string): void {
  const source = join(bench, "programs");
  for (const name of readdirSync(source).filter((file) => file.endsWith(".mjs"))) {
    cpSync(join(source, name), join(folder, name));
  }
}

/** kcat from the machine's packages. */
export function kcat(): string {
  const path = which("kcat") ?? which("kafkacat");
  if (path === undefined) throw new Missing("kcat is not installed (apt-get install kcat)");
  return path;
}
