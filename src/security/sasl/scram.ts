/**
 * SCRAM (RFC 5802, RFC 7677) as functions: the texts of the messages and the sums over them. They know no
 * connection and no side; channel binding is not offered, as Kafka has none.
 *
 * Names and passwords are taken as their UTF-8 is. RFC 5802 would have them normalised first (SASLprep);
 * Kafka does not when it stores a password, so doing it here would make some passwords wrong.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { SaslError } from "./sasl-error.ts";

/** Fewer make guessing cheap; brokers that ask for fewer are not answered, as in Kafka. */
export const SCRAM_ITERATIONS_MIN = 4096;
/** Kafka stores 16,384 at most. More would let anybody who plays a broker stop the program for long. */
export const SCRAM_ITERATIONS_MAX = 131_072;
/** Of a server's message; Kafka's are below 200. */
export const SCRAM_MESSAGE_BYTES_MAX = 4096;

/** No channel binding, nobody else to act for. */
const GS2_HEADER = "n,,";
const GS2_HEADER_BASE64 = Buffer.from(GS2_HEADER).toString("base64");

/** A name of Node: `sha256` and `sha512` are Kafka's. */
export type ScramHash = string;

/** How a user's password was salted. */
export interface ScramSalt {
  readonly salt: Buffer;
  readonly iterations: number;
}

/** `r=…,s=…,i=…` of the server. */
export interface ServerFirst extends ScramSalt {
  /** The nonces of both sides, the client's first. */
  readonly nonce: string;
}

/** The two keys that come out of a password; the password is not needed for anything else. */
export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** A name as it stands in a message: `=` and `,` are spelled out. */
export function saslName(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** `n=…,r=…` of the client, to which `extensions` such as `tokenauth=true` are added. */
export function clientFirstBare(
  username: string,
  nonce: string,
  extensions: readonly string[] = [],
): string {
  return [`n=${saslName(username)}`, `r=${nonce}`, ...extensions].join(",");
}

/** What the client sends first. */
export function clientFirstMessage(bare: string): string {
  return `${GS2_HEADER}${bare}`;
}

/** `c=…,r=…` of the client. */
export function clientFinalWithoutProof(nonce: string): string {
  return `c=${GS2_HEADER_BASE64},r=${nonce}`;
}

/** What both signatures are made over. */
export function authMessage(firstBare: string, serverFirst: string, finalBare: string): string {
  return `${firstBare},${serverFirst},${finalBare}`;
}

/** Salts the password, which takes milliseconds, and derives the keys. */
export function scramKeys(hash: ScramHash, password: string, salted: ScramSalt): ScramKeys {
  const bytes = createHash(hash).digest().length;
  const saltedPassword = pbkdf2Sync(password, salted.salt, salted.iterations, bytes, hash);
  return {
    clientKey: hmac(hash, saltedPassword, "Client Key"),
    serverKey: hmac(hash, saltedPassword, "Server Key"),
  };
}

/** Shows that the client has the client key, without showing the key. */
export function clientProof(hash: ScramHash, keys: ScramKeys, message: string): Buffer {
  const storedKey = createHash(hash).update(keys.clientKey).digest();
  const signature = hmac(hash, storedKey, message);
  const proof = Buffer.alloc(signature.length);
  for (let i = 0; i < proof.length; i++) proof[i] = keys.clientKey[i]! ^ signature[i]!;
  return proof;
}

/** Shows that the server has the server key. */
export function serverSignature(hash: ScramHash, keys: ScramKeys, message: string): Buffer {
  return hmac(hash, keys.serverKey, message);
}

/** Compares in a time that does not depend on where the difference is. */
export function isSameSecret(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The server's first message, which must go on from the client's nonce. Throws {@link SaslError}. */
export function parseServerFirst(text: string, clientNonce: string): ServerFirst {
  if (text.startsWith("m=")) throw broken("it asks for an extension that is not known here");
  const match =
    /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,.*)?$/s.exec(text);
  if (match === null) throw broken("its first message is not r=…,s=…,i=…");
  const [, nonce = "", salt = "", iterations = ""] = match;
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw broken("it does not add a nonce to the client's");
  }
  const count = Number(iterations);
  if (count < SCRAM_ITERATIONS_MIN || count > SCRAM_ITERATIONS_MAX) {
    const bounds = `${SCRAM_ITERATIONS_MIN} to ${SCRAM_ITERATIONS_MAX}`;
    throw broken(`it asks for ${count} iterations, and ${bounds} are accepted`);
  }
  return { nonce, salt: Buffer.from(salt, "base64"), iterations: count };
}

/** The signature in the server's last message, `v=…`, or the reason of `e=…`. Throws {@link SaslError}. */
export function parseServerFinal(
  text: string,
): { readonly signature: Buffer } | { readonly error: string } {
  const error = /^e=([^,]*)/.exec(text)?.[1];
  if (error !== undefined) return { error };
  const signature = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s.exec(text)?.[1];
  if (signature === undefined) throw broken("its last message is not v=…");
  return { signature: Buffer.from(signature, "base64") };
}

function hmac(hash: ScramHash, key: Buffer, message: string): Buffer {
  return createHmac(hash, key).update(message, "utf8").digest();
}

function broken(what: string): SaslError {
  return new SaslError("SASL_PROTOCOL", `the broker breaks the rules of SCRAM: ${what}`);
}
