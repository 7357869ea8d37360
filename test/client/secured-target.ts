import { readFileSync } from "node:fs";
import type { Credential } from "../../src/platform/node/certificates.fixture.ts";

/** Listeners of the Apache Kafka of the security tests, by what they are for. */
export const securedListeners = {
  /** PLAINTEXT. */
  plaintext: "PLAINTEXT",
  /** Every mechanism. */
  sasl: "SASL_PLAINTEXT",
  saslTls: "SASL_SSL",
  /** PLAIN alone; sessions end after {@link sessionMs}. */
  renewing: "SASL_PLAINTEXT",
  /** SCRAM-SHA-256 alone, in TLS; sessions end after {@link sessionMs}. */
  renewingTls: "SASL_SSL",
  tls: "SSL",
  /** TLSv1.2 alone. */
  oldTls: "SSL",
  /** Asks for a certificate. */
  mutual: "SSL",
  mutualOld: "SSL",
  /** With a certificate of yesterday. */
  expired: "SSL",
  /** With a certificate for {@link elsewhere}. */
  elsewhere: "SSL",
} as const;

export type SecuredListener = keyof typeof securedListeners;

/** `connections.max.reauth.ms` where sessions are renewed. */
export const sessionMs = 2000;
/** The name in the certificate of the listener `elsewhere`. */
export const elsewhere = "kafka.elsewhere.example";

/** Users and passwords. All of it is secret: no error and no inspection may show one. */
export const passwords = {
  alice: "alice-Secret-17",
  /** What would break a message that is put together carelessly. */
  "bob,n=mallory=2C": 'p,a=s s"w\\ö\u{1f511}rd',
} as const;

/** What the tests are told about the broker, as a JSON file. */
export interface SecuredTarget {
  /** `host:port` of each. */
  readonly bootstrap: Readonly<Record<SecuredListener, string>>;
  /** The authority that signed the certificates of the broker. */
  readonly ca: string;
  /** Clients by what is special about them. */
  readonly clients: {
    readonly alice: Credential;
    readonly expired: Credential;
    /** Signed by an authority that the broker does not trust. */
    readonly stranger: Credential;
  };
  /** Alice's certificate and key as PKCS #12, in base64, and its password; absent without OpenSSL. */
  readonly pkcs12?: { readonly content: string; readonly passphrase: string };
}

/** The file that `npm run interop -- client-security` writes; undefined elsewhere. */
export function readSecuredTarget(): SecuredTarget | undefined {
  const path = process.env["MOLDAU_TEST_SECURED_KAFKA"];
  if (path === undefined || path === "") return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as SecuredTarget;
}
