import { COMPRESSIONS } from "../words.ts";

/**
 * The properties of a Kafka client that say how to reach a cluster, by the names that Java's clients and
 * librdkafka have for them. Profiles are files of them, `-X` sets one, `--command-config` reads a file.
 */
export interface PropertySpec {
  readonly about: string;
  /** Never printed. */
  readonly secret?: boolean;
  readonly values?: readonly string[];
}

export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;

export const connectionProperties: Readonly<Record<string, PropertySpec>> = {
  "bootstrap.servers": { about: "host:port, several with commas between" },
  "client.id": { about: "the name that brokers log and set quotas for" },
  "client.rack": { about: "where this client is, to read from replicas near by" },
  "request.timeout.ms": { about: "how long to wait for one answer" },
  "security.protocol": { about: "whether to encrypt and to log in", values: SECURITY_PROTOCOLS },
  "sasl.mechanism": {
    about: "how to log in",
    values: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"],
  },
  "sasl.username": { about: "who logs in" },
  "sasl.password": { about: "with which password", secret: true },
  "sasl.jaas.config": { about: "user and password as Java's clients write them", secret: true },
  "sasl.oauthbearer.token": { about: "a token, as it is", secret: true },
  "sasl.oauthbearer.token.endpoint.url": { about: "where tokens come from; file: reads one" },
  "sasl.oauthbearer.client.id": { about: "who asks for a token" },
  "sasl.oauthbearer.client.secret": { about: "with which secret", secret: true },
  "sasl.oauthbearer.scope": { about: "what the token is for" },
  "ssl.truststore.location": { about: "a PEM file (or PKCS12) of those who sign" },
  "ssl.truststore.type": { about: "PEM or PKCS12", values: ["PEM", "PKCS12", "JKS"] },
  "ssl.truststore.password": { about: "of a PKCS12 file", secret: true },
  "ssl.truststore.certificates": { about: "PEM of those who sign, in place" },
  "ssl.keystore.location": { about: "a PEM file (or PKCS12) of this client's key and certificate" },
  "ssl.keystore.type": { about: "PEM or PKCS12", values: ["PEM", "PKCS12", "JKS"] },
  "ssl.keystore.password": { about: "of a PKCS12 file", secret: true },
  "ssl.keystore.certificate.chain": { about: "PEM of this client's certificate, in place" },
  "ssl.keystore.key": { about: "PEM of its key, in place", secret: true },
  "ssl.key.password": { about: "of an encrypted key", secret: true },
  "ssl.certificate.location": { about: "PEM file of this client's certificate" },
  "ssl.key.location": { about: "PEM file of its key" },
  "ssl.endpoint.identification.algorithm": { about: "empty: any name in the certificate will do" },
  "enable.ssl.certificate.verification": { about: "false: do not check who the broker is" },
  "https.ca.location": { about: "PEM of who signs the certificate of the token endpoint" },
};

/** Those that say how records are sent and read; flags win over them. */
export const recordProperties: Readonly<Record<string, PropertySpec>> = {
  acks: { about: "who has to have a record", values: ["all", "1", "0"] },
  "compression.type": { about: "of batches", values: COMPRESSIONS },
  "linger.ms": { about: "how long a batch waits for more records" },
  "batch.size": { about: "bytes of a batch" },
  "max.request.size": { about: "bytes of a request, and so of a record (default: 1048576)" },
  "delivery.timeout.ms": { about: "how long a record is tried" },
  "enable.idempotence": { about: "false: a retry may write twice" },
  "transaction.timeout.ms": { about: "when the broker aborts a transaction that goes on" },
  "isolation.level": {
    about: "whether records of open and aborted transactions are read",
    values: ["read_committed", "read_uncommitted"],
  },
  "fetch.min.bytes": { about: "what a broker waits for before it answers" },
  "fetch.max.wait.ms": { about: "how long it may wait for them" },
  "fetch.max.bytes": { about: "bytes of an answer" },
  "max.partition.fetch.bytes": { about: "bytes of a partition in an answer" },
  "check.crcs": { about: "false: checksums are not verified" },
  "group.protocol": {
    about: "how a group is joined (default: as the broker can)",
    values: ["classic", "consumer"],
  },
  "group.instance.id": { about: "makes the member of a group a static one" },
  "session.timeout.ms": { about: "how long a member may be silent" },
};

/** What is said with a flag instead. */
const flagsFor: Readonly<Record<string, string>> = {
  "group.id": "consume -g",
  "transactional.id": "produce --transactional-id",
  "auto.offset.reset": "consume --from",
  "enable.partition.eof": "consume -e",
};

/** The flag that a property has, which is none of the connection and none of those that are taken. */
export function flagFor(name: string): string | undefined {
  return flagsFor[name];
}

/** librdkafka's names for what Java's clients call otherwise, and Java's older ones. */
const otherNames: Readonly<Record<string, string>> = {
  "metadata.broker.list": "bootstrap.servers",
  "sasl.mechanisms": "sasl.mechanism",
  "ssl.ca.location": "ssl.truststore.location",
  "ssl.ca.pem": "ssl.truststore.certificates",
  "ssl.certificate.pem": "ssl.keystore.certificate.chain",
  "ssl.key.pem": "ssl.keystore.key",
  "sasl.oauthbearer.client.credentials.client.id": "sasl.oauthbearer.client.id",
  "sasl.oauthbearer.client.credentials.client.secret": "sasl.oauthbearer.client.secret",
  "request.required.acks": "acks",
  "compression.codec": "compression.type",
  "queue.buffering.max.ms": "linger.ms",
  "message.max.bytes": "max.request.size",
  "message.timeout.ms": "delivery.timeout.ms",
  "fetch.wait.max.ms": "fetch.max.wait.ms",
  "fetch.message.max.bytes": "max.partition.fetch.bytes",
};

/** The name that a property has here. */
export function canonicalName(name: string): string {
  return otherNames[name] ?? name;
}

/** Names that are taken, librdkafka's too. */
export function knownNames(): string[] {
  return [connectionProperties, recordProperties, otherNames].flatMap((names) =>
    Object.keys(names),
  );
}

/** A value as it may be shown. */
export function shownValue(name: string, value: string): string {
  const { secret = false } = connectionProperties[canonicalName(name)] ?? {};
  return secret || /password|secret|token$|jaas/.test(name) ? "(hidden)" : value;
}
