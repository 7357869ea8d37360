/** SASL, delegation tokens and what decides about access. */
import { setting, settings } from "./setting.ts";
import {
  boolean,
  choice,
  double,
  int16,
  int32,
  int64,
  javaClass,
  list,
  password,
  string,
} from "./value-type.ts";

export const saslSettings = settings(
  setting("authorizer.class.name", string({ default: "" }), { importance: "low", about: "" }),
  setting("connection.failed.authentication.delay.ms", int32({ default: 100, min: 0 }), {
    importance: "low",
    about: "",
  }),
  setting("connections.max.reauth.ms", int64({ default: 0 }), { importance: "medium", about: "" }),
  setting("delegation.token.expiry.check.interval.ms", int64({ default: 3_600_000, min: 1 }), {
    importance: "low",
    about: "",
  }),
  setting("delegation.token.expiry.time.ms", int64({ default: 86_400_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("delegation.token.max.lifetime.ms", int64({ default: 604_800_000, min: 1 }), {
    importance: "medium",
    about: "",
  }),
  setting("delegation.token.secret.key", password({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "principal.builder.class",
    javaClass({
      default: "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
    }),
    { changes: "per-broker", importance: "medium", about: "" },
  ),
  setting("sasl.client.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.enabled.mechanisms", list({ default: ["GSSAPI"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.jaas.config", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.kinit.cmd", string({ default: "/usr/bin/kinit" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.min.time.before.relogin", int64({ default: 60_000 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.principal.to.local.rules", list({ default: ["DEFAULT"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.service.name", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.ticket.renew.jitter", double({ default: 0.05 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.kerberos.ticket.renew.window.factor", double({ default: 0.8 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.class", javaClass({ default: null }), { importance: "medium", about: "" }),
  setting("sasl.login.connect.timeout.ms", int32({ default: null }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.login.read.timeout.ms", int32({ default: null }), { importance: "low", about: "" }),
  setting("sasl.login.refresh.buffer.seconds", int16({ default: 300 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.refresh.min.period.seconds", int16({ default: 60 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.refresh.window.factor", double({ default: 0.8 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.refresh.window.jitter", double({ default: 0.05 }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.login.retry.backoff.max.ms", int64({ default: 10_000 }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.login.retry.backoff.ms", int64({ default: 100 }), { importance: "low", about: "" }),
  setting("sasl.mechanism.controller.protocol", string({ default: "GSSAPI" }), {
    importance: "high",
    about: "",
  }),
  setting("sasl.mechanism.inter.broker.protocol", string({ default: "GSSAPI" }), {
    changes: "per-broker",
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.allow.unverified.audience", boolean({ default: false }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.allow.unverified.issuer", boolean({ default: false }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "sasl.oauthbearer.assertion.algorithm",
    choice(["es256", "rs256"], { default: "rs256", ignoreCase: true, shown: "RS256" }),
    { importance: "medium", about: "" },
  ),
  setting("sasl.oauthbearer.assertion.claim.aud", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    int32({ default: 300, min: 0, max: 86_400 }),
    { importance: "low", about: "" },
  ),
  setting("sasl.oauthbearer.assertion.claim.iss", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.assertion.claim.jti.include", boolean({ default: false }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
    int32({ default: 60, min: 0, max: 3600 }),
    { importance: "low", about: "" },
  ),
  setting("sasl.oauthbearer.assertion.claim.sub", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.assertion.file", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.assertion.private.key.file", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.assertion.private.key.passphrase", password({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.assertion.template.file", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.client.credentials.client.id", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.client.credentials.client.secret", password({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.oauthbearer.clock.skew.seconds", int32({ default: 30 }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.expected.audience", list({ default: [] }), {
    importance: "high",
    about: "",
  }),
  setting("sasl.oauthbearer.expected.issuer", string({ default: null }), {
    importance: "high",
    about: "",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.refresh.ms", int64({ default: 3_600_000 }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", int64({ default: 10_000 }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", int64({ default: 100 }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.url", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting(
    "sasl.oauthbearer.jwt.retriever.class",
    javaClass({ default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever" }),
    { importance: "medium", about: "" },
  ),
  setting(
    "sasl.oauthbearer.jwt.validator.class",
    javaClass({ default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator" }),
    { importance: "medium", about: "" },
  ),
  setting("sasl.oauthbearer.scope", string({ default: null }), { importance: "medium", about: "" }),
  setting("sasl.oauthbearer.scope.claim.name", string({ default: "scope" }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.sub.claim.name", string({ default: "sub" }), {
    importance: "low",
    about: "",
  }),
  setting("sasl.oauthbearer.token.endpoint.url", string({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.server.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "",
  }),
  setting("sasl.server.max.receive.size", int32({ default: 524_288 }), {
    importance: "medium",
    about: "",
  }),
  setting("security.providers", string({ default: null }), { importance: "low", about: "" }),
);
