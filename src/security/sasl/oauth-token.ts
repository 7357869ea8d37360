import type { Clock } from "../../platform/clock.ts";
import { messageOf, MoldauError } from "../../core/errors.ts";
import { SaslError } from "./sasl-error.ts";

/** What an identity provider gave. */
export interface OAuthToken {
  /** The token itself, such as a JWT. */
  readonly value: string;
  /** How long it is valid from now on; a token without is asked for at every login. */
  readonly lifetimeMs?: number | undefined;
  /** Whom it stands for; for messages alone. */
  readonly principal?: string | undefined;
  /** For the broker, beside the token (KIP-342). Names are letters, values printable. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** Gets a token. The signal is aborted when nobody waits for it any more. */
export type OAuthTokenSource = (options: { readonly signal: AbortSignal }) => Promise<OAuthToken>;

/** Share of its lifetime after which a token is replaced (`sasl.login.refresh.window.factor`). */
const REFRESH_SHARE = 0.8;
/** How long a source may take; a login waits no longer for it. */
const SOURCE_TIMEOUT_MS = 30_000;
/** A lifetime beyond is meant as a point in time, as other clients have it. */
const LIFETIME_MAX_MS = 10 * 365 * 24 * 3_600_000;
/** Kafka takes messages of 512 KiB. */
const TOKEN_BYTES_MAX = 256 * 1024;

/** The token of a client: asked for when it is needed, by one caller for all, and kept while it is fresh. */
export class CachedToken {
  readonly #source: OAuthTokenSource;
  readonly #clock: Clock;
  #token: OAuthToken | undefined;
  #freshUntilMs = 0;
  #asking: Promise<OAuthToken> | undefined;

  constructor(source: OAuthTokenSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Throws {@link SaslError} `SASL_TOKEN_UNAVAILABLE`; retriable when the source's own error is. */
  get(): Promise<OAuthToken> {
    if (this.#token !== undefined && this.#clock.monotonicMs() < this.#freshUntilMs) {
      return Promise.resolve(this.#token);
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The next login gets another token. */
  drop(): void {
    this.#token = undefined;
  }

  async #ask(): Promise<OAuthToken> {
    const askedAtMs = this.#clock.monotonicMs();
    const token = await this.#fromSource();
    checkToken(token);
    const { lifetimeMs } = token;
    this.#token = lifetimeMs === undefined ? undefined : token;
    this.#freshUntilMs = askedAtMs + (lifetimeMs ?? 0) * REFRESH_SHARE;
    return token;
  }

  async #fromSource(): Promise<OAuthToken> {
    const abort = new AbortController();
    let late: (error: SaslError) => void = () => undefined;
    const lateness = new Promise<never>((_resolve, reject) => (late = reject));
    const timer = this.#clock.setTimer(SOURCE_TIMEOUT_MS, () => {
      const message = `the source of the token took longer than ${SOURCE_TIMEOUT_MS} ms`;
      late(new SaslError("SASL_TOKEN_UNAVAILABLE", message, { retriable: true }));
      abort.abort();
    });
    try {
      return await Promise.race([this.#source({ signal: abort.signal }), lateness]);
    } catch (thrown) {
      if (thrown instanceof SaslError) throw thrown;
      throw new SaslError("SASL_TOKEN_UNAVAILABLE", `there is no token: ${messageOf(thrown)}`, {
        cause: thrown,
        retriable: thrown instanceof MoldauError && thrown.retriable,
        remedy: "sasl.token failed; its error is the cause of this one.",
      });
    } finally {
      timer.cancel();
    }
  }
}

function checkToken(token: unknown): asserts token is OAuthToken {
  if (typeof token !== "object" || token === null || !("value" in token)) {
    throw unusable("it is no object with a value");
  }
  const { value } = token;
  // What may stand after "Bearer " (RFC 6750); the token itself is in no message.
  if (typeof value !== "string" || !/^[A-Za-z0-9\-._~+/]+=*$/.test(value)) {
    throw unusable("its value is no token: letters, digits and -._~+/ are allowed");
  }
  if (value.length > TOKEN_BYTES_MAX) {
    throw unusable(`its value has ${value.length} bytes, and brokers take ${TOKEN_BYTES_MAX}`);
  }
  const lifetimeMs = "lifetimeMs" in token ? token.lifetimeMs : undefined;
  if (lifetimeMs === undefined) return;
  if (typeof lifetimeMs !== "number" || !(lifetimeMs > 0)) {
    throw unusable("its lifetimeMs is not a number above zero");
  }
  if (lifetimeMs > LIFETIME_MAX_MS) {
    throw unusable("its lifetimeMs is a duration from now, not a point in time");
  }
}

function unusable(why: string): SaslError {
  return new SaslError("SASL_TOKEN_UNAVAILABLE", `the token of sasl.token cannot be used: ${why}`);
}
