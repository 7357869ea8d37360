import { asOurs, remedyFor } from "../problem.ts";
import { hostKind, leadsHere } from "./place.ts";
import type { Failure } from "./probe.ts";

/** What is wrong with an address, and what to do about it. */
export interface Advice {
  readonly problem: string;
  readonly fix: string;
}

/** What is known of the client and of what it reached when a broker's own address is judged. */
export interface Situation {
  readonly host: string;
  readonly port: number;
  readonly resolved: readonly string[];
  /** Undefined for an address that was given, not advertised. */
  readonly brokerId: number | undefined;
  /** The address by which the cluster was reached, and whether that is this machine. */
  readonly reachedBy:
    | { readonly host: string; readonly port: number; readonly here: boolean }
    | undefined;
  /** It is the only broker: what leads to the cluster leads to it. */
  readonly isOnly: boolean;
}

/** How to change what a broker tells its clients. */
function advertise(situation: Situation, address = workingAddress(situation)): string {
  return (
    `on broker ${situation.brokerId} set advertised.listeners to ${address}, or whatever name clients reach it by ` +
    `(Moldau: --advertised ${address}; images: KAFKA_ADVERTISED_LISTENERS)`
  );
}

/** An address that the client has seen to work, for the example in an advice. */
function workingAddress({ reachedBy, port, isOnly }: Situation): string {
  if (reachedBy !== undefined && isOnly) return `${reachedBy.host}:${reachedBy.port}`;
  return `the.name.clients.use:${port}`;
}

/**
 * What an advertised address that should not be one says by itself, before anybody tries it; undefined
 * when it may well be right.
 */
export function adviceOnAddress(situation: Situation): Advice | undefined {
  const { host, resolved, reachedBy, brokerId } = situation;
  if (brokerId === undefined || reachedBy === undefined) return undefined;
  const kind = hostKind(host);
  if (kind === "any") {
    return {
      problem: `${host} is where a broker listens, not a place that a client could connect to`,
      fix: advertise(situation),
    };
  }
  if ((kind === "loopback" || leadsHere(host, resolved)) && !reachedBy.here) {
    return {
      problem: `it tells clients to connect to ${host}, which for this client is its own machine`,
      fix: advertise(situation),
    };
  }
  return undefined;
}

/** Why an address could not be used, and what to do about it. */
export function adviceOnFailure(failure: Failure, situation: Situation): Advice {
  const onAddress = adviceOnAddress(situation);
  if (onAddress !== undefined) return onAddress;
  for (const code of failure.codes) {
    const advise = adviceByCode[code];
    if (advise !== undefined) return advise(situation, failure);
  }
  const ours = failure.codes.map(remedyFor).find((remedy) => remedy !== undefined);
  const theirs = failure.remedy === undefined ? undefined : asOurs(failure.remedy);
  const given = situation.brokerId === undefined;
  const last = given ? "see what the log of the broker says" : advertise(situation);
  return { problem: failure.message, fix: ours ?? theirs ?? last };
}

type Advise = (situation: Situation, failure: Failure) => Advice;

const unknownName: Advise = (situation) => {
  const { host, brokerId } = situation;
  const problem = `the name ${host} is not known here`;
  if (brokerId === undefined) {
    return {
      problem,
      fix: "check its spelling; ask the resolver of this machine: getent hosts " + host,
    };
  }
  switch (hostKind(host)) {
    case "container-id":
      return {
        problem: `${problem}: it looks like the id of a container, which nobody outside can resolve`,
        fix: `the broker has no advertised.listeners of its own: ${advertise(situation)}`,
      };
    case "kubernetes":
      return {
        problem: `${problem}: it is a name within Kubernetes`,
        fix: "connect from within the cluster, or give the brokers a listener that is advertised to the outside",
      };
    case "single-label":
      return {
        problem: `${problem}: it is a name within a network of containers`,
        fix:
          `give clients outside a listener of their own, such as EXTERNAL://localhost:${situation.port}, in listeners and ` +
          `advertised.listeners of broker ${brokerId}; or run the client in the same network`,
      };
    default:
      return {
        problem,
        fix: `add it to the DNS of the clients, or ${advertise(situation)}`,
      };
  }
};

const nobodyListens: Advise = (situation) => {
  const { host, port, brokerId } = situation;
  const problem = `nobody listens at ${host}:${port} (connection refused)`;
  if (brokerId === undefined) {
    return {
      problem,
      fix: "start a broker there (moldau start), or check the port; it has to be that of a listener for clients",
    };
  }
  return {
    problem: `${problem}, though broker ${brokerId} says so`,
    fix: `check that its listener is published at port ${port}; else ${advertise(situation)}`,
  };
};

