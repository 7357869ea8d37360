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
  setting("authorizer.class.name", string({ default: "" }), {
    importance: "low",
    about: "Which authorizer decides about requests; empty lets everybody do everything.",
  }),
  setting("connection.failed.authentication.delay.ms", int32({ default: 100, min: 0 }), {
    importance: "low",
    about: "How long the answer to a failed login is held back, against guessing.",
  }),
  setting("connections.max.reauth.ms", int64({ default: 0 }), {
    importance: "medium",
    about: "After this time a client must log in again on its connection; 0 never asks.",
  }),
  setting("delegation.token.expiry.check.interval.ms", int64({ default: 3_600_000, min: 1 }), {
    importance: "low",
    about: "How often tokens that have expired are removed.",
  }),
  setting("delegation.token.expiry.time.ms", int64({ default: 86_400_000, min: 1 }), {
    importance: "medium",
    about: "How long a token is valid without being renewed.",
  }),
  setting("delegation.token.max.lifetime.ms", int64({ default: 604_800_000, min: 1 }), {
    importance: "medium",
    about: "How long a token can be kept valid by renewing it.",
  }),
  setting("delegation.token.secret.key", password({ default: null }), {
    importance: "medium",
    about:
      "Key with which tokens are signed, the same on all nodes; without one there are no tokens.",
  }),
  setting(
    "principal.builder.class",
    javaClass({
      default: "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
    }),
    {
      changes: "per-broker",
      importance: "medium",
      about: "Java class that makes a principal of an authenticated connection.",
    },
  ),
  setting("sasl.client.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "Java class that answers the questions of a SASL client.",
  }),
  setting("sasl.enabled.mechanisms", list({ default: ["GSSAPI"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "SASL mechanisms that clients may use to log in.",
  }),
  setting("sasl.jaas.config", password({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Login modules and their options for SASL.",
  }),
  setting("sasl.kerberos.kinit.cmd", string({ default: "/usr/bin/kinit" }), {
    changes: "per-broker",
    importance: "medium",
    about: "Path of kinit.",
  }),
  setting("sasl.kerberos.min.time.before.relogin", int64({ default: 60_000 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Least time between two Kerberos logins, in milliseconds.",
  }),
  setting("sasl.kerberos.principal.to.local.rules", list({ default: ["DEFAULT"] }), {
    changes: "per-broker",
    importance: "medium",
    about: "How a Kerberos principal becomes a user name; the first rule that fits counts.",
  }),
  setting("sasl.kerberos.service.name", string({ default: null }), {
    changes: "per-broker",
    importance: "medium",
    about: "Name of the service under which the brokers run in Kerberos.",
  }),
  setting("sasl.kerberos.ticket.renew.jitter", double({ default: 0.05 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Random share that is added to the time of the next Kerberos renewal.",
  }),
  setting("sasl.kerberos.ticket.renew.window.factor", double({ default: 0.8 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Share of a ticket's lifetime after which it is renewed.",
  }),
  setting("sasl.login.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "Java class that answers the questions of a login module.",
  }),
  setting("sasl.login.class", javaClass({ default: null }), {
    importance: "medium",
    about: "Java class that performs the login of this node.",
  }),
  setting("sasl.login.connect.timeout.ms", int32({ default: null }), {
    importance: "low",
    about: "How long connecting to the identity provider may take.",
  }),
  setting("sasl.login.read.timeout.ms", int32({ default: null }), {
    importance: "low",
    about: "How long the identity provider may take to answer.",
  }),
  setting("sasl.login.refresh.buffer.seconds", int16({ default: 300 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Least time that must be left of a credential when it is refreshed.",
  }),
  setting("sasl.login.refresh.min.period.seconds", int16({ default: 60 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Least time between two refreshes of a credential.",
  }),
  setting("sasl.login.refresh.window.factor", double({ default: 0.8 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Share of a credential's lifetime after which it is refreshed.",
  }),
  setting("sasl.login.refresh.window.jitter", double({ default: 0.05 }), {
    changes: "per-broker",
    importance: "medium",
    about: "Random share by which the refresh of a credential is moved.",
  }),
  setting("sasl.login.retry.backoff.max.ms", int64({ default: 10_000 }), {
    importance: "low",
    about: "Longest pause between two attempts at the identity provider.",
  }),
  setting("sasl.login.retry.backoff.ms", int64({ default: 100 }), {
    importance: "low",
    about: "First pause between two attempts at the identity provider; it doubles each time.",
  }),
  setting("sasl.mechanism.controller.protocol", string({ default: "GSSAPI" }), {
    importance: "high",
    about: "SASL mechanism towards controllers.",
  }),
  setting("sasl.mechanism.inter.broker.protocol", string({ default: "GSSAPI" }), {
    changes: "per-broker",
    importance: "medium",
    about: "SASL mechanism between brokers.",
  }),
  setting("sasl.oauthbearer.allow.unverified.audience", boolean({ default: false }), {
    importance: "medium",
    about: "Accepts tokens although nobody said for whom they must be issued.",
  }),
  setting("sasl.oauthbearer.allow.unverified.issuer", boolean({ default: false }), {
    importance: "medium",
    about: "Accepts tokens although nobody said who must have issued them.",
  }),
  setting(
    "sasl.oauthbearer.assertion.algorithm",
    choice(["es256", "rs256"], { default: "rs256", ignoreCase: true, shown: "RS256" }),
    {
      importance: "medium",
      about: "Algorithm that signs the assertion sent to the identity provider.",
    },
  ),
  setting("sasl.oauthbearer.assertion.claim.aud", string({ default: null }), {
    importance: "medium",
    about: "Audience that the assertion names.",
  }),
  setting(
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    int32({ default: 300, min: 0, max: 86_400 }),
    { importance: "low", about: "How long the assertion is valid." },
  ),
  setting("sasl.oauthbearer.assertion.claim.iss", string({ default: null }), {
    importance: "medium",
    about: "Issuer that the assertion names.",
  }),
  setting("sasl.oauthbearer.assertion.claim.jti.include", boolean({ default: false }), {
    importance: "medium",
    about: "Gives each assertion an id of its own.",
  }),
  setting(
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
    int32({ default: 60, min: 0, max: 3600 }),
    {
      importance: "low",
      about: "How far in the past the assertion starts to be valid, for clocks that differ.",
    },
  ),
  setting("sasl.oauthbearer.assertion.claim.sub", string({ default: null }), {
    importance: "medium",
    about: "Subject that the assertion names.",
  }),
  setting("sasl.oauthbearer.assertion.file", string({ default: null }), {
    importance: "medium",
    about: "File with a finished assertion.",
  }),
  setting("sasl.oauthbearer.assertion.private.key.file", string({ default: null }), {
    importance: "medium",
    about: "File with the private key that signs the assertion.",
  }),
  setting("sasl.oauthbearer.assertion.private.key.passphrase", password({ default: null }), {
    importance: "medium",
    about: "Opens the private key of the assertion.",
  }),
  setting("sasl.oauthbearer.assertion.template.file", string({ default: null }), {
    importance: "medium",
    about: "File with header and claims from which the assertion is made.",
  }),
  setting("sasl.oauthbearer.client.credentials.client.id", string({ default: null }), {
    importance: "medium",
    about: "Client id shown to the identity provider.",
  }),
  setting("sasl.oauthbearer.client.credentials.client.secret", password({ default: null }), {
    importance: "medium",
    about: "Secret that belongs to the client id.",
  }),
  setting("sasl.oauthbearer.clock.skew.seconds", int32({ default: 30 }), {
    importance: "low",
    about: "How far the clock of the identity provider may be off.",
  }),
  setting("sasl.oauthbearer.expected.audience", list({ default: [] }), {
    importance: "high",
    about: "Audiences of which a token must name one.",
  }),
  setting("sasl.oauthbearer.expected.issuer", string({ default: null }), {
    importance: "high",
    about: "Issuer that a token must name.",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.refresh.ms", int64({ default: 3_600_000 }), {
    importance: "low",
    about: "How often the public keys of the identity provider are fetched anew.",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", int64({ default: 10_000 }), {
    importance: "low",
    about: "Longest pause between two attempts to fetch the public keys.",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", int64({ default: 100 }), {
    importance: "low",
    about: "First pause between two attempts to fetch the public keys; it doubles each time.",
  }),
  setting("sasl.oauthbearer.jwks.endpoint.url", string({ default: null }), {
    importance: "medium",
    about: "Where the public keys of the identity provider are.",
  }),
  setting(
    "sasl.oauthbearer.jwt.retriever.class",
    javaClass({ default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever" }),
    { importance: "medium", about: "Java class that fetches a token." },
  ),
  setting(
    "sasl.oauthbearer.jwt.validator.class",
    javaClass({ default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator" }),
    { importance: "medium", about: "Java class that checks a token." },
  ),
  setting("sasl.oauthbearer.scope", string({ default: null }), {
    importance: "medium",
    about: "Scope asked for at the identity provider.",
  }),
  setting("sasl.oauthbearer.scope.claim.name", string({ default: "scope" }), {
    importance: "low",
    about: "Claim of a token that holds its scope.",
  }),
  setting("sasl.oauthbearer.sub.claim.name", string({ default: "sub" }), {
    importance: "low",
    about: "Claim of a token that holds the user's name.",
  }),
  setting("sasl.oauthbearer.token.endpoint.url", string({ default: null }), {
    importance: "medium",
    about: "Where the identity provider hands out tokens.",
  }),
  setting("sasl.server.callback.handler.class", javaClass({ default: null }), {
    importance: "medium",
    about: "Java class that judges the credentials of clients.",
  }),
  setting("sasl.server.max.receive.size", int32({ default: 524_288 }), {
    importance: "medium",
    about: "Largest message before the login is done, in bytes.",
  }),
  setting("security.providers", string({ default: null }), {
    importance: "low",
    about: "Java classes that add security algorithms.",
  }),
);
