/** What Java's clients put into `sasl.jaas.config`: a login module with options. */
export interface JaasEntry {
  /** The class, such as `org.apache.kafka.common.security.scram.ScramLoginModule`. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Reads the first entry of `Module required name="value" …;`; `undefined` for what is none. */
export function parseJaas(text: string): JaasEntry | undefined {
  const head = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b/i.exec(text);
  if (head === null) return undefined;
  const options = new Map<string, string>();
  const pattern =
    /\s*([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))|\s*(;)/gy;
  pattern.lastIndex = head[0].length;
  for (const [, name, double, single, bare, end] of text.matchAll(pattern)) {
    if (end !== undefined) return { module: head[1] ?? "", options };
    const value = double ?? single;
    options.set(name ?? "", value === undefined ? (bare ?? "") : value.replace(/\\(.)/g, "$1"));
  }
  return undefined;
}

/** What Java's clients take for a login with name and password. */
export function jaasText(mechanism: string, username: string, password: string): string {
  const module =
    mechanism === "PLAIN"
      ? "org.apache.kafka.common.security.plain.PlainLoginModule"
      : "org.apache.kafka.common.security.scram.ScramLoginModule";
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
  return `${module} required username=${quoted(username)} password=${quoted(password)};`;
}
