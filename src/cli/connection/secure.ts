import type { ClusterOptions } from "../../client/cluster/cluster.ts";
import { askSecret } from "../ask.ts";
import type { Options } from "../command.ts";
import { usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";
import { loginOf, tlsOf, type Login, type TokenSource } from "./security.ts";
import { readInput, readText } from "./settings.ts";

type Sasl = NonNullable<ClusterOptions["sasl"]>;
type OAuthTokenSource = Extract<Sasl, { readonly mechanism: "OAUTHBEARER" }>["token"];

/** `tls` and `sasl` of the client; loaded only where the connection is secured. */
export async function securityOptions(
  terminal: Terminal,
  options: Options,
  properties: ReadonlyMap<string, string>,
): Promise<Pick<ClusterOptions, "tls" | "sasl">> {
  const login = await completeLogin(terminal, options, loginOf(properties));
  return {
    tls: tlsOf(properties),
    sasl: login === undefined ? undefined : await saslOf(login),
  };
}

async function saslOf(login: Login): Promise<Sasl> {
  if (login.mechanism !== "OAUTHBEARER") return { ...login, password: login.password ?? "" };
  const { mechanism, token } = login;
  return { mechanism, token: await tokenFrom(token) };
}

async function tokenFrom(source: TokenSource): Promise<OAuthTokenSource> {
  switch (source.kind) {
    case "token":
      return () => Promise.resolve({ value: source.token.trim() });
    case "file":
      return () => Promise.resolve({ value: readText(source.path).trim() });
    case "endpoint": {
      const { oauthBearerOidc } = await import("../../client/oauth-bearer-oidc.ts");
      return oauthBearerOidc(source.options);
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
  if (file !== undefined) return { ...login, password: await passwordIn(terminal, file) };
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
export async function passwordIn(terminal: Terminal, file: string): Promise<string> {
  return (await readInput(terminal, file)).replace(/\r?\n[^]*$/, "");
}
