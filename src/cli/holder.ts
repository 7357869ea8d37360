import * as fs from "node:fs";
import { basename } from "node:path";

/** A process that holds something. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

const LISTENING = "0A";

/** Who listens on a TCP port of this machine; `undefined` where that cannot be told (not Linux, not ours). */
export function holderOfPort(port: number): Holder | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readLines(table).slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENING && local?.endsWith(`:${hex}`) === true && inode !== undefined) {
        inodes.add(`socket:[${inode}]`);
      }
    }
  }
  return inodes.size === 0 ? undefined : holderOf((target) => inodes.has(target));
}

/** Who has a file open, other than this process. */
export function holderOfFile(path: string): Holder | undefined {
  let real: string;
  try {
    real = fs.realpathSync(path);
  } catch {
    return undefined;
  }
  return holderOf((target) => target === real);
}

function holderOf(isIt: (target: string) => boolean): Holder | undefined {
  for (const pid of names("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    for (const fd of names(`/proc/${pid}/fd`)) {
      try {
        if (!isIt(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))) continue;
      } catch {
        continue;
      }
      return { pid: Number(pid), name: nameOf(pid) };
    }
  }
  return undefined;
}

/** The program as it was called; its main thread may have any name. */
function nameOf(pid: string): string {
  const called = readLines(`/proc/${pid}/cmdline`)[0]?.split("\0")[0] ?? "";
  return basename(called) || (readLines(`/proc/${pid}/comm`)[0]?.trim() ?? "");
}

/** What cannot be read (another user's, gone meanwhile) is taken as empty: this is only a hint. */
function names(path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch {
    return [];
  }
}

function readLines(path: string): string[] {
  try {
    return fs.readFileSync(path, "latin1").split("\n");
  } catch {
    return [];
  }
}
