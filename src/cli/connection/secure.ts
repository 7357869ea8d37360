import type { ClusterOptions } from "../../client/cluster/cluster.ts";
import { askSecret } from "../ask.ts";
import type { Options } from "../command.ts";
import { usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";
import { loginOf, tlsOf, type Login, type TokenSource } from "./security.ts";
import { readText } from "./settings.ts";

type Sasl = NonNullable<ClusterOptions["sasl"]>;

/** `tls` and `sasl` of the client; loaded only where the connection is secured. */
export async function securityOptions(
  terminal: Terminal,
  options: Options,
  properties: ReadonlyMap<string, string>,
): Promise<Pick<ClusterOptions, "tls" | "sasl">> {
  const login = await completeLogin(terminal, options, loginOf(properties));
  return { tls: tlsOf(properties), sasl: login === undefined ? undefined : saslOf(login) };
}

function saslOf(login: Login): Sasl {
  if (login.mechanism !== "OAUTHBEARER") return { ...login, password: login.password ?? "" };
  const { mechanism, token } = login;
  return { mechanism, token: ({ signal }) => tokenFrom(token, signal) };
}

async function tokenFrom(
  source: TokenSource,
  signal: AbortSignal,
): Promise<{ value: string; lifetimeMs?: number }> {
  switch (source.kind) {
    case "token":
      return { value: source.token.trim() };
    case "file":
      return { value: readText(source.path).trim() };
    case "endpoint": {
      const { tokenFromEndpoint } = await import("./oidc.ts");
      return tokenFromEndpoint(source, signal);
    }
  }
}

/** With the password of `--password-file`, or one that is asked for. */
export async function completeLogin(
  terminal: Terminal,
  options: Options,
  login: Login | undefined,
): Promise<Login | undefined> {
  if (login === undefined || login.mechanism === "OAUTHBEARER") return login;
  const file = options.text("password-file");
  if (file !== undefined) return { ...login, password: passwordIn(file) };
  if (login.password !== undefined) return login;
  const asked = await askSecret(terminal, `Password of ${login.username}: `);
  if (asked === undefined) {
    throw usageProblem(
      `${login.username} has no password`,
      "give it with $MOLDAU_PASSWORD or --password-file",
    );
  }
  return { ...login, password: asked };
}

/** The first line of a file. */
export function passwordIn(file: string): string {
  return readText(file).replace(/\r?\n[^]*$/, "");
}
