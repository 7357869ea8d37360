import type { Random } from "../../platform/random.ts";
import { SaslError } from "./sasl-error.ts";
import type { SaslExchange, SaslLogin } from "./sasl-exchange.ts";
import type { ScramOptions } from "./sasl-options.ts";
import {
  authMessage,
  clientFinalWithoutProof,
  clientFirstBare,
  clientFirstMessage,
  clientProof,
  isSameSecret,
  parseServerFinal,
  parseServerFirst,
  SCRAM_MESSAGE_BYTES_MAX,
  scramKeys,
  serverSignature,
  type ScramHash,
  type ScramKeys,
  type ScramSalt,
} from "./scram.ts";

const NONCE_BYTES = 24;
const TOKEN_AUTH = "tokenauth=true";

/**
 * Logs in with SCRAM. The keys of the last salt are kept, as RFC 5802 allows: a client that connects
 * to many brokers, or again, salts its password once.
 */
export class ScramLogin implements SaslLogin {
  readonly mechanism: ScramOptions["mechanism"];
  readonly username: string;
  readonly #password: string;
  readonly #extensions: readonly string[];
  readonly #random: Random;
  #known: { readonly salted: ScramSalt; readonly keys: ScramKeys } | undefined;

  constructor(options: ScramOptions, random: Random) {
    this.mechanism = options.mechanism;
    this.username = options.username;
    this.#password = options.password;
    this.#extensions = options.tokenAuth === true ? [TOKEN_AUTH] : [];
    this.#random = random;
  }

  get hash(): ScramHash {
    return this.mechanism === "SCRAM-SHA-256" ? "sha256" : "sha512";
  }

  begin(): Promise<SaslExchange> {
    const nonce = this.#random.bytes(NONCE_BYTES).toString("base64url");
    const bare = clientFirstBare(this.username, nonce, this.#extensions);
    return Promise.resolve(
      new ScramExchange(this.hash, nonce, bare, (salted) => this.#keysFor(salted)),
    );
  }

  refused(): void {
    this.#known = undefined;
  }

  #keysFor(salted: ScramSalt): ScramKeys {
    const known = this.#known;
    if (
      known !== undefined &&
      known.salted.iterations === salted.iterations &&
      known.salted.salt.equals(salted.salt)
    ) {
      return known.keys;
    }
    const keys = scramKeys(this.hash, this.#password, salted);
    this.#known = { salted, keys };
    return keys;
  }
}

class ScramExchange implements SaslExchange {
  readonly first: Buffer;
  readonly #hash: ScramHash;
  readonly #nonce: string;
  readonly #bare: string;
  readonly #keysFor: (salted: ScramSalt) => ScramKeys;
  /** What the server must sign with; known once the client has sent its proof. */
  #expected: Buffer | undefined;

  constructor(
    hash: ScramHash,
    nonce: string,
    bare: string,
    keysFor: (salted: ScramSalt) => ScramKeys,
  ) {
    this.first = Buffer.from(clientFirstMessage(bare), "utf8");
    this.#hash = hash;
    this.#nonce = nonce;
    this.#bare = bare;
    this.#keysFor = keysFor;
  }

  respond(challenge: Buffer): Buffer | undefined {
    if (challenge.length > SCRAM_MESSAGE_BYTES_MAX) {
      const message = `the broker's message of SCRAM has ${challenge.length} bytes`;
      throw new SaslError("SASL_PROTOCOL", message);
    }
    const text = challenge.toString("utf8");
    if (this.#expected === undefined) return this.#prove(text);
    this.#verify(text, this.#expected);
    return undefined;
  }

  #prove(serverFirst: string): Buffer {
    const answer = parseServerFirst(serverFirst, this.#nonce);
    const keys = this.#keysFor(answer);
    const finalBare = clientFinalWithoutProof(answer.nonce);
    const message = authMessage(this.#bare, serverFirst, finalBare);
    this.#expected = serverSignature(this.#hash, keys, message);
    const proof = clientProof(this.#hash, keys, message);
    return Buffer.from(`${finalBare},p=${proof.toString("base64")}`, "utf8");
  }

  #verify(serverFinal: string, expected: Buffer): void {
    const answer = parseServerFinal(serverFinal);
    if ("error" in answer) {
      const message = `the broker refuses the login: ${answer.error.slice(0, 100)}`;
      throw new SaslError("SASL_PROTOCOL", message, { remedy: "Check user name and password." });
    }
    if (isSameSecret(answer.signature, expected)) return;
    throw new SaslError(
      "SASL_SERVER_UNPROVEN",
      "the broker could not prove that it knows the password",
      {
        remedy: "Check that the address is the right one: somebody may pretend to be the broker.",
      },
    );
  }
}
