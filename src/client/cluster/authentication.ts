import type { Clock } from "../../platform/clock.ts";
import type { TlsOptions } from "../../platform/network.ts";
import type { Random } from "../../platform/random.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  type SaslAuthenticateResponse,
} from "../../protocol/messages/sasl-authenticate.ts";
import {
  saslHandshakeRequest,
  saslHandshakeResponse,
} from "../../protocol/messages/sasl-handshake.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import { SaslError } from "../../security/sasl/sasl-error.ts";
import type { SaslLogin } from "../../security/sasl/sasl-exchange.ts";
import { saslLogin } from "../../security/sasl/sasl-login.ts";
import type { SaslOptions } from "../../security/sasl/sasl-options.ts";
import { AuthenticationError, brokerError, clientError, type KafkaError } from "../errors.ts";
import { apiCall, type ApiCall } from "./api-call.ts";

const handshakeCall = {
  ...apiCall(ApiKey.SASL_HANDSHAKE, saslHandshakeRequest, saslHandshakeResponse),
  // After version 0 the tokens go without frames, and errors without words.
  minVersion: 1,
};
const authenticateCall = apiCall(
  ApiKey.SASL_AUTHENTICATE,
  saslAuthenticateRequest,
  saslAuthenticateResponse,
);

/** Tokens that one login sends. SCRAM, the longest, needs two. */
const LOGIN_ROUNDS_MAX = 5;
/** Share of a session after which the client logs in again, and how much it differs between connections. */
const RENEWAL_SHARE = 0.85;
const RENEWAL_SHARE_SPREAD = 0.1;
/** Brokers take a renewal that comes sooner after another for a mistake. */
const RENEWAL_INTERVAL_MIN_MS = 1_050;

/** How connections are encrypted, and who logs in on them. */
export interface SecurityOptions {
  /** `true` trusts the authorities that come with Node. Default: plaintext. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** Default: nobody logs in. */
  readonly sasl?: SaslOptions | undefined;
}

/**
 * The security of one client, for all its connections: credentials are checked once, and tokens and
 * keys are made once. Throws {@link KafkaError} `SASL_OPTIONS`.
 */
export class ClientSecurity {
  readonly tls: TlsOptions | undefined;
  readonly #login: SaslLogin | undefined;
  readonly #doors: Doors;

  constructor({ tls, sasl }: SecurityOptions, doors: Doors) {
    this.tls = tls === true ? {} : tls === false ? undefined : tls;
    this.#doors = doors;
    try {
      this.#login = sasl === undefined ? undefined : saslLogin(sasl, doors);
    } catch (thrown) {
      throw asKafkaError(thrown, undefined, sasl?.mechanism ?? "SASL");
    }
  }

  /** Whether connections log in. */
  get hasLogin(): boolean {
    return this.#login !== undefined;
  }

