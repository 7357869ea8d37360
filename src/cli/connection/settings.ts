import * as fs from "node:fs";
import { parseProperties } from "../../config/properties.ts";
import { messageOf } from "../../core/errors.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { Problem, usageProblem } from "../problem.ts";
import { ProfileStore } from "../profiles/store.ts";
import { DEFAULT_BOOTSTRAP } from "../words.ts";
import { nearest } from "../suggest.ts";
import type { Terminal } from "../terminal.ts";
import { canonicalName, flagFor, knownNames } from "./properties.ts";

/** The properties that a connection goes by, with where each comes from. */
export interface ConnectionSettings {
  readonly properties: ReadonlyMap<string, string>;
  /** For each property, in words: `--bootstrap`, `profile prod`, `$MOLDAU_BOOTSTRAP`. */
  readonly sources: ReadonlyMap<string, string>;
  /** The profile that counts, if any. */
  readonly profile: string | undefined;
}

/**
 * Gathers the properties of the connection. What is said more closely wins: options of the command line,
 * then `-X`, then `--command-config`, then variables of the environment, then the profile. A profile
 * that is merely in use is left out when an address is given: its password is for its own cluster.
 */
export function connectionSettings(terminal: Terminal, options: Options): ConnectionSettings {
  const layers = new Layers();
  const store = new ProfileStore(terminal);
  const profile = profileOf(terminal, options, store);
  layers.add("the default", [["bootstrap.servers", DEFAULT_BOOTSTRAP]]);
  if (profile !== undefined) layers.add(`profile ${profile}`, store.read(profile).properties);
  for (const [variable, name] of ENVIRONMENT) {
    const value = terminal.env[variable];
    if (value !== undefined && value !== "") layers.add(`$${variable}`, [[name, value]]);
  }
  layers.addOptions(options);
  return { properties: layers.properties, sources: layers.sources, profile };
}

/** The properties that the options alone name, for a profile to be made of. */
export function propertiesOfOptions(options: Options): Map<string, string> {
  const layers = new Layers();
  layers.addOptions(options);
  return layers.properties;
}

const ENVIRONMENT: readonly (readonly [variable: string, property: string])[] = [
  ["MOLDAU_BOOTSTRAP", "bootstrap.servers"],
  ["MOLDAU_USER", "sasl.username"],
  ["MOLDAU_PASSWORD", "sasl.password"],
];

const FLAGS: readonly (readonly [flag: string, property: string])[] = [
  ["bootstrap", "bootstrap.servers"],
  ["ca", "ssl.truststore.location"],
  ["cert", "ssl.certificate.location"],
  ["cert-key", "ssl.key.location"],
  ["sasl-mechanism", "sasl.mechanism"],
  ["user", "sasl.username"],
];

class Layers {
  readonly properties = new Map<string, string>();
  readonly sources = new Map<string, string>();

  add(source: string, entries: Iterable<readonly [string, string]>): void {
    for (const [name, value] of entries) {
      const canonical = canonicalName(name);
      this.properties.set(canonical, value);
      this.sources.set(canonical, source);
    }
  }

  addOptions(options: Options): void {
    for (const file of options.list("command-config")) {
      this.add(file, parseProperties(readText(file)));
    }
    // Of Kafka's tools: what is not for the connection is let pass.
    this.add("the command line", options.pairs("properties"));
    this.add("-X", overridesOf(options));
    for (const [flag, name] of FLAGS) {
      const value = options.text(flag);
      if (value !== undefined) this.add(`--${flag}`, [[name, value]]);
    }
    const key = options.text("key");
    if (key !== undefined && options.has("cert")) this.add("--key", [["ssl.key.location", key]]);
    this.#addSwitches(options);
  }

  /** `--tls`, `--insecure`, and what having a user or a certificate says without saying it. */
  #addSwitches(options: Options): void {
    const was = this.properties.get("security.protocol")?.toUpperCase();
    if (options.has("insecure")) {
      this.add("--insecure", [["enable.ssl.certificate.verification", "false"]]);
    }
    const asksTls = ["tls", "insecure", "ca", "cert"].find((flag) => options.has(flag));
    const asksSasl = ["sasl-mechanism", "user"].find((flag) => options.has(flag));
    // What was said stays as it is, be it right or wrong, unless a flag says otherwise.
    if (was !== undefined && asksTls === undefined && asksSasl === undefined) return;
    const hasUser = this.properties.has("sasl.username");
    const tls = asksTls !== undefined || was?.endsWith("SSL") === true;
    const sasl =
      asksSasl !== undefined || was?.startsWith("SASL") === true || (was === undefined && hasUser);
    const protocol = `${sasl ? "SASL_" : ""}${tls ? "SSL" : "PLAINTEXT"}`;
    if (protocol === (was ?? "PLAINTEXT")) return;
    const flag = asksTls ?? asksSasl;
    this.add(flag === undefined ? "the user" : `--${flag}`, [["security.protocol", protocol]]);
  }
}

function profileOf(terminal: Terminal, options: Options, store: ProfileStore): string | undefined {
  const asked = options.text("profile");
  if (asked !== undefined) return asked;
  const fromEnvironment = terminal.env["MOLDAU_PROFILE"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  const given =
    options.has("bootstrap") ||
    options.has("command-config") ||
    (terminal.env["MOLDAU_BOOTSTRAP"] ?? "") !== "" ||
    overridesOf(options).has("bootstrap.servers");
  return given ? undefined : store.inUse();
}

/** The properties of `-X`. */
export function overridesOf(options: Options): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  const known = new Set(knownNames());
  for (const [name, value] of options.pairs("override")) {
    if (!known.has(name)) {
      const flag = flagFor(name);
      if (flag !== undefined) throw usageProblem(`-X does not take ${name}`, `say it as ${flag}`);
      const near = nearest(name, known);
      throw usageProblem(
        `-X does not know ${name}`,
        near === undefined ? "see what it takes: moldau help connection" : `did you mean: ${near}`,
      );
    }
    properties.set(canonicalName(name), value);
  }
  return properties;
}

/** A file of the user's, or what comes by stdin where it is `-`. */
export async function readInput(terminal: Terminal, file: string): Promise<string> {
  if (file !== "-") return readText(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

/** A file of the user's, or a problem with its name. */
export function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (thrown) {
    const isMissing = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
    throw new Problem("MLD1002", `cannot read ${file}: ${reasonOf(thrown)}`, {
      exitCode: isMissing ? ExitCode.notFound : ExitCode.failed,
      cause: thrown,
    });
  }
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "its permissions do not allow it";
  if (code === "EISDIR") return "it is a folder";
  return messageOf(thrown);
}
