import { messageOf, MoldauError } from "../../core/errors.ts";
import type { Http, HttpAnswer } from "../../platform/http.ts";
import type { TlsOptions } from "../../platform/network.ts";
import type { OAuthToken, OAuthTokenSource } from "./oauth-token.ts";
import { SaslError } from "./sasl-error.ts";

/** A client of an identity provider that gets tokens for itself (RFC 6749 client credentials, KIP-768). */
export interface OidcOptions {
  /** `https://…` (`sasl.oauthbearer.token.endpoint.url`). */
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** More fields of the form, such as `audience`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** For the broker, beside the token (KIP-342). */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
  /** Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** For an endpoint whose certificate an authority of one's own has signed. */
  readonly tls?: TlsOptions | undefined;
  /** Spells id and secret as in a URL, as RFC 6749 says and Kafka leaves out (`sasl.oauthbearer.header.urlencode`). Default false. */
  readonly urlEncode?: boolean | undefined;
  /** Lets the secret go to another machine in clear text. Default false. */
  readonly allowHttp?: boolean | undefined;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Of what an identity provider says about its refusal. */
const REASON_LENGTH_MAX = 300;
const TOO_MANY_REQUESTS = 429;

/** Asks the endpoint for a token each time it is called. Throws {@link SaslError} for options that cannot be used. */
export function oidcTokenSource(options: OidcOptions, http: Http): OAuthTokenSource {
  const url = endpointOf(options);
  const headers = headersOf(options);
  const body = formOf(options);
  const { timeoutMs = TIMEOUT_MS, tls, extensions } = options;
  return async ({ signal }) => {
    const answer = await http
      .post({ url, headers, body, timeoutMs, answerBytesMax: ANSWER_BYTES_MAX, tls, signal })
      .catch((thrown: unknown): never => {
        throw unavailable(`${url.host} gives no token: ${messageOf(thrown)}`, {
          cause: thrown,
          retriable: thrown instanceof MoldauError && thrown.retriable,
        });
      });
    return { ...tokenIn(url, answer), extensions };
  };
}

function endpointOf({ tokenEndpoint, allowHttp }: OidcOptions): URL {
  const url = URL.canParse(tokenEndpoint) ? new URL(tokenEndpoint) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new SaslError("SASL_OPTIONS", "tokenEndpoint is no URL of HTTP", {
      remedy: "Give the token endpoint of the identity provider, https://… .",
    });
  }
  const isHere = url.hostname === "localhost" || /^(?:127\.|\[::1\]$)/.test(url.hostname);
  if (url.protocol === "http:" && !isHere && allowHttp !== true) {
    throw new SaslError("SASL_OPTIONS", `the secret would go to ${url.host} in clear text`, {
      remedy: "Give an https:// endpoint, or allowHttp: true if something else encrypts the way.",
    });
  }
  return url;
}

function headersOf({ clientId, clientSecret, urlEncode }: OidcOptions): Record<string, string> {
  if (clientId === "" || clientSecret === "") {
    throw new SaslError("SASL_OPTIONS", "clientId or clientSecret is empty", {
      remedy: "Give both; they may come from environment variables that are empty.",
    });
  }
  const spell = (text: string): string => (urlEncode === true ? encodeURIComponent(text) : text);
  const credentials = Buffer.from(`${spell(clientId)}:${spell(clientSecret)}`).toString("base64");
  return {
    authorization: `Basic ${credentials}`,
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
}

function formOf({ scope, parameters = {} }: OidcOptions): string {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined && scope !== "") form.set("scope", scope);
  for (const [name, value] of Object.entries(parameters)) form.set(name, value);
  return form.toString();
}

function tokenIn(url: URL, { status, body }: HttpAnswer): OAuthToken {
  const answer = jsonOf(body);
  if (status !== 200) {
    const retriable = status >= 500 || status === TOO_MANY_REQUESTS;
    const reason = [answer?.["error"], answer?.["error_description"]]
      .filter((part) => typeof part === "string")
      .join(": ")
      .slice(0, REASON_LENGTH_MAX);
    const words = reason === "" ? "" : `: ${reason}`;
    throw unavailable(`${url.host} gives no token, but status ${status}${words}`, {
      retriable,
      ...(retriable ? {} : { remedy: "Check tokenEndpoint, clientId, clientSecret and scope." }),
    });
  }
  const value = answer?.["access_token"];
  if (typeof value !== "string") {
    const remedy = "Check that tokenEndpoint is the token endpoint of the identity provider.";
    throw unavailable(`the answer of ${url.host} holds no access_token`, { remedy });
  }
  const seconds = Number(answer?.["expires_in"]);
  return seconds > 0 ? { value, lifetimeMs: seconds * 1000 } : { value };
}

function jsonOf(body: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    // What is no JSON has no fields.
    return undefined;
  }
}

function unavailable(
  message: string,
  details: { readonly remedy?: string; readonly cause?: unknown; readonly retriable?: boolean },
): SaslError {
  return new SaslError("SASL_TOKEN_UNAVAILABLE", message, details);
}