  /** For a connection to the broker at `where` (`host:port`); undefined when nobody logs in. */
  authentication(where: string): Authentication | undefined {
    if (this.#login === undefined) return undefined;
    return new Authentication(this.#login, where, this.#doors);
  }
}

interface Doors {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Whether an error means that encryption or credentials do not fit: trying again changes nothing, and
 * other brokers of the cluster will hardly be content with them.
 */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof AuthenticationError && !thrown.retriable;
}

/** Sends one request of a login, past everything that waits for its end. */
export type SendLogin = <Req extends Fields, Res extends Fields>(
  call: ApiCall<Req, Res>,
  body: InputOf<Message<Req>>,
  timeoutMs: number,
) => Promise<ValueOf<Message<Res>>>;

/** The login of one connection: SaslHandshake, then SaslAuthenticate until both sides are content. */
export class Authentication {
  readonly #login: SaslLogin;
  readonly #where: string;
  readonly #doors: Doors;
  #renewAtMs = Infinity;

  constructor(login: SaslLogin, where: string, doors: Doors) {
    this.#login = login;
    this.#where = where;
    this.#doors = doors;
  }

  /** Whether the session is about to end, so that {@link run} must go before the next request (KIP-368). */
  get isDue(): boolean {
    return this.#doors.clock.monotonicMs() >= this.#renewAtMs;
  }

  /**
   * Logs in, for the first time or again. `timeoutMs` is for all of it. Throws {@link KafkaError};
   * what is wrong with the credentials is not retriable.
   */
  async run(send: SendLogin, timeoutMs: number): Promise<void> {
    const { clock } = this.#doors;
    const endMs = clock.monotonicMs() + timeoutMs;
    const leftMs = (): number => Math.max(1, endMs - clock.monotonicMs());
    try {
      const { mechanism } = this.#login;
      const exchange = await withinMs(clock, leftMs(), this.#where, this.#login.begin());
      const offer = await send(handshakeCall, { mechanism }, leftMs());
      if (offer.errorCode !== ErrorCode.NONE)
        this.#refuseHandshake(offer.errorCode, offer.mechanisms);
      let token: Buffer | undefined = exchange.first;
      for (let round = 0; token !== undefined; round++) {
        if (round === LOGIN_ROUNDS_MAX) throw this.#endless();
        const answer: SaslAuthenticateResponse = await send(
          authenticateCall,
          { authBytes: token },
          leftMs(),
        );
        if (answer.errorCode !== ErrorCode.NONE) this.#refuseLogin(answer);
        token = exchange.respond(answer.authBytes);
        this.#learnLifetime(answer.sessionLifetimeMs);
      }
    } catch (thrown) {
      throw asKafkaError(thrown, this.#where, this.#login.mechanism);
    }
  }

  #learnLifetime(lifetimeMs: number): void {
    if (lifetimeMs <= 0) {
      this.#renewAtMs = Infinity;
      return;
    }
    const { clock, random } = this.#doors;
    const share = RENEWAL_SHARE + (RENEWAL_SHARE_SPREAD * random.below(1000)) / 1000;
    const delayMs = Math.max(lifetimeMs * share, RENEWAL_INTERVAL_MIN_MS);
    this.#renewAtMs = clock.monotonicMs() + delayMs;
  }

  #refuseHandshake(errorCode: number, offered: readonly string[]): never {
    const { mechanism } = this.#login;
    const context = { api: "SaslHandshake", broker: this.#where };
    if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
      const list = offered.length === 0 ? "nothing" : offered.join(", ");
      throw brokerError(errorCode, context, `it does not offer ${mechanism}, but ${list}`, {
        remedy: `Set sasl.mechanism to one that it offers, or enable ${mechanism} there (sasl.enabled.mechanisms).`,
      });
    }
    if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
      throw brokerError(errorCode, context, "it asks nobody to log in", {
        remedy: "Leave sasl out, or use the port of a listener with SASL_PLAINTEXT or SASL_SSL.",
      });
    }
    throw brokerError(errorCode, context, `it does not begin a login with ${mechanism}`);
  }

  #refuseLogin({ errorCode, errorMessage }: SaslAuthenticateResponse): never {
    const { mechanism, username } = this.#login;
    this.#login.refused();
    const context = { api: "SaslAuthenticate", broker: this.#where };
    const who = username === undefined ? "" : ` of ${username}`;
    const words = errorMessage === null || errorMessage === "" ? "" : `: ${errorMessage}`;
    const detail = `it refuses the login${who} with ${mechanism}${words}`;
    throw brokerError(errorCode, context, detail, { remedy: credentialRemedies[mechanism] });
  }

  #endless(): KafkaError {
    const message = `${this.#where} goes on asking after ${LOGIN_ROUNDS_MAX} answers of ${this.#login.mechanism}`;
    return clientError("SASL_PROTOCOL", message, { context: { broker: this.#where } });
  }
}

const ofPassword = "Check sasl.username and sasl.password, and that the broker knows this user";
const credentialRemedies: Readonly<Record<SaslOptions["mechanism"], string>> = {
  PLAIN: `${ofPassword}.`,
  "SCRAM-SHA-256": `${ofPassword} for SCRAM-SHA-256 (it is kept apart from SCRAM-SHA-512).`,
  "SCRAM-SHA-512": `${ofPassword} for SCRAM-SHA-512 (it is kept apart from SCRAM-SHA-256).`,
  OAUTHBEARER:
    "Compare audience, issuer, scope and time of the token with what the broker expects.",
};

/** Gives up waiting after `timeoutMs`; what was waited for goes on unheard. */
function withinMs<T>(clock: Clock, timeoutMs: number, where: string, wait: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () => {
      const message = `there was no token for ${where} within ${Math.round(timeoutMs)} ms`;
      reject(clientError("TIMED_OUT", message));
    });
    const settled = (): void => timer.cancel();
    wait.then(resolve, reject).finally(settled);
  });
}

/** An error of a mechanism, with the broker's address; other errors as they are. */
function asKafkaError(thrown: unknown, where: string | undefined, mechanism: string): unknown {
  if (!(thrown instanceof SaslError)) return thrown;
  const { code, retriable, remedy } = thrown;
  const at = where === undefined ? "" : ` at ${where}`;
  return clientError(code, `no login with ${mechanism}${at}: ${thrown.message}`, {
    retriable,
    remedy,
    context: { broker: where },
    cause: thrown,
  });
}
