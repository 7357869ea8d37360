/** TLS: key stores, trust stores and the names in certificates. */
import { setting, settings } from "./setting.ts";
import { boolean, choice, javaClass, list, password, string } from "./value-type.ts";

export const tlsSettings = settings(
  setting("ssl.allow.dn.changes", boolean({ default: false }), {
    importance: "low",
    about: "Lets a new key store carry another distinguished name than the one it replaces.",
  }),
  setting("ssl.allow.san.changes", boolean({ default: false }), {
    importance: "low",
    about: "Lets a new key store carry other subject alternative names than the one it replaces.",
  }),
  setting("ssl.cipher.suites", list({ default: [] }), {
    changes: "per-broker",
    importance: "medium",
    about: "Cipher suites that TLS may negotiate; none named means all that the library offers.",
  }),
  setting("ssl.client.auth", choice(["required", "requested", "none"], { default: "none" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Whether clients must show a certificate, may show one, or are not asked.",
  }),
  setting("ssl.enabled.protocols", list({ default: ["TLSv1.2", "TLSv1.3"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "Versions of TLS that connections may use.",
  }),
  setting("ssl.endpoint.identification.algorithm", string({ default: "https" }), {
    changes: "per-broker",
    importance: "low",
    about: "How the name in a server's certificate is checked; empty turns the check off.",
  }),
  setting("ssl.engine.factory.class", javaClass({ default: null }), {
    changes: "per-broker",
    importance: "low",
    about: "Java class that makes TLS engines; Moldau has its own.",
  }),
  setting("ssl.key.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Opens the private key.",
  }),
  setting("ssl.keymanager.algorithm", string({ default: "SunX509" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Java's algorithm for choosing keys.",
  }),
  setting("ssl.keystore.certificate.chain", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "The certificate chain as PEM text, instead of a key store file.",
  }),
  setting("ssl.keystore.key", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "The private key as PEM text in PKCS#8, instead of a key store file.",
  }),
  setting("ssl.keystore.location", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "File that holds the private key and its certificates.",
  }),
  setting("ssl.keystore.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Opens the key store file.",
  }),
  setting("ssl.keystore.type", string({ default: "JKS" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Format of the key store file.",
  }),
  setting("ssl.principal.mapping.rules", string({ default: "DEFAULT" }), {
    importance: "low",
    about: "How the distinguished name of a certificate becomes a user name.",
  }),
  setting("ssl.protocol", string({ default: "TLSv1.3" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Version of TLS that is tried first.",
  }),
  setting("ssl.provider", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Java security provider for TLS.",
  }),
  setting("ssl.secure.random.implementation", string({ default: null }), {
    changes: "per-broker",
    importance: "low",
    about: "Java's source of random numbers for TLS.",
  }),
  setting("ssl.trustmanager.algorithm", string({ default: "PKIX" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Java's algorithm for judging certificates.",
  }),
  setting("ssl.truststore.certificates", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Trusted certificates as PEM text, instead of a trust store file.",
  }),
  setting("ssl.truststore.location", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "File that holds the trusted certificates.",
  }),
  setting("ssl.truststore.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Opens the trust store file.",
  }),
  setting("ssl.truststore.type", string({ default: "JKS" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Format of the trust store file.",
  }),
);
