import { Problem } from "../problem.ts";
import { ExitCode } from "../exit-code.ts";
import type { TokenSource } from "./security.ts";

type Endpoint = Extract<TokenSource, { readonly kind: "endpoint" }>;

/** Asks an identity provider for a token by client credentials (RFC 6749, section 4.4). */
export async function tokenFromEndpoint(
  { url, clientId, clientSecret, scope }: Endpoint,
  signal: AbortSignal,
): Promise<{ value: string; lifetimeMs?: number }> {
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    ...(scope === undefined ? {} : { scope }),
  });
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Basic ${credentials}`, accept: "application/json" },
    body,
    signal,
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const fields = new Map<string, unknown>(Object.entries(answer ?? {}));
  const token = fields.get("access_token");
  if (!response.ok || typeof token !== "string") {
    const why = fields.get("error_description") ?? fields.get("error") ?? response.statusText;
    throw new Problem("MLD3020", `${url} gives no token (${response.status}): ${String(why)}`, {
      exitCode: ExitCode.notAuthorised,
      remedy: "check sasl.oauthbearer.client.id, its secret and the scope",
    });
  }
  const seconds = fields.get("expires_in");
  return { value: token, ...(typeof seconds === "number" ? { lifetimeMs: seconds * 1000 } : {}) };
}