const noWay: Advise = (situation, { codes }) => {
  const { host, port, brokerId } = situation;
  const code = codes.find((one) => one === "ENETUNREACH" || one === "EHOSTUNREACH");
  const problem =
    code !== undefined
      ? `there is no way from here to ${host} (${code})`
      : `no answer from ${host}:${port}: packets are lost on the way, or a firewall drops them`;
  const kind = hostKind(host);
  const isInner = kind === "private" || kind === "link-local";
  const inner = isInner ? ` ${host} is an address of a private network: is this client in it?` : "";
  return {
    problem: `${problem}.${inner}`,
    fix:
      brokerId === undefined
        ? "open the port in firewalls and security groups between this client and the broker"
        : `open the port for clients, or ${advertise(situation)}`,
  };
};

const hungUp: Advise = ({ host, port }) => ({
  problem: `${host}:${port} accepts connections and hangs up at the first request`,
  fix: "the port is not that of a listener for clients of this kind (TLS, login, a controller's port), or a proxy stands before the broker: compare with listener.security.protocol.map",
});

/** "HTTP", where a frame would have its length. */
const HTTP_LENGTH = "1213486160";

const notKafka: Advise = ({ host, port }, { message }) => ({
  problem: message.includes(HTTP_LENGTH)
    ? `a web server answers at ${host}:${port}, not a broker`
    : `something else than a Kafka broker answers at ${host}:${port}: ${message}`,
  fix: "give the port of a listener of a broker (9092 in most places); 8080 and 8081 are often a console and a schema registry",
});

const controllerOnly: Advise = (situation, failure) =>
  failure.message.includes("SaslHandshake")
    ? loginNotAsked(situation, failure)
    : asController(situation, failure);

const asController: Advise = ({ host, port }) => ({
  problem: `${host}:${port} is a controller, which serves no clients`,
  fix: "give the port of a broker's listener, not the one in controller.listener.names",
});

const tlsRequired: Advise = ({ host, port }) => ({
  problem: `${host}:${port} speaks TLS, and this client was told not to`,
  fix: "say --tls (and --ca ca.pem where the authority is your own); in other clients security.protocol=SSL or SASL_SSL",
});

const tlsNotSpoken: Advise = ({ host, port }) => ({
  problem: `${host}:${port} speaks plaintext, and this client was told to use TLS`,
  fix: "leave --tls out, or take the port of the SSL listener",
});

const loginRequired: Advise = (_situation, { message }) => ({
  problem: message,
  fix: "say who you are: --user name, --sasl-mechanism one of those, and the password in $MOLDAU_PASSWORD",
});

const loginNotAsked: Advise = ({ host, port }) => ({
  problem: `${host}:${port} asks nobody to log in, and this client tried`,
  fix: "leave --user and --sasl-mechanism out, or take the port of the SASL listener",
});

const wrongMechanism: Advise = (_situation, { message }) => ({
  problem: message,
  fix: "take one of those with --sasl-mechanism, or add it to sasl.enabled.mechanisms of the broker",
});

const wrongPassword: Advise = (_situation, { message }) => ({
  problem: message,
  fix: "check user, password and mechanism: SCRAM-SHA-256 and SCRAM-SHA-512 have credentials of their own (moldau user list)",
});

/** The broker has nothing to do with it. */
const noToken: Advise = (_situation, { message, remedy }) => ({
  problem: message,
  fix: remedyFor("SASL_TOKEN_UNAVAILABLE") ?? remedy ?? "check where the token comes from",
});

const unknownAuthority: Advise = ({ host, port }) => ({
  problem: `the certificate of ${host}:${port} is signed by nobody that this client trusts`,
  fix: "give the certificate of the authority: --ca ca.pem (or --insecure, to try)",
});

const wrongHost: Advise = (situation, { message }) => ({
  problem: message,
  fix:
    situation.brokerId === undefined
      ? "connect by a name that the certificate holds"
      : `make a certificate for ${situation.host}, or ${advertise(situation, "a name that the certificate holds")}`,
});

/** The first code that is among them says what is wrong: those of the client know more than the system's. */
const adviceByCode: Readonly<Record<string, Advise>> = {
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EAI_NODATA: unknownName,
  EAI_NONAME: unknownName,
  ECONNREFUSED: nobodyListens,
  ETIMEDOUT: noWay,
  TIMED_OUT: noWay,
  ENETUNREACH: noWay,
  EHOSTUNREACH: noWay,
  CONNECTION_CLOSED: hungUp,
  ECONNRESET: hungUp,
  NOT_KAFKA: notKafka,
  UNSUPPORTED_API: controllerOnly,
  TLS_REQUIRED: tlsRequired,
  TLS_NOT_SPOKEN: tlsNotSpoken,
  TLS_UNKNOWN_CA: unknownAuthority,
  TLS_WRONG_HOST: wrongHost,
  SASL_REQUIRED: loginRequired,
  ILLEGAL_SASL_STATE: loginNotAsked,
  UNSUPPORTED_SASL_MECHANISM: wrongMechanism,
  SASL_AUTHENTICATION_FAILED: wrongPassword,
  SASL_TOKEN_UNAVAILABLE: noToken,
};
