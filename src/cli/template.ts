import { usageProblem } from "./problem.ts";

/** A template once read: bytes that stand as they are, and fields to fill in. */
export type TemplatePart =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "field"; readonly name: string; readonly as: string | undefined };

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  e: "\u001b",
  "\\": "\\",
};

const TOKEN = /%(?:(%)|\{([^}]*)\}|(.))|\\(?:x([0-9a-fA-F]{2})|([^]))|([^%\\]+)|[%\\]/gsu;

/**
 * Reads a template: `%{name}` and `%{name:how}` are fields, `%k` is whatever `letters` says, `%%` is a
 * percent sign, `\n`, `\t`, `\r`, `\0`, `\e`, `\\` and `\xHH` are characters. What does not end with such
 * an escape gets a new line; `\c` at the end stands for none.
 */
export function parseTemplate(
  template: string,
  letters: Readonly<Record<string, string>> = {},
): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let endsInEscape = false;
  for (const match of template.matchAll(TOKEN)) {
    const [whole, percent, braced, letter, hex, escape, plain] = match;
    const isLast = match.index + whole.length === template.length;
    endsInEscape = hex !== undefined || escape !== undefined;
    if (escape === "c" && isLast) break;
    if (braced !== undefined) parts.push(fieldOf(braced));
    else if (letter !== undefined) parts.push(fieldOf(letterOf(letter, letters)));
    else if (hex !== undefined) parts.push(bytesOf(Buffer.from(hex, "hex")));
    else if (escape !== undefined) parts.push(bytesOf(ESCAPES[escape] ?? whole));
    else parts.push(bytesOf(percent ?? plain ?? whole));
  }
  if (!endsInEscape) parts.push(bytesOf("\n"));
  return joined(parts);
}

function bytesOf(text: string | Buffer): TemplatePart {
  return { kind: "bytes", bytes: Buffer.from(text) };
}

function fieldOf(text: string): TemplatePart {
  const colon = text.indexOf(":");
  const [name, as] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  return { kind: "field", name: name.trim(), as: as?.trim() };
}

function letterOf(letter: string, letters: Readonly<Record<string, string>>): string {
  const name = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
  if (name !== undefined) return name;
  const known = Object.keys(letters).map((one) => `%${one}`);
  throw usageProblem(
    `--template does not know %${letter}`,
    known.length === 0
      ? "it takes %{name of a field}, and %% for a percent sign"
      : `it takes ${known.join(" ")}, %{name of a field}, and %% for a percent sign`,
  );
}

/** Neighbouring bytes as one. */
function joined(parts: readonly TemplatePart[]): TemplatePart[] {
  const result: TemplatePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.kind === "bytes" && last?.kind === "bytes") {
      result[result.length - 1] = bytesOf(Buffer.concat([last.bytes, part.bytes]));
    } else {
      result.push(part);
    }
  }
  return result;
}

/** The field of an item at a path such as `partitions.0.leader`, as text; `undefined` when it has none. */
export function textAt(item: unknown, path: string): string | undefined {
  let at: unknown = item;
  for (const step of pathSteps(item, path)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = new Map<string, unknown>(Object.entries(at)).get(step);
  }
  if (at === null || at === undefined) return "";
  return typeof at === "object" ? JSON.stringify(at) : String(at);
}

/** Names of settings have dots themselves: the longest name that is there counts. */
function pathSteps(item: unknown, path: string): string[] {
  if (typeof item !== "object" || item === null || path === "") return path === "" ? [] : [path];
  const names = path.split(".");
  for (let length = names.length; length > 0; length--) {
    const name = names.slice(0, length).join(".");
    if (!Object.hasOwn(item, name)) continue;
    const inner: unknown = new Map<string, unknown>(Object.entries(item)).get(name);
    return [name, ...pathSteps(inner, names.slice(length).join("."))];
  }
  return [path];
}
