/**
 * Certificates for tests, made on the spot: X.509 v3 with EC keys, written in DER by hand, so that tests
 * need no program of the machine and nothing that expires is kept.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** PEM text of a certificate and of its private key (PKCS #8). */
export interface Credential {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Names and IPv4 addresses that the certificate is for. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** An authority that signs certificates. */
export interface Authority {
  /** PEM text. */
  readonly cert: string;
  issue(options: CertificateOptions): Credential;
}

const HOUR_MS = 3_600_000;

const oid = {
  commonName: "550403",
  ecdsaWithSha256: "2a8648ce3d040302",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
} as const;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes);
const time = (at: Date): Buffer =>
  der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+/g, "")}`));
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectId(oid.commonName), der(0x0c, Buffer.from(commonName)))));
const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectId(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    /^\d+\.\d+\.\d+\.\d+$/.test(name)
      ? der(0x87, Buffer.from(name.split(".").map(Number)))
      : der(0x82, Buffer.from(name)),
  );
  return extension(oid.subjectAltName, false, sequence(...entries));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

interface Signer {
  readonly name: string;
  readonly key: KeyObject;
}

function certificate(
  options: CertificateOptions,
  publicKey: KeyObject,
  signer: Signer,
  isAuthority: boolean,
): string {
  const now = Date.now();
  const extensions = isAuthority
    ? [
        extension(oid.basicConstraints, true, sequence(der(0x01, Buffer.from([0xff])))),
        // keyCertSign and cRLSign.
        extension(oid.keyUsage, true, der(0x03, Buffer.from([1, 0x06]))),
      ]
    : [alternativeNames(options.names ?? [options.commonName])];
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(signer.name),
    sequence(
      time(options.notBefore ?? new Date(now - HOUR_MS)),
      time(options.notAfter ?? new Date(now + 24 * HOUR_MS)),
    ),
    nameOf(options.commonName),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, signer.key);
  return pem("CERTIFICATE", sequence(toBeSigned, algorithm, bitString(signature)));
}

/** Makes an authority with a certificate that it signed itself. */
export function makeAuthority(commonName: string): Authority {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer: Signer = { name: commonName, key: pair.privateKey };
  return {
    cert: certificate({ commonName }, pair.publicKey, signer, true),
    issue(options) {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return {
        cert: certificate(options, own.publicKey, signer, false),
        key: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}
