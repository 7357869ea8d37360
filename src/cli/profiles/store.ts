import * as fs from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { formatProperties, parseProperties } from "../../config/properties.ts";
import { canonicalName } from "../connection/properties.ts";
import { ExitCode } from "../exit-code.ts";
import { Problem, usageProblem } from "../problem.ts";
import { nearest } from "../suggest.ts";
import type { Terminal } from "../terminal.ts";

/** Passwords stand in these files: nobody else may read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const SUFFIX = ".properties";
const IN_USE_FILE = "profile";

/** A cluster by name: properties of a Kafka client in a file of their own. */
export interface Profile {
  readonly name: string;
  readonly path: string;
  readonly properties: ReadonlyMap<string, string>;
}

/** The folder of the profiles: `$XDG_CONFIG_HOME/moldau`, else `~/.config/moldau`. */
export function configFolder({ env }: Pick<Terminal, "env">): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData, HOME: home } = env;
  if (xdg !== undefined && xdg !== "") return join(xdg, "moldau");
  if (process.platform === "win32" && appData !== undefined) return join(appData, "moldau");
  return join(home ?? homedir(), ".config", "moldau");
}

/** What is known of profiles on this machine. */
export class ProfileStore {
  readonly folder: string;

  constructor(terminal: Pick<Terminal, "env">) {
    this.folder = configFolder(terminal);
  }

  pathOf(name: string): string {
    return join(this.folder, "profiles", `${name}${SUFFIX}`);
  }

  names(): string[] {
    return listFolder(join(this.folder, "profiles"))
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .sort();
  }

  /** The profile in use, if any; not the one of `$MOLDAU_PROFILE`. */
  inUse(): string | undefined {
    const name = readIfThere(join(this.folder, IN_USE_FILE))?.trim();
    return name === undefined || name === "" ? undefined : name;
  }

  has(name: string): boolean {
    return isProfileName(name) && fs.existsSync(this.pathOf(name));
  }

  /** Throws a problem with the nearest name for one there is not. */
  read(name: string): Profile {
    const path = this.pathOf(name);
    const text = isProfileName(name) ? readIfThere(path) : undefined;
    if (text === undefined) throw this.#unknown(name);
    const properties = new Map<string, string>();
    for (const [property, value] of parseProperties(text)) {
      properties.set(canonicalName(property), value);
    }
    return { name, path, properties };
  }

  write(name: string, properties: ReadonlyMap<string, string>): void {
    checkProfileName(name);
    const about = `How moldau reaches "${name}": properties of a Kafka client. Passwords may stand here: keep it to yourself.`;
    writePrivate(this.pathOf(name), formatProperties(properties, about));
  }

  remove(name: string): void {
    if (!this.has(name)) throw this.#unknown(name);
    fs.rmSync(this.pathOf(name));
    if (this.inUse() === name) this.use(undefined);
  }

  rename(name: string, to: string): void {
    checkProfileName(to);
    if (!this.has(name)) throw this.#unknown(name);
    const isInUse = this.inUse() === name;
    fs.renameSync(this.pathOf(name), this.pathOf(to));
    if (isInUse) this.use(to);
  }

  /** Takes a profile for all commands to come; `undefined` for none. */
  use(name: string | undefined): void {
    if (name !== undefined && !this.has(name)) throw this.#unknown(name);
    const path = join(this.folder, IN_USE_FILE);
    if (name === undefined) fs.rmSync(path, { force: true });
    else writePrivate(path, `${name}\n`);
  }

  #unknown(name: string): Problem {
    const near = nearest(name, this.names());
    return new Problem("MLD3014", `there is no profile ${name}`, {
      exitCode: ExitCode.notFound,
      remedy:
        near === undefined
          ? `make it: moldau profile create ${name} -b host:9092`
          : `did you mean: ${near}`,
    });
  }
}

function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}

/** Names become names of files. */
export function checkProfileName(name: string): void {
  if (isProfileName(name)) return;
  throw usageProblem(`"${name}" is no name of a profile`, 'take letters, digits, ".", "_" and "-"');
}

/** Writes beside the file and moves it there, so that a file is whole or not there. */
function writePrivate(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const half = `${path}.${process.pid}.new`;
  fs.writeFileSync(half, text, { mode: FILE_MODE });
  fs.chmodSync(half, FILE_MODE);
  fs.renameSync(half, path);
}

function readIfThere(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

function listFolder(path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}
