/**
 * Where a node listens, what it tells clients, and who its controllers are: the texts of the
 * settings read, and checked against each other as Kafka does.
 */
import { type BrokerConfig } from "./broker-config.ts";
import { type BrokerSettingName } from "./broker-settings.ts";
import { type ConfigProblem } from "./config-error.ts";

export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
const SECURITY_PROTOCOLS: readonly SecurityProtocol[] = [
  "PLAINTEXT",
  "SSL",
  "SASL_PLAINTEXT",
  "SASL_SSL",
];

/** One `NAME://host:port`. */
export interface Listener {
  /** In capitals. */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  /** Empty: every interface when listening, this machine's own name when advertised. */
  readonly host: string;
  /** 0: any free port when listening, the port that was got when advertised. */
  readonly port: number;
}

export interface NodeListeners {
  /** To open for clients and brokers. */
  readonly brokers: readonly Listener[];
  /** To open for controllers; empty on a node that is none. */
  readonly controllers: readonly Listener[];
  /** What clients are told. */
  readonly advertised: readonly Listener[];
  /** Name of the listener over which brokers talk; among `advertised` on a broker. */
  readonly interBroker: string;
  /** Names of the listeners of controllers, the first to be used. */
  readonly controllerNames: readonly string[];
}

/** A controller by address; voters have ids. */
export interface QuorumVoter {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

interface Address {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const LISTENER = /^([A-Za-z0-9_.-]+):\/\/(\[[0-9a-fA-F:.%]*\]|[0-9a-zA-Z\-%._]*):(\d{1,5})$/;
const PORT_MAX = 65_535;

/** The listeners of a configuration that was checked when it was loaded. */
export function nodeListeners(config: BrokerConfig): NodeListeners {
  return readListeners(config, () => {});
}

/** The fixed voters of the quorum; none when it can change. */
export function quorumVotersOf(config: BrokerConfig): QuorumVoter[] {
  return config.get("controller.quorum.voters").map((voter) => {
    const at = voter.indexOf("@");
    return { id: Number(voter.slice(0, at)), ...hostAndPort(voter.slice(at + 1)) };
  });
}

/** Controllers to ask for the quorum: the bootstrap servers, else the fixed voters. */
export function controllerAddresses(config: BrokerConfig): { host: string; port: number }[] {
  const servers = config.get("controller.quorum.bootstrap.servers");
  if (servers.length > 0) return servers.map(hostAndPort);
  return quorumVotersOf(config).map(({ host, port }) => ({ host, port }));
}

/** Everything that is wrong with the listeners and the quorum of a configuration. */
export function listenerProblems(
  config: BrokerConfig,
  originOf: (name: string) => string | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report: Report = (setting, reason, remedy) => {
    const value = config.text(setting) ?? undefined;
    problems.push({ setting, value, origin: originOf(setting), reason, remedy });
  };
  const listeners = readListeners(config, report);
  // What follows would repeat a mistake in the texts themselves.
  if (problems.length > 0) return problems;
  checkNames(config, listeners, report);
  checkRoles(config, listeners, report);
  checkQuorum(config, report);
  if (config.get("process.roles").includes("broker")) checkAdvertised(config, listeners, report);
  checkProtocols(listeners, report);
  return problems;
}

type Report = (setting: BrokerSettingName, reason: string, remedy: string) => void;

function readListeners(config: BrokerConfig, report: Report): NodeListeners {
  const protocolOf = readProtocols(config, report);
  const controllerNames = config.get("controller.listener.names").map((name) => name.toUpperCase());
  const withProtocol = (setting: BrokerSettingName, addresses: readonly Address[]): Listener[] => {
    const listeners: Listener[] = [];
    for (const address of addresses) {
      const protocol = protocolOf.get(address.name);
      if (protocol !== undefined) listeners.push({ ...address, protocol });
      else reportUnmapped(address.name, setting, report);
    }
    return listeners;
  };
  const own = readAddresses("listeners", config.get("listeners"), report);
  const told = config.get("advertised.listeners");
  const all = withProtocol("listeners", own);
  const advertised =
    told === null
      ? all
      : withProtocol("advertised.listeners", readAddresses("advertised.listeners", told, report));
  const isController = (listener: Listener): boolean => controllerNames.includes(listener.name);
  const byName = config.get("inter.broker.listener.name");
  return {
    brokers: all.filter((listener) => !isController(listener)),
    controllers: all.filter(isController),
    advertised: advertised.filter((listener) => !isController(listener)),
    interBroker: (byName ?? config.get("security.inter.broker.protocol")).toUpperCase(),
    controllerNames,
  };
}

function reportUnmapped(name: string, setting: BrokerSettingName, report: Report): void {
  report(
    "listener.security.protocol.map",
    `it does not say which protocol the listener ${name} of ${setting} speaks`,
    `Add ${name}:PLAINTEXT to listener.security.protocol.map.`,
  );
}

function readAddresses(
  setting: BrokerSettingName,
  texts: readonly string[],
  report: Report,
): Address[] {
  const addresses: Address[] = [];
  for (const text of texts) {
    const match = LISTENER.exec(text);
    const port = Number(match?.[3]);
    if (match === null || port > PORT_MAX) {
      const reason = `"${text}" is not NAME://host:port`;
      report(
        setting,
        reason,
        `Write ${setting} as PLAINTEXT://localhost:9092, with commas between.`,
      );
      continue;
    }
    addresses.push({ name: match[1]!.toUpperCase(), host: match[2]!.replace(/[[\]]/g, ""), port });
  }
  const seen = new Set<string>();
  for (const { name } of addresses) {
    if (seen.has(name)) {
      report(setting, `the name ${name} appears twice`, "Give each listener a name of its own.");
    }
    seen.add(name);
  }
  if (setting === "listeners") checkPorts(addresses, report);
  return addresses;
}

/** Two listeners may share a port only as one IPv4 and one IPv6 address. */
function checkPorts(addresses: readonly Address[], report: Report): void {
  const byPort = new Map<number, Address[]>();
  for (const address of addresses) {
    if (address.port === 0) continue;
    const others = byPort.get(address.port);
    if (others === undefined) byPort.set(address.port, [address]);
    else others.push(address);
  }
  for (const [port, sharing] of byPort) {
    if (sharing.length === 1) continue;
    const both = sharing.some(isIpv4) && sharing.some((address) => address.host.includes(":"));
    if (sharing.length === 2 && both) continue;
    const names = sharing.map((address) => address.name).join(" and ");
    report("listeners", `${names} share the port ${port}`, "Give each listener a port of its own.");
  }
}

function isIpv4(address: Address): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(address.host);
}

/**
 * The protocol of each listener name. Where the map is left at its default and nothing is secured,
 * the controllers' listeners speak PLAINTEXT, as in Kafka.
 */
function readProtocols(config: BrokerConfig, report: Report): Map<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>();
  for (const entry of config.get("listener.security.protocol.map").split(",")) {
    if (entry.trim() === "") continue;
    const colon = entry.lastIndexOf(":");
    const named = entry
      .slice(colon + 1)
      .trim()
      .toUpperCase();
    const protocol = SECURITY_PROTOCOLS.find((known) => known === named);
    if (colon === -1 || protocol === undefined) {
      report(
        "listener.security.protocol.map",
        `"${entry.trim()}" is not NAME:PROTOCOL`,
        `Write NAME:PLAINTEXT; the protocols are ${SECURITY_PROTOCOLS.join(", ")}.`,
      );
      continue;
    }
    protocols.set(entry.slice(0, colon).trim().toUpperCase(), protocol);
  }
  if (config.isExplicit("listener.security.protocol.map")) return protocols;
  const secured = config
    .get("listeners")
    .some((listener) => /^(SSL|SASL_PLAINTEXT|SASL_SSL):/i.test(listener));
  for (const name of config.get("controller.listener.names")) {
    const known = protocols.has(name.toUpperCase());
    if (!known && !secured) protocols.set(name.toUpperCase(), "PLAINTEXT");
  }
  return protocols;
}

