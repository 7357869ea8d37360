/** Java's properties files: the format of `server.properties` and `meta.properties`. */

/** The entries of a properties text; of a name given twice the last counts, as in Java. */
export function parseProperties(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const end = endOfName(line);
    let value = end;
    while (value < line.length && isBlank(line[value])) value++;
    if (line[value] === "=" || line[value] === ":") {
      value++;
      while (value < line.length && isBlank(line[value])) value++;
    }
    entries.set(unescape(line.slice(0, end)), unescape(line.slice(value)));
  }
  return entries;
}

/** Writes entries so that {@link parseProperties}, and Java, read them back; a comment first. */
export function formatProperties(
  entries: Iterable<readonly [string, string]>,
  comment?: string,
): string {
  let text = comment === undefined ? "" : `${comment.replace(/^/gm, "# ")}\n`;
  for (const [name, value] of entries) text += `${escape(name, true)}=${escape(value, false)}\n`;
  return text;
}

/** Lines without comments and blank ones; a backslash at the end joins the next one. */
function* logicalLines(text: string): Generator<string> {
  let pending: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const content = line.replace(/^[ \t\f]+/, "");
    if (pending === undefined && (content === "" || content[0] === "#" || content[0] === "!")) {
      continue;
    }
    const joined: string = (pending ?? "") + content;
    if (endsWithEscape(content)) {
      pending = joined.slice(0, -1);
    } else {
      yield joined;
      pending = undefined;
    }
  }
  if (pending !== undefined && pending !== "") yield pending;
}

/** Whether a line ends with a backslash that is not itself escaped. */
function endsWithEscape(line: string): boolean {
  let backslashes = 0;
  while (line[line.length - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

function endOfName(line: string): number {
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    if (char === "\\") at++;
    else if (char === "=" || char === ":" || isBlank(char)) return at;
  }
  return line.length;
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\f";
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** Where Java refuses a broken `\\u`, here its backslash falls away like any other. */
function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(u[0-9a-fA-F]{4}|[^])/g, (_match, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return ESCAPES[escaped] ?? escaped;
  });
}

/** Names also hide what would end them or make a comment of their line. */
function escape(text: string, isName: boolean): string {
  const escaped = text.replace(/[\\\t\n\r\f]|[^\x20-\x7e]/g, (char) => {
    for (const [letter, meant] of Object.entries(ESCAPES)) if (meant === char) return `\\${letter}`;
    if (char === "\\") return "\\\\";
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return isName ? escaped.replace(/[ =:#!]/g, "\\$&") : escaped.replace(/^ /, "\\ ");
}
