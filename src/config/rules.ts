/** Rules for values that bounds and lists of words cannot say. */
import { type Rule } from "./value-type.ts";

/** zlib knows 1 to 9; -1 leaves the choice to it. */
export const gzipLevel: Rule<number> = {
  words: "-1, or 1 to 9",
  check: (value) =>
    value === -1 || (value >= 1 && value <= 9) ? undefined : "it must be -1 or lie between 1 and 9",
};

/** `id@host:port`, as static voters are named. */
export const quorumVoters: Rule<readonly string[]> = {
  words: "id@host:port, …",
  check: (voters) => {
    for (const voter of voters) {
      const match = /^(\d{1,10})@(.+):(\d{1,5})$/.exec(voter);
      if (match === null || Number(match[3]) > 65_535) return `"${voter}" is not id@host:port`;
    }
    return undefined;
  },
};

/** `host:port` of controllers. */
export const bootstrapServers: Rule<readonly string[]> = {
  words: "host:port, …",
  check: (servers) => {
    for (const server of servers) {
      const match = /^(.+):(\d{1,5})$/.exec(server);
      if (match === null || Number(match[2]) > 65_535) return `"${server}" is not host:port`;
    }
    return undefined;
  },
};

/** `partition:broker` pairs, or `*` for all replicas. */
export const throttledReplicas: Rule<readonly string[]> = {
  words: "* or partition:broker, …",
  check: (replicas) => {
    if (replicas.length === 1 && replicas[0] === "*") return undefined;
    const wrong = replicas.find((replica) => !/^\s*\d+\s*:\s*\d+\s*$/.test(replica));
    return wrong === undefined ? undefined : `"${wrong}" is not partition:broker`;
  },
};

const DURATION = /^-?P(?=.)(-?\d+D)?(T(?=.)(-?\d+H)?(-?\d+M)?(-?\d+(\.\d{1,9})?S)?)?$/i;

/** Where a share group starts on a partition that it has never read. */
export const shareOffsetReset: Rule<string> = {
  words: "latest, earliest or by_duration:PnDTnHnMn.nS",
  check: (value) => {
    if (value === "latest" || value === "earliest") return undefined;
    const [word, duration = ""] = value.split(":", 2);
    if (word === "by_duration" && DURATION.test(duration) && !duration.includes("-")) {
      return undefined;
    }
    return "it must be latest, earliest or by_duration: with an ISO-8601 duration";
  },
};

/** `address:count`, the counts at least 0. */
export const connectionOverrides: Rule<string> = {
  words: "address:count, …",
  check: (value) => {
    for (const entry of value.split(",")) {
      if (value.trim() === "" || /^\s*[^\s:]+\s*:\s*\d{1,9}\s*$/.test(entry)) continue;
      return `"${entry.trim()}" is not address:count`;
    }
    return undefined;
  },
};