function checkNames(config: BrokerConfig, listeners: NodeListeners, report: Report): void {
  const known = [...listeners.brokers.map(({ name }) => name), ...listeners.controllerNames];
  const early = config.get("early.start.listeners") ?? [];
  const stray = early.find((name) => !known.includes(name.toUpperCase()));
  if (stray !== undefined) {
    report(
      "early.start.listeners",
      `${stray} is no listener of this node`,
      `Name some of ${known.join(", ")}.`,
    );
  }
  const explicit = (name: BrokerSettingName): boolean => config.isExplicit(name);
  if (explicit("inter.broker.listener.name") && explicit("security.inter.broker.protocol")) {
    report(
      "security.inter.broker.protocol",
      "inter.broker.listener.name is set too, and only one of them may be",
      "Keep inter.broker.listener.name and leave security.inter.broker.protocol out.",
    );
  }
}

function checkRoles(config: BrokerConfig, listeners: NodeListeners, report: Report): void {
  const roles = config.get("process.roles");
  if (!roles.includes("controller")) {
    if (listeners.controllers.length === 0) return;
    const [first] = listeners.controllers;
    report(
      "listeners",
      `${first?.name} is a listener of controllers, and this node is a broker alone`,
      "Take it out of listeners; controller.listener.names keeps its name.",
    );
    return;
  }
  const open = listeners.controllers.map((listener) => listener.name);
  const missing = listeners.controllerNames.find((name) => !open.includes(name));
  if (missing !== undefined) {
    report(
      "controller.listener.names",
      `this node is a controller, and ${missing} does not appear in listeners`,
      `Add ${missing}://localhost:9093 to listeners.`,
    );
  }
  if (!roles.includes("broker") && listeners.brokers.length > 0) {
    report(
      "listeners",
      `this node is a controller alone, and ${listeners.brokers[0]?.name} is none of its listeners`,
      "Leave only those of controller.listener.names in listeners.",
    );
  }
}

