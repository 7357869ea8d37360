import { join } from "node:path";
import { here, javaClient, javaToolsClassPath } from "./cache.ts";
import type { ClientProgram } from "./client-program.ts";
import { run, type Outcome, type RunOptions } from "./processes.ts";

// Short-lived programs: little heap, the quick compiler only.
const toolOptions = [
  "-Xmx256M",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  `-Dlog4j2.configurationFile=${join(here, "java", "tools", "log4j2.properties")}`,
];

/** Runs one of Kafka's command-line tools by its main class. */
export async function javaTool(
  mainClass: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const classPath = await javaToolsClassPath();
  return run("java", [...toolOptions, "-cp", classPath, mainClass, ...args], options);
}

/** The arguments of `java` up to a main class, with the compilers and the heap that loads need. */
export async function javaLoadArgs(heapMegabytes = 512): Promise<readonly string[]> {
  const logging = `-Dlog4j2.configurationFile=${join(here, "java", "tools", "log4j2.properties")}`;
  return [`-Xmx${heapMegabytes}M`, "-XX:+UseG1GC", logging, "-cp", await javaToolsClassPath()];
}

/** Kafka's own client. */
export const javaProgram: ClientProgram = {
  name: "java",
  command: async () => ["java", ...toolOptions, "-cp", await javaClient(), "JavaClient"],
};
