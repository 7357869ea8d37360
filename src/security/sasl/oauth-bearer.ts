import type { Clock } from "../../platform/clock.ts";
import { CachedToken, type OAuthToken, type OAuthTokenSource } from "./oauth-token.ts";
import { SaslError } from "./sasl-error.ts";
import type { SaslExchange, SaslLogin } from "./sasl-exchange.ts";

/** Separates the parts of a message (RFC 7628). */
const SEPARATOR = "\x01";
/** A client's word that it has seen the error; only then the broker ends the exchange. */
const ACKNOWLEDGEMENT = Buffer.from(SEPARATOR);
/** Of what a broker says against a token. */
const ERROR_BYTES_MAX = 4096;
/** The name under which the token itself stands. */
const RESERVED_EXTENSION = "auth";

/** The first message: the token, and what else the broker is to know. Throws {@link SaslError}. */
export function oauthBearerMessage({ value, extensions = {} }: OAuthToken): Buffer {
  const parts = ["n,,", `auth=Bearer ${value}`];
  for (const [name, text] of Object.entries(extensions)) {
    if (!/^[A-Za-z]+$/.test(name) || name === RESERVED_EXTENSION) {
      throw badExtension(`"${name}" is no name of one: letters only, and not auth`);
    }
    if (!/^[\x21-\x7e \t\r\n]+$/.test(text))
      throw badExtension(`the text of ${name} is not printable`);
    parts.push(`${name}=${text}`);
  }
  return Buffer.from(`${parts.join(SEPARATOR)}${SEPARATOR}${SEPARATOR}`, "utf8");
}

function badExtension(why: string): SaslError {
  return new SaslError("SASL_OPTIONS", `an extension of the token cannot be used: ${why}`);
}

/** Logs in with a token. */
export class OAuthBearerLogin implements SaslLogin {
  readonly mechanism = "OAUTHBEARER";
  readonly #token: CachedToken;
  #principal: string | undefined;

  constructor(source: OAuthTokenSource, clock: Clock) {
    this.#token = new CachedToken(source, clock);
  }

  get username(): string | undefined {
    return this.#principal;
  }

  async begin(): Promise<SaslExchange> {
    const token = await this.#token.get();
    this.#principal = token.principal;
    return new OAuthBearerExchange(oauthBearerMessage(token));
  }

  refused(): void {
    this.#token.drop();
  }
}

class OAuthBearerExchange implements SaslExchange {
  readonly first: Buffer;
  #refusal: string | undefined;

  constructor(first: Buffer) {
    this.first = first;
  }

  respond(challenge: Buffer): Buffer | undefined {
    if (this.#refusal !== undefined) throw tokenRefused(this.#refusal);
    if (challenge.length === 0) return undefined;
    this.#refusal = refusalIn(challenge);
    return ACKNOWLEDGEMENT;
  }
}

/** What stands in `{"status":"invalid_token","scope":…}`. */
function refusalIn(challenge: Buffer): string {
  const text = challenge.subarray(0, ERROR_BYTES_MAX).toString("utf8");
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "status" in parsed) {
      return String(parsed.status);
    }
  } catch {
    // Told as it is.
  }
  return text;
}

function tokenRefused(reason: string): SaslError {
  return new SaslError("SASL_TOKEN_REFUSED", `the broker does not take the token: ${reason}`, {
    remedy: "Compare audience, issuer, scope and time of the token with what the broker expects.",
  });
}