function checkQuorum(config: BrokerConfig, report: Report): void {
  const voters = quorumVotersOf(config);
  const isVoter = voters.some((voter) => voter.id === config.nodeId);
  const isController = config.get("process.roles").includes("controller");
  if (voters.length === 0) {
    if (config.get("controller.quorum.bootstrap.servers").length > 0) return;
    report(
      "controller.quorum.voters",
      "neither it nor controller.quorum.bootstrap.servers names a controller",
      `Set it to ${config.nodeId}@localhost:9093 for one node, or name the servers.`,
    );
  } else if (isController && !isVoter) {
    report(
      "controller.quorum.voters",
      `this node is a controller, and its node.id ${config.nodeId} is not among them`,
      `Add ${config.nodeId}@host:port, or change node.id.`,
    );
  } else if (!isController && isVoter) {
    report(
      "controller.quorum.voters",
      `this node is a broker alone, and its node.id ${config.nodeId} is among them`,
      "Give the broker a node.id of its own, or add the role controller.",
    );
  }
}

function checkAdvertised(config: BrokerConfig, listeners: NodeListeners, report: Report): void {
  const setting =
    config.get("advertised.listeners") === null ? "listeners" : "advertised.listeners";
  const example = listeners.brokers[0]?.name ?? "PLAINTEXT";
  if (listeners.advertised.length === 0) {
    report(
      setting,
      "it has no listener for clients",
      `Add ${example}://localhost:9092; those of controller.listener.names are not for clients.`,
    );
    return;
  }
  const open = listeners.brokers.map((listener) => listener.name);
  for (const { name, host, port } of listeners.advertised) {
    if (!open.includes(name)) {
      report(
        setting,
        `${name} does not appear in listeners, so nobody could connect to it`,
        `Add ${name}://:${port} to listeners, or advertise one of ${open.join(", ")}.`,
      );
    }
    if (host !== "0.0.0.0" && host !== "::") continue;
    report(
      "advertised.listeners",
      `clients cannot connect to ${host}, which stands for every interface of this machine`,
      `Set advertised.listeners to ${name}://localhost:${port}, or to the name clients use.`,
    );
  }
  if (!listeners.advertised.some((listener) => listener.name === listeners.interBroker)) {
    const names = listeners.advertised.map((listener) => listener.name).join(", ");
    report(
      "inter.broker.listener.name",
      `brokers would talk over ${listeners.interBroker}, which is not advertised`,
      `Set inter.broker.listener.name to one of ${names}.`,
    );
  }
}

function checkProtocols(listeners: NodeListeners, report: Report): void {
  for (const { name, protocol } of [...listeners.brokers, ...listeners.controllers]) {
    if (protocol === "PLAINTEXT") continue;
    report(
      "listener.security.protocol.map",
      `the listener ${name} speaks ${protocol}, and Moldau speaks PLAINTEXT alone so far`,
      `Use PLAINTEXT for ${name}, on a network that only trusted machines reach.`,
    );
  }
}

function hostAndPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/[[\]]/g, ""), port: Number(text.slice(colon + 1)) };
}
