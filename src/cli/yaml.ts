// oxlint-disable no-control-regex -- control characters are what is looked for
/** Texts that YAML would take for something else, or that it could not hold unquoted. */
const needsQuotes =
  /^$|^[\s\-?:,[\]{}#&*!|>'"%@`]|[:#]\s|\s$|:$|[\u0000-\u001f]|^(?:true|false|yes|no|on|off|null|~)$|^[+-]?[\d.]/i;

/** Plain data as YAML, in the block style that people expect. */
export function stringifyYaml(value: unknown): string {
  const text = render(value, "");
  return text.startsWith("\n") ? text.slice(1) : `${text.trimStart()}\n`;
}

function render(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    return value
      .map((item: unknown) => `\n${indent}-${renderItem(item, indent)}`)
      .join("")
      .concat(indent === "" ? "\n" : "");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    if (entries.length === 0) return " {}";
    const lines = entries.map(
      ([key, inner]) => `\n${indent}${scalar(key)}:${render(inner, `${indent}  `)}`,
    );
    return lines.join("").concat(indent === "" ? "\n" : "");
  }
  return ` ${scalar(value)}`;
}

/** What follows the dash: a mapping begins on the same line. */
function renderItem(item: unknown, indent: string): string {
  const text = render(item, `${indent}  `);
  return text.startsWith("\n") ? ` ${text.slice(1).trimStart()}` : text;
}

function scalar(value: unknown): string {
  if (typeof value === "string") return needsQuotes.test(value) ? JSON.stringify(value) : value;
  if (typeof value === "bigint") return value.toString();
  return JSON.stringify(value) ?? "null";
}
