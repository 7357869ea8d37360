const ESCAPES: Readonly<Record<string, string>> = {
  t: "\t",
  n: "\n",
  r: "\r",
  "0": "\0",
  "\\": "\\",
};

/** `\t`, `\n`, `\r`, `\0`, `\\` and `\xHH` as people type them. */
export function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([tnr0\\]))/g,
    (_whole, hex?: string, letter?: string) =>
      hex === undefined
        ? (ESCAPES[letter ?? ""] ?? "")
        : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
