import * as fs from "node:fs";
import type { oauthBearerOidc } from "../../client/oauth-bearer-oidc.ts";
import type { TlsOptions } from "../../platform/network.ts";
import { Problem, usageProblem } from "../problem.ts";
import { parseJaas } from "./jaas.ts";
import { SECURITY_PROTOCOLS } from "./properties.ts";
import { readText } from "./settings.ts";

type Properties = ReadonlyMap<string, string>;

/** Who logs in, and how. */
export type Login =
  | {
      readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
      readonly username: string;
      readonly password: string | undefined;
    }
  | { readonly mechanism: "OAUTHBEARER"; readonly token: TokenSource };

/** Where a token of OAUTHBEARER comes from. */
export type TokenSource =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "endpoint"; readonly options: EndpointOptions };

/** A client of an identity provider. */
type EndpointOptions = Parameters<typeof oauthBearerOidc>[0];

/** Whether the properties ask for encryption and for a login. */
export function protocolOf(properties: Properties): {
  readonly tls: boolean;
  readonly sasl: boolean;
} {
  const text = (properties.get("security.protocol") ?? "PLAINTEXT").toUpperCase();
  const protocol = SECURITY_PROTOCOLS.find((one) => one === text);
  if (protocol === undefined) {
    throw usageProblem(
      `security.protocol=${text} is not known`,
      `it is one of ${SECURITY_PROTOCOLS.join(", ")}`,
    );
  }
  return { tls: protocol.endsWith("SSL"), sasl: protocol.startsWith("SASL") };
}

/** How the connection is encrypted, or `undefined` when it is not. */
export function tlsOf(properties: Properties): TlsOptions | undefined {
  if (!protocolOf(properties).tls) return undefined;
  const isInsecure = properties.get("enable.ssl.certificate.verification") === "false";
  const algorithm = properties.get("ssl.endpoint.identification.algorithm");
  const anyName = algorithm === "" || algorithm === "none";
  return {
    ca: trustOf(properties),
    ...identityOf(properties),
    ...(isInsecure ? { rejectUnauthorized: false } : {}),
    ...(anyName || isInsecure ? { verifyHost: false } : {}),
  };
}

function trustOf(properties: Properties): string | undefined {
  const inPlace = properties.get("ssl.truststore.certificates");
  if (inPlace !== undefined) return inPlace;
  const file = properties.get("ssl.truststore.location");
  if (file === undefined) return undefined;
  const kind = storeKind(file, properties.get("ssl.truststore.type"));
  if (kind === "PEM") return readText(file);
  const toPem =
    kind === "JKS"
      ? `keytool -importkeystore -srckeystore ${file} -destkeystore ca.p12 -deststoretype PKCS12, then ` +
        "openssl pkcs12 -in ca.p12 -nokeys -out ca.pem"
      : `openssl pkcs12 -in ${file} -nokeys -out ca.pem`;
  throw new Problem("MLD3007", `${file} is a ${kind} store, and those who sign are read from PEM`, {
    remedy: `turn it into PEM: ${toPem}`,
  });
}

function identityOf(properties: Properties): TlsOptions {
  const passphrase = properties.get("ssl.key.password");
  const protect = passphrase === undefined ? {} : { passphrase };
  const chain = properties.get("ssl.keystore.certificate.chain");
  const keyInPlace = properties.get("ssl.keystore.key");
  if (chain !== undefined && keyInPlace !== undefined) {
    return { cert: chain, key: keyInPlace, ...protect };
  }
  const certFile = properties.get("ssl.certificate.location");
  if (certFile !== undefined) {
    const cert = readText(certFile);
    const keyFile = properties.get("ssl.key.location");
    const key = keyFile === undefined ? cert : readText(keyFile);
    // One file may hold both.
    if (!key.includes("PRIVATE KEY")) {
      throw new Problem("MLD3007", `${keyFile ?? certFile} holds no key in PEM`, {
        remedy: "give the key of the certificate: --cert-key me.key",
      });
    }
    return { cert, key, ...protect };
  }
  const store = properties.get("ssl.keystore.location");
  if (store === undefined) return {};
  const kind = storeKind(store, properties.get("ssl.keystore.type"));
  if (kind === "PEM") {
    const both = readText(store);
    return { cert: both, key: both, ...protect };
  }
  if (kind === "JKS") {
    throw new Problem("MLD3007", `${store} is a JKS store, which only Java reads`, {
      remedy:
        `turn it into PKCS12: keytool -importkeystore -srckeystore ${store} ` +
        "-destkeystore client.p12 -deststoretype PKCS12",
    });
  }
  const password = properties.get("ssl.keystore.password") ?? passphrase;
  return {
    pfx: fs.readFileSync(store),
    ...(password === undefined ? {} : { passphrase: password }),
  };
}

