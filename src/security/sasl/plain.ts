import { SaslError } from "./sasl-error.ts";
import type { SaslExchange, SaslLogin } from "./sasl-exchange.ts";
import type { PlainOptions } from "./sasl-options.ts";

/** The one message of PLAIN (RFC 4616), without another identity to act for. */
export function plainMessage(username: string, password: string): Buffer {
  return Buffer.from(`\0${username}\0${password}`, "utf8");
}

/** Logs in with name and password in clear text. */
export class PlainLogin implements SaslLogin {
  readonly mechanism = "PLAIN";
  readonly username: string;
  readonly #password: string;

  constructor({ username, password }: PlainOptions) {
    this.username = username;
    this.#password = password;
  }

  begin(): Promise<SaslExchange> {
    return Promise.resolve({ first: plainMessage(this.username, this.#password), respond: done });
  }

  refused(): void {
    // Nothing is kept.
  }
}

function done(challenge: Buffer): undefined {
  if (challenge.length === 0) return undefined;
  throw new SaslError("SASL_PROTOCOL", "the broker has a challenge, but PLAIN knows none");
}
