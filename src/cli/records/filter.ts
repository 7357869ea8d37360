import type { Options } from "../command.ts";
import { usageProblem } from "../problem.ts";
import type { Matches } from "./reader.ts";
import { headerText, type PrintableRecord } from "./printable.ts";

/** The pattern of `--grep`. */
export function grepOf(options: Options): RegExp | undefined {
  const text = options.text("grep");
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "u");
  } catch {
    throw usageProblem(`--grep "${text}" is no regular expression`);
  }
}

/** What `--grep` and `--key-is` leave; undefined when they are not there. */
export function filterOf(options: Options): Matches | undefined {
  const grep = grepOf(options);
  const key = options.text("key-is");
  const keyBytes = key === undefined ? undefined : Buffer.from(key);
  if (grep === undefined && keyBytes === undefined) return undefined;
  return (record) => {
    if (keyBytes !== undefined && record.key?.equals(keyBytes) !== true) return false;
    return grep === undefined || isFound(grep, record);
  };
}

function isFound(pattern: RegExp, { key, value, headers }: PrintableRecord): boolean {
  if (value !== null && pattern.test(value.toString("utf8"))) return true;
  if (key !== null && pattern.test(key.toString("utf8"))) return true;
  for (const header of headers) {
    if (pattern.test(header.key) || pattern.test(headerText(header))) return true;
  }
  return false;
}
