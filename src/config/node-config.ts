/** From what the operator wrote, in files, variables and flags, to the configuration of a node. */
import { brokerSettingsByName } from "./broker-settings.ts";
import { DERIVED_LISTENERS, type EnvironmentConfig, onEveryInterface } from "./environment.ts";
import { type ConfigLayer, type LoadedConfig, loadBrokerConfig } from "./load-broker-config.ts";
import { parseProperties } from "./properties.ts";

/** Flags that stand for several settings, or for one under a shorter name. */
export interface NodeFlags {
  /** Port of the first listener for clients; 0 takes any free one. */
  readonly port?: number;
  /** Directory of the logs. */
  readonly data?: string;
  /** `host`, `host:port`, or whole listeners with names. */
  readonly advertised?: string;
  /** `name=value`, as often as wanted. */
  readonly set?: readonly string[];
}

export interface NodeConfigInputs {
  /** Where data goes when nobody says. */
  readonly dataDirectory: string;
  /** A `server.properties`: the name for messages, and its text. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment?: EnvironmentConfig;
  readonly flags?: NodeFlags;
  /** Settings that a kind of node brings along, such as an image's; the operator's win. */
  readonly preset?: ReadonlyMap<string, string>;
}

const DEFAULT_PORT = 9092;
const DEFAULT_CONTROLLER_PORT = 9093;
const LOCAL = "127.0.0.1";
const PROTOCOL_MAP = "listener.security.protocol.map";

/**
 * The configuration of a node. Whoever gives `process.roles` describes a whole node, and nothing
 * but Kafka's defaults is added. Everybody else gets one that works by itself, broker and controller in
 * one, and every setting given changes just what it names.
 *
 * @throws ConfigError with everything that is wrong
 */
export function loadNodeConfig(inputs: NodeConfigInputs): LoadedConfig {
  const flags = inputs.flags ?? {};
  const operators: ConfigLayer[] = [];
  if (inputs.file !== undefined) {
    operators.push({ origin: inputs.file.name, texts: parseProperties(inputs.file.text) });
  }
  if (inputs.environment !== undefined) operators.push(inputs.environment.layer);
  const set = setLayer(flags.set ?? []);
  const wholeNode = merged([...operators, set]).has("process.roles");
  const given = wholeNode ? operators : [...presetLayers(inputs.preset), ...operators];
  const implied = impliedLayer([...given, set], inputs.dataDirectory, wholeNode, flags.port);
  const base = [implied, ...given, set];
  const layers = [...base.slice(0, -1), flagLayer(flags, merged(base), operators), set];
  return loadBrokerConfig(withControllerListener(layers, wholeNode, controllerPort(implied, base)));
}

function presetLayers(preset: ReadonlyMap<string, string> | undefined): ConfigLayer[] {
  return preset === undefined ? [] : [{ origin: "the preset", texts: preset, implied: true }];
}

function merged(layers: readonly ConfigLayer[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const layer of layers) for (const [name, text] of layer.texts) texts.set(name, text);
  return texts;
}

function setLayer(assignments: readonly string[]): ConfigLayer {
  const texts = new Map<string, string>();
  for (const assignment of assignments) {
    const equals = assignment.indexOf("=");
    const name = equals === -1 ? assignment : assignment.slice(0, equals);
    texts.set(name.trim(), equals === -1 ? "" : assignment.slice(equals + 1));
  }
  return { origin: "--set", texts };
}

/** What goes without saying, given what was said. */
function impliedLayer(
  given: readonly ConfigLayer[],
  dataDirectory: string,
  wholeNode: boolean,
  portFlag: number | undefined,
): ConfigLayer {
  const said = merged(given);
  const texts = new Map([["log.dir", dataDirectory]]);
  const layer: ConfigLayer = { origin: "the defaults", texts, implied: true };
  if (wholeNode) return layer;
  const nodeId = said.get("node.id") ?? said.get("broker.id") ?? "1";
  const clients = `PLAINTEXT://${LOCAL}:${portFlag ?? DEFAULT_PORT}`;
  const listeners = said.get("listeners") ?? clients;
  const controller = firstOf(said.get("controller.listener.names") ?? "CONTROLLER");
  // Nobody connects to the only controller there is, and two such nodes on one machine must not
  // collide.
  const port = portFlag === undefined ? freeControllerPort(listeners) : 0;
  texts.set("process.roles", "broker,controller");
  texts.set("node.id", nodeId);
  texts.set("controller.listener.names", controller);
  texts.set("controller.quorum.voters", `${nodeId}@${LOCAL}:${port}`);
  const protocols = brokerSettingsByName.get(PROTOCOL_MAP)?.type.defaultText ?? "";
  texts.set(PROTOCOL_MAP, `${protocols},${controller}:PLAINTEXT`);
  texts.set("listeners", `${clients},${controller}://${LOCAL}:${port}`);
  const first = /^\s*([^:,\s]+):\/\//.exec(listeners)?.[1];
  const hasUsual = /(^|,)\s*PLAINTEXT:\/\//i.test(listeners);
  if (first !== undefined && !hasUsual && !said.has("security.inter.broker.protocol")) {
    texts.set("inter.broker.listener.name", first);
  }
  return layer;
}