/** Java's default is JKS, but nobody who has a PEM file means that. */
function storeKind(file: string, type: string | undefined): "PEM" | "PKCS12" | "JKS" {
  const said = type?.toUpperCase();
  if (said === "PEM" || said === "PKCS12" || said === "JKS") return said;
  if (/\.(?:p12|pfx|pkcs12)$/i.test(file)) return "PKCS12";
  return /\.jks$/i.test(file) ? "JKS" : "PEM";
}

/** Who logs in, or `undefined` when nobody does. The password may have to be asked for. */
export function loginOf(properties: Properties): Login | undefined {
  if (!protocolOf(properties).sasl) return undefined;
  const jaas = jaasOf(properties);
  const username = properties.get("sasl.username") ?? jaas?.options.get("username");
  const mechanism = (properties.get("sasl.mechanism") ?? defaultMechanism(username)).toUpperCase();
  if (mechanism === "OAUTHBEARER") {
    return { mechanism, token: tokenSourceOf(properties, jaas?.options ?? new Map()) };
  }
  if (mechanism !== "PLAIN" && mechanism !== "SCRAM-SHA-256" && mechanism !== "SCRAM-SHA-512") {
    throw usageProblem(
      `sasl.mechanism=${mechanism} is not there`,
      "it is one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER",
    );
  }
  if (username === undefined || username === "") {
    throw usageProblem(`${mechanism} needs a user`, "name it: --user ada, or $MOLDAU_USER");
  }
  const password = properties.get("sasl.password") ?? jaas?.options.get("password");
  return { mechanism, username, password };
}

function defaultMechanism(username: string | undefined): string {
  return username === undefined ? "OAUTHBEARER" : "SCRAM-SHA-512";
}

function jaasOf(properties: Properties) {
  const text = properties.get("sasl.jaas.config");
  if (text === undefined) return undefined;
  const entry = parseJaas(text);
  if (entry !== undefined) return entry;
  throw usageProblem(
    "sasl.jaas.config cannot be understood",
    'write it as Java does: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";',
  );
}

function tokenSourceOf(properties: Properties, jaas: ReadonlyMap<string, string>): TokenSource {
  const token = properties.get("sasl.oauthbearer.token");
  if (token !== undefined) return { kind: "token", token };
  const url = properties.get("sasl.oauthbearer.token.endpoint.url");
  if (url === undefined) {
    throw usageProblem(
      "OAUTHBEARER needs a token",
      "say where it comes from: -X sasl.oauthbearer.token.endpoint.url=https://…, or -X sasl.oauthbearer.token=…",
    );
  }
  if (url.startsWith("file:")) return { kind: "file", path: new URL(url).pathname };
  const of = (name: string, old: string): string => {
    const value = properties.get(name) ?? jaas.get(old) ?? "";
    if (value !== "") return value;
    throw usageProblem(
      `the token endpoint needs ${name}`,
      `give it with -X ${name}=…, or in a profile`,
    );
  };
  const ca = properties.get("https.ca.location");
  return {
    kind: "endpoint",
    options: {
      tokenEndpoint: url,
      clientId: of("sasl.oauthbearer.client.id", "clientId"),
      clientSecret: of("sasl.oauthbearer.client.secret", "clientSecret"),
      scope: properties.get("sasl.oauthbearer.scope") ?? jaas.get("scope"),
      extensions: extensionsIn(jaas),
      urlEncode: properties.get("sasl.oauthbearer.header.urlencode") === "true",
      tls: ca === undefined ? undefined : { ca: readText(ca) },
    },
  };
}

/** `extension_tenant="…"` of JAAS goes to the broker beside the token (KIP-342). */
function extensionsIn(jaas: ReadonlyMap<string, string>): Record<string, string> {
  const prefix = "extension_";
  const own = [...jaas].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}
