import { messageOf } from "../../core/errors.ts";
import { TlsError, type TlsErrorCode } from "../network.ts";
import { nodeCodeOf } from "./network-error.ts";

interface Explanation {
  readonly code: TlsErrorCode;
  /** After `host:port`. */
  readonly says: string;
  readonly remedy: string;
}

const unknownAuthority: Explanation = {
  code: "TLS_UNKNOWN_CA",
  says: "has a certificate that no trusted authority has signed",
  remedy: "Give the certificate of the authority that signed it as tls.ca (PEM).",
};

const refused: Explanation = {
  code: "TLS_CERTIFICATE_REFUSED",
  says: "does not take the certificate of this client, or there is none",
  remedy: "Give tls.cert and tls.key, signed by an authority that the broker trusts.",
};

const nothingInCommon: Explanation = {
  code: "TLS_FAILED",
  says: "has no version or cipher of TLS in common with this client",
  remedy: "Compare tls.minVersion, tls.maxVersion and tls.ciphers with the broker's ssl settings.",
};

const notTls: Explanation = {
  code: "TLS_NOT_SPOKEN",
  says: "answers, but not in TLS",
  remedy: "Leave tls out, or use the port of a listener with SSL or SASL_SSL.",
};

/** What Node and OpenSSL call the failures that have a name of their own here. */
const explanations: Readonly<Record<string, Explanation>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_UNTRUSTED: unknownAuthority,
  INVALID_CA: unknownAuthority,
  // An authority of the same name with another key.
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: {
    code: "TLS_CERTIFICATE_EXPIRED",
    says: "has a certificate that has expired",
    remedy: "Renew the certificate of the broker; if it is valid, set the clock of this machine.",
  },
  CERT_NOT_YET_VALID: {
    code: "TLS_CERTIFICATE_EXPIRED",
    says: "has a certificate that is not valid yet",
    remedy: "Set the clock of this machine, or of the one that made the certificate.",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_SSL_HTTP_REQUEST: notTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: nothingInCommon,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: nothingInCommon,
};

/** The alerts of a peer (RFC 8446) by number: OpenSSL calls one alert by different names in its versions. */
const alerts: Readonly<Record<string, Explanation>> = {
  // handshake_failure, protocol_version, insufficient_security
  40: nothingInCommon,
  70: nothingInCommon,
  71: nothingInCommon,
  // bad, unsupported, revoked, expired or unknown certificate; unknown authority; access denied
  42: refused,
  43: refused,
  44: refused,
  45: refused,
  46: refused,
  48: refused,
  49: refused,
  // certificate_required
  116: refused,
};

function alertOf(thrown: unknown): string {
  return /SSL alert number (\d+)/.exec(messageOf(thrown))?.[1] ?? "";
}

function explained(where: string, how: Explanation, thrown: unknown): TlsError {
  const { code, says, remedy } = how;
  return new TlsError(`${where} ${says}`, { code, remedy, cause: thrown });
}

/** The names in the certificate that Node's error carries. */
function namesIn(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("cert" in thrown)) return "it has no names";
  const { cert } = thrown;
  if (typeof cert !== "object" || cert === null || !("subjectaltname" in cert)) {
    return "it has no names";
  }
  return `it is for ${String(cert.subjectaltname)}`;
}

function wrongHost(where: string, name: string, thrown: unknown): TlsError {
  // Not the cause: Node's error carries the whole certificate.
  return new TlsError(`${where} has a certificate that is not for ${name}; ${namesIn(thrown)}`, {
    code: "TLS_WRONG_HOST",
    remedy: "Connect by a name that the certificate holds, or give that name as tls.serverName.",
  });
}

/**
 * What went wrong with a TLS connection. Undefined for what is no matter of TLS, such as a reset of
 * a connection that stood.
 */
export function tlsErrorOf(where: string, name: string, thrown: unknown): TlsError | undefined {
  const nodeCode = nodeCodeOf(thrown);
  if (nodeCode === "ERR_TLS_CERT_ALTNAME_INVALID") return wrongHost(where, name, thrown);
  const known = alerts[alertOf(thrown)] ?? explanations[nodeCode];
  if (known !== undefined) return explained(where, known, thrown);
  if (!/^(?:ERR_SSL_|ERR_TLS_|EPROTO$|CERT_|CRL_|INVALID_)/.test(nodeCode)) return undefined;
  return new TlsError(`TLS with ${where} failed: ${messageOf(thrown)}`, {
    code: "TLS_FAILED",
    cause: thrown,
  });
}

/** The connection ended while hands were shaken. */
export function tlsInterrupted(where: string, thrown: unknown): TlsError {
  return new TlsError(`${where} closed the connection in the middle of the TLS handshake`, {
    code: "TLS_INTERRUPTED",
    retriable: true,
    cause: thrown,
    remedy: "If the listener there is a plaintext one, leave tls out or use another port.",
  });
}

const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/BAD_DECRYPT|mac verify failure|INTERRUPTED_OR_CANCELLED|PASSPHRASE/i, "Check tls.passphrase."],
  [/KEY_VALUES_MISMATCH/, "tls.key is not the private key of tls.cert: give both of one pair."],
  [
    /NO_START_LINE|PEM|ASN1|DECODER/,
    "tls.ca, tls.cert and tls.key are PEM: text with BEGIN and END.",
  ],
  [/UNSUPPORTED/, "The file uses an algorithm that OpenSSL 3 has retired: make it anew."],
];

/** The options cannot be used. The message is OpenSSL's, which quotes nothing of a key. */
export function tlsOptionsError(thrown: unknown): TlsError {
  const message = messageOf(thrown);
  const text = `${nodeCodeOf(thrown)} ${message}`;
  const remedy = remedies.find(([pattern]) => pattern.test(text))?.[1];
  return new TlsError(`the options of TLS cannot be used: ${message}`, {
    code: "TLS_OPTIONS",
    cause: thrown,
    remedy: remedy ?? "Check tls.ca, tls.cert, tls.key, tls.pfx and tls.passphrase.",
  });
}