/** Where this node's controller listens: as the voters say, else as is implied. */
function controllerPort(implied: ConfigLayer, layers: readonly ConfigLayer[]): number {
  const texts = merged(layers);
  const nodeId = texts.get("node.id") ?? texts.get("broker.id") ?? "";
  for (const voters of [texts, implied.texts].map((one) => one.get("controller.quorum.voters"))) {
    for (const voter of (voters ?? "").split(",")) {
      const match = /^\s*(\d+)@.*:(\d+)\s*$/.exec(voter);
      if (match?.[1] === nodeId.trim()) return Number(match[2]);
    }
  }
  return freeControllerPort(texts.get("listeners") ?? "");
}

/**
 * Adds the controllers' listener where the operator named listeners for clients alone: on a node
 * not described as a whole, and where `listeners` was derived from what is advertised.
 */
function withControllerListener(
  layers: readonly ConfigLayer[],
  wholeNode: boolean,
  port: number,
): ConfigLayer[] {
  const texts = merged(layers);
  const controller = firstOf(texts.get("controller.listener.names") ?? "");
  const named = texts.get("listeners");
  const at = layers.findLastIndex((layer) => layer.texts.has("listeners"));
  const derived = layers[at]?.origins?.get("listeners") === DERIVED_LISTENERS;
  const isController = (texts.get("process.roles") ?? "").includes("controller");
  if (!isController || controller === "" || (wholeNode && !derived)) return [...layers];
  const completed = layers.map((layer, index): ConfigLayer => {
    if (index !== at || named === undefined || mentions(named, controller, "://")) return layer;
    const listeners = `${named},${controller}://${LOCAL}:${port}`;
    return { ...layer, texts: new Map(layer.texts).set("listeners", listeners) };
  });
  const map = texts.get(PROTOCOL_MAP);
  if (map === undefined || mentions(map, controller, ":")) return completed;
  const mapped = layers.findLastIndex((layer) => layer.texts.has(PROTOCOL_MAP));
  return completed.map((layer, index): ConfigLayer => {
    if (index !== mapped) return layer;
    const texts = new Map(layer.texts).set(PROTOCOL_MAP, `${map},${controller}:PLAINTEXT`);
    return { ...layer, texts };
  });
}

/** Whether a list has an entry of that name before the separator. */
function mentions(list: string, name: string, separator: string): boolean {
  const wanted = `${name}${separator}`.toLowerCase();
  return list.split(",").some((entry) => entry.trim().toLowerCase().startsWith(wanted));
}

function firstOf(list: string): string {
  return (list.split(",")[0] ?? "").trim();
}

/** Kafka's usual port for controllers, or the next one that no listener given has. */
function freeControllerPort(listeners: string): number {
  const taken = new Set([...listeners.matchAll(/:(\d+)\s*(?:,|$)/g)].map((match) => match[1]));
  let port = DEFAULT_CONTROLLER_PORT;
  while (taken.has(String(port))) port++;
  return port;
}

function flagLayer(
  flags: NodeFlags,
  texts: ReadonlyMap<string, string>,
  operators: readonly ConfigLayer[],
): ConfigLayer {
  const own = new Map<string, string>();
  const origins = new Map<string, string>();
  const put = (name: string, text: string, origin: string): void => {
    own.set(name, text);
    origins.set(name, origin);
  };
  if (flags.data !== undefined) put("log.dirs", flags.data, "--data");
  let listeners = texts.get("listeners") ?? "PLAINTEXT://:9092";
  if (flags.port !== undefined) {
    listeners = listeners.replace(/:(\d+)(?=\s*(?:,|$))/, `:${flags.port}`);
    put("listeners", listeners, "--port");
  }
  if (flags.advertised !== undefined) {
    const first = /^\s*([^:,\s]+):\/\/.*?:(\d+)\s*(?:,|$)/.exec(listeners);
    const [, name = "PLAINTEXT", port = String(DEFAULT_PORT)] = first ?? [];
    put("advertised.listeners", advertisedListeners(flags.advertised, name, port), "--advertised");
    // Others shall connect, so loopback alone would not do where nobody chose it.
    if (!operators.some((layer) => layer.texts.has("listeners"))) {
      const [client = "", ...rest] = listeners.split(",");
      put("listeners", [onEveryInterface(client), ...rest].join(","), "--advertised");
    }
  }
  return { origin: "the flags", texts: own, origins };
}

function advertisedListeners(advertised: string, name: string, port: string): string {
  if (advertised.includes("://")) return advertised;
  return /:\d+$/.test(advertised) ? `${name}://${advertised}` : `${name}://${advertised}:${port}`;
}
