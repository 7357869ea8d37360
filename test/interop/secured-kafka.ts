import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority, type Credential } from "../../src/platform/node/certificates.fixture.ts";
import {
  elsewhere,
  passwords,
  securedListeners,
  sessionMs,
  type SecuredListener,
  type SecuredTarget,
} from "../client/secured-target.ts";
import type { Broker } from "./broker.ts";
import { which } from "./cache.ts";
import { startKafka } from "./kafka.ts";
import { freePort, run } from "./processes.ts";

const names = Object.keys(securedListeners).filter(isListener);
const mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];
const DAY_MS = 24 * 3_600_000;
const dayBefore = {
  notBefore: new Date(Date.now() - 2 * DAY_MS),
  notAfter: new Date(Date.now() - DAY_MS),
};

function isListener(name: string): name is SecuredListener {
  return name in securedListeners;
}

/** An Apache Kafka with a listener for each way to connect, and what a client needs to know of it. */
export interface SecuredKafka {
  readonly broker: Broker;
  /** Path of a JSON file with a {@link SecuredTarget}. */
  readonly targetFile: string;
}

/** Makes certificates, starts the broker with its users, and writes down what clients need. */
export async function startSecuredKafka(folder: string): Promise<SecuredKafka> {
  const authority = makeAuthority("Moldau test authority");
  const local = ["localhost", "127.0.0.1"];
  const stores = {
    good: writePem(folder, "broker", authority.issue({ commonName: "broker", names: local })),
    expired: writePem(
      folder,
      "expired",
      authority.issue({ commonName: "broker", names: local, ...dayBefore }),
    ),
    elsewhere: writePem(
      folder,
      "elsewhere",
      authority.issue({ commonName: "b", names: [elsewhere] }),
    ),
    trusted: join(folder, "authority.pem"),
  };
  writeFileSync(stores.trusted, authority.cert);
  const ports: Partial<Record<SecuredListener, number>> = {};
  for (const name of names) ports[name] = await freePort();
  const controllerPort = await freePort();
  const broker = await startKafka({
    dataDir: join(folder, "data"),
    logPath: join(folder, "kafka.log"),
    port: ports.plaintext ?? 0,
    controllerPort,
    formatArgs: scramArgs(),
    settings: {
      ...listenerSettings(ports, controllerPort),
      ...tlsSettings(stores),
      ...saslSettings(),
    },
  });
  const alice = authority.issue({ commonName: "alice" });
  const pkcs12 = await pkcs12Of(folder, alice);
  const target: SecuredTarget = {
    bootstrap: Object.fromEntries(
      names.map((name) => [name, `127.0.0.1:${ports[name]}`]),
    ) as SecuredTarget["bootstrap"],
    ca: authority.cert,
    clients: {
      alice,
      expired: authority.issue({ commonName: "alice", ...dayBefore }),
      stranger: makeAuthority("Somebody else").issue({ commonName: "alice" }),
    },
    ...(pkcs12 === undefined ? {} : { pkcs12 }),
  };
  const targetFile = join(folder, "target.json");
  writeFileSync(targetFile, JSON.stringify(target));
  return { broker, targetFile };
}

function listenerSettings(
  ports: Partial<Record<SecuredListener, number>>,
  controllerPort: number,
): Record<string, string> {
  const addresses = names.map((name) => `${name}://127.0.0.1:${ports[name]}`);
  const protocols = names.map((name) => `${name}:${securedListeners[name]}`);
  const all = [...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(",");
  return {
    listeners: all,
    "advertised.listeners": all,
    "inter.broker.listener.name": "plaintext",
    "listener.security.protocol.map": [...protocols, "CONTROLLER:PLAINTEXT"].join(","),
    "delegation.token.secret.key": "a key of the brokers alone",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    // What no ACL speaks of is allowed: the tests that bring none need not know of them.
    "allow.everyone.if.no.acl.found": "true",
    "super.users": "User:ANONYMOUS;User:alice",
  };
}

function tlsSettings(stores: {
  readonly good: string;
  readonly expired: string;
  readonly elsewhere: string;
  readonly trusted: string;
}): Record<string, string> {
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": stores.good,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": stores.trusted,
    "listener.name.mutual.ssl.client.auth": "required",
    "listener.name.mutualold.ssl.client.auth": "required",
    "listener.name.mutualold.ssl.enabled.protocols": "TLSv1.2",
    "listener.name.oldtls.ssl.enabled.protocols": "TLSv1.2",
    "listener.name.expired.ssl.keystore.location": stores.expired,
    "listener.name.elsewhere.ssl.keystore.location": stores.elsewhere,
  };
}

const modules = "org.apache.kafka.common.security";
const unsecured = `${modules}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`;

function saslSettings(): Record<string, string> {
  const quoted = (text: string): string => text.replace(/["\\]/g, "\\$&");
  // Names of options end at a space, so only names without commas and the like can be users of PLAIN.
  const users = `user_alice="${quoted(passwords.alice)}"`;
  const jaas: Readonly<Record<string, string>> = {
    PLAIN: `${modules}.plain.PlainLoginModule required ${users};`,
    "SCRAM-SHA-256": `${modules}.scram.ScramLoginModule required;`,
    "SCRAM-SHA-512": `${modules}.scram.ScramLoginModule required;`,
    OAUTHBEARER: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
  const settings: Record<string, string> = { "sasl.enabled.mechanisms": mechanisms.join(",") };
  for (const listener of ["sasl", "sasltls", "renewing", "renewingtls"]) {
    for (const mechanism of mechanisms) {
      const prefix = `listener.name.${listener}.${mechanism.toLowerCase()}`;
      settings[`${prefix}.sasl.jaas.config`] = jaas[mechanism] ?? "";
    }
    settings[`listener.name.${listener}.oauthbearer.sasl.server.callback.handler.class`] =
      unsecured;
  }
  settings["listener.name.renewing.sasl.enabled.mechanisms"] = "PLAIN";
  settings["listener.name.renewing.plain.connections.max.reauth.ms"] = String(sessionMs);
  settings["listener.name.renewingtls.sasl.enabled.mechanisms"] = "SCRAM-SHA-256";
  settings["listener.name.renewingtls.scram-sha-256.connections.max.reauth.ms"] = String(sessionMs);
  return settings;
}

/** Users of SCRAM that Kafka's own tool salts. */
function scramArgs(): readonly string[] {
  return [
    ["--add-scram", `SCRAM-SHA-256=[name=alice,iterations=4096,password=${passwords.alice}]`],
    ["--add-scram", `SCRAM-SHA-512=[name=alice,iterations=16384,password=${passwords.alice}]`],
  ].flat();
}

/** A PEM store as Kafka takes it: the key, then the chain. */
function writePem(folder: string, name: string, { cert, key }: Credential): string {
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, key + cert);
  return path;
}

async function pkcs12Of(
  folder: string,
  credential: Credential,
): Promise<SecuredTarget["pkcs12"] | undefined> {
  const openssl = which("openssl");
  if (openssl === undefined) return undefined;
  const pem = writePem(folder, "alice", credential);
  const passphrase = "store-Secret-23";
  const args = [
    "pkcs12",
    "-export",
    "-in",
    pem,
    "-passout",
    `pass:${passphrase}`,
    "-name",
    "alice",
  ];
  const out = join(folder, "alice.p12");
  const outcome = await run(openssl, [...args, "-out", out]);
  if (outcome.code !== 0) throw new Error(`openssl: ${outcome.stderr}`);
  return { content: readFileSync(out).toString("base64"), passphrase };
}
