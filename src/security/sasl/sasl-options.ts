import type { OAuthTokenSource } from "./oauth-token.ts";
import { SaslError } from "./sasl-error.ts";

/** Name and password as they are, in clear text: for encrypted connections. */
export interface PlainOptions {
  readonly mechanism: "PLAIN";
  readonly username: string;
  readonly password: string;
}

/** Proves that it knows the password without telling it, and that the broker knows it too (RFC 5802, RFC 7677). */
export interface ScramOptions {
  readonly mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly username: string;
  readonly password: string;
  /** Name and password are the id and the HMAC of a delegation token (KIP-48). Default false. */
  readonly tokenAuth?: boolean | undefined;
}

/** Shows a token of an identity provider (RFC 7628, KIP-255). */
export interface OAuthBearerOptions {
  readonly mechanism: "OAUTHBEARER";
  /** Called for the first connection, and again when the token has used up four fifths of its lifetime. */
  readonly token: OAuthTokenSource;
}

/** How a client logs in. */
export type SaslOptions = PlainOptions | ScramOptions | OAuthBearerOptions;

/** How a client can log in. */
export type SaslMechanism = SaslOptions["mechanism"];

/** What this client can do. GSSAPI needs a library of Kerberos, which Node has not. */
export const saslMechanisms: readonly SaslMechanism[] = [
  "PLAIN",
  "SCRAM-SHA-256",
  "SCRAM-SHA-512",
  "OAUTHBEARER",
];

/** Throws {@link SaslError} `SASL_OPTIONS` for what TypeScript could not keep out. */
export function checkSaslOptions(options: SaslOptions): void {
  const { mechanism } = options;
  if (!saslMechanisms.includes(mechanism)) {
    throw new SaslError("SASL_OPTIONS", `there is no SASL mechanism ${String(mechanism)} here`, {
      remedy: `Set sasl.mechanism to one of ${saslMechanisms.join(", ")}.`,
    });
  }
  if (mechanism === "OAUTHBEARER") {
    if (typeof options.token === "function") return;
    throw new SaslError("SASL_OPTIONS", "OAUTHBEARER needs a function that gives the token", {
      remedy: "Set sasl.token, for instance to oauthBearerOidc({ tokenEndpoint, … }).",
    });
  }
  checkText("username", options.username);
  checkText("password", options.password);
}

function checkText(name: "username" | "password", text: unknown): void {
  const remedy = `Set sasl.${name} to a text; it may come from an environment variable that is empty.`;
  if (typeof text !== "string" || text === "") {
    throw new SaslError("SASL_OPTIONS", `sasl.${name} is missing or empty`, { remedy });
  }
  if (text.includes("\0")) {
    throw new SaslError("SASL_OPTIONS", `sasl.${name} holds a NUL character`, { remedy });
  }
}
