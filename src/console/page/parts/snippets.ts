import { cluster } from "../state/live.ts";

/** The address that clients are given, for snippets. */
export function bootstrap(): string {
  return cluster.value?.bootstrap ?? "localhost:9092";
}

/** ` -b HOST:PORT` for our command line, nothing where it is the usual place. */
export function at(): string {
  const address = bootstrap();
  return address === "localhost:9092" || address === "127.0.0.1:9092" ? "" : ` -b ${address}`;
}

/** A word for a shell: quoted where it has to be. */
export function word(text: string): string {
  return /^[\w./:=@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A string of TypeScript. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** A program that does something with a client. */
export function program(body: string, imports = "connect"): string {
  return `import { ${imports} } from "moldau";

const kafka = await connect(${literal(bootstrap())});
${body.trim()}
await kafka.close();
`;
}
