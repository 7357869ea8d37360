import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** CPU seconds, user and system, that a process has used so far. From `/proc/PID/stat`. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; fields 14 and 15 are counted from after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory in megabytes (10^6 bytes). From `/proc/PID/status`. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN);
  return (kilobytes * 1024) / 1e6;
}

/** What `body` costs the process: wall clock and CPU seconds. */
export async function costOf<T>(
  pid: number,
  body: () => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number; readonly cpu: number }> {
  const cpuBefore = cpuSeconds(pid);
  const before = performance.now();
  const result = await body();
  const seconds = (performance.now() - before) / 1000;
  return { result, seconds, cpu: cpuSeconds(pid) - cpuBefore };
}
