/** TLS: key stores, trust stores and the names in certificates. */
import { setting, settings } from "./setting.ts";
import { boolean, choice, javaClass, list, password, string } from "./value-type.ts";

export const tlsSettings = settings(
  setting("ssl.allow.dn.changes", boolean({ default: false }), { importance: "low", about: "" }),
  setting("ssl.allow.san.changes", boolean({ default: false }), { importance: "low", about: "" }),
  setting("ssl.cipher.suites", list({ default: [] }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.client.auth", choice(["required", "requested", "none"], { default: "none" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.enabled.protocols", list({ default: ["TLSv1.2", "TLSv1.3"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.endpoint.identification.algorithm", string({ default: "https" }), {
    changes: "per-broker",
    importance: "low",
    about: "",
  }),
  setting("ssl.engine.factory.class", javaClass({ default: null }), {
    changes: "per-broker",
    importance: "low",
    about: "",
  }),
  setting("ssl.key.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keymanager.algorithm", string({ default: "SunX509" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keystore.certificate.chain", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keystore.key", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keystore.location", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keystore.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.keystore.type", string({ default: "JKS" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.principal.mapping.rules", string({ default: "DEFAULT" }), {
    importance: "low",
    about: "",
  }),
  setting("ssl.protocol", string({ default: "TLSv1.3" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.provider", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.secure.random.implementation", string({ default: null }), {
    changes: "per-broker",
    importance: "low",
    about: "",
  }),
  setting("ssl.trustmanager.algorithm", string({ default: "PKIX" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.truststore.certificates", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.truststore.location", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.truststore.password", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("ssl.truststore.type", string({ default: "JKS" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
);
