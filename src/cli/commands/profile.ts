import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { parseProperties } from "../../config/properties.ts";
import { carryOut, difference, type Change } from "../changes.ts";
import type { Options } from "../command.ts";
import { canonicalName, knownNames, shownValue } from "../connection/properties.ts";
import { jaasText } from "../connection/jaas.ts";
import { completeLogin, passwordIn } from "../connection/secure.ts";
import { loginOf, protocolOf } from "../connection/security.ts";
import { propertiesOfOptions } from "../connection/settings.ts";
import { bootstrapOf } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { printItems, type Listing } from "../output.ts";
import { Problem, usageProblem } from "../problem.ts";
import { checkProfileName, ProfileStore, type Profile } from "../profiles/store.ts";
import type { ProfileRow } from "../shapes/profile.ts";
import { nearest } from "../suggest.ts";
import { renderTable } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";

type Properties = ReadonlyMap<string, string>;

export async function runCreate(
  terminal: Terminal,
  [name = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  checkProfileName(name);
  const store = new ProfileStore(terminal);
  const exists = store.has(name);
  if (exists && !options.has("replace")) {
    throw new Problem("MLD3015", `there is a profile ${name} already`, {
      remedy: "change it with: moldau profile edit, or say --replace",
    });
  }
  const before: Properties = exists ? store.read(name).properties : new Map();
  const after = await propertiesOf(terminal, options);
  const change: Change = {
    kind: "profile",
    name,
    action: exists ? "alter" : "create",
    differences: differencesOf(before, after),
  };
  return carryOut(terminal, options, {
    changes: [change],
    apply: () => {
      store.write(name, after);
      if (options.has("use")) store.use(name);
      return Promise.resolve([{}]);
    },
  });
}

/** What the options say, and nothing that the environment or another profile does, but the password of `--user`. */
async function propertiesOf(terminal: Terminal, options: Options): Promise<Properties> {
  const kept = propertiesOfOptions(options);
  if (!kept.has("bootstrap.servers")) {
    throw usageProblem("a profile needs an address", "give it: -b host:9092");
  }
  bootstrapOf(kept);
  const file = options.text("password-file");
  const fromEnvironment = terminal.env["MOLDAU_PASSWORD"];
  if (file !== undefined) kept.set("sasl.password", await passwordIn(terminal, file));
  else if (options.has("user") && fromEnvironment !== undefined && fromEnvironment !== "") {
    kept.set("sasl.password", fromEnvironment);
  }
  checkSecurity(kept);
  // Java would take a file without a type for a JKS store.
  if (options.has("ca")) kept.set("ssl.truststore.type", "PEM");
  const login = await completeLogin(terminal, options, loginOf(kept));
  if (login !== undefined && login.mechanism !== "OAUTHBEARER") {
    kept.set("sasl.mechanism", login.mechanism);
    kept.set("sasl.jaas.config", jaasText(login.mechanism, login.username, login.password ?? ""));
    kept.delete("sasl.password");
  }
  return kept;
}

/** Throws for what would not connect to anything. */
function checkSecurity(properties: Properties): void {
  protocolOf(properties);
  const known = new Set(knownNames());
  for (const name of properties.keys()) {
    if (known.has(name) || !name.startsWith("s")) continue;
    const near = nearest(name, known);
    if (near !== undefined) {
      throw usageProblem(`nothing is known of ${name}`, `did you mean: ${near}`);
    }
  }
}

function differencesOf(before: Properties, after: Properties) {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const shown = (of: Properties, name: string): string | undefined => {
    const value = of.get(name);
    return value === undefined ? undefined : shownValue(name, value);
  };
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => difference(name, shown(before, name), shown(after, name)));
}

export function runUse(
  terminal: Terminal,
  [name = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  const before = store.inUse();
  const after = name === "-" ? undefined : store.read(name).name;
  const change: Change = {
    kind: "profile",
    name: after ?? "(none)",
    action: "use",
    differences: [difference("in use", before, after)],
    ...(before === after ? { settled: { result: "unchanged" } } : {}),
  };
  return carryOut(terminal, options, {
    changes: [change],
    apply: () => {
      store.use(after);
      return Promise.resolve([{}]);
    },
  });
}

export async function runList(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  const inUse = terminal.env["MOLDAU_PROFILE"] ?? store.inUse();
  const rows = store.names().map((name) => rowOf(store.read(name), inUse));
  await printItems(terminal, options, profileListing(rows));
  return ExitCode.ok;
}

function rowOf({ name, path, properties }: Profile, inUse: string | undefined): ProfileRow {
  const shown = [...properties].map(([property, value]) => [property, shownValue(property, value)]);
  return {
    profile: name,
    inUse: name === inUse,
    bootstrap: properties.get("bootstrap.servers") ?? "",
    security: (properties.get("security.protocol") ?? "PLAINTEXT").toUpperCase(),
    user: properties.get("sasl.username") ?? "",
    properties: Object.fromEntries(shown),
    path,
  };
}

function profileListing(items: readonly ProfileRow[]): Listing<ProfileRow> {
  return {
    items,
    id: ({ profile }) => profile,
    empty:
      "There are no profiles yet. Make one with: moldau profile create local -b localhost:9092",
    columns: [
      { title: "profile", of: ({ profile }) => profile },
      {
        title: "in use",
        field: "inUse",
        of: ({ inUse }) => inUse,
        text: ({ inUse }) => (inUse ? "yes" : ""),
      },
      { title: "bootstrap", of: ({ bootstrap }) => bootstrap, shrinks: true },
      { title: "security", of: ({ security }) => security },
      { title: "user", of: ({ user }) => user },
      { title: "file", field: "path", of: ({ path }) => path, wide: true },
    ],
  };
}

/** The profile that is named, or else the one that commands would take. */
function nameOrInUse(terminal: Terminal, store: ProfileStore, name: string | undefined): string {
  const found = name ?? terminal.env["MOLDAU_PROFILE"] ?? store.inUse();
  if (found !== undefined && found !== "") return found;
  throw usageProblem("no profile is named, and none is in use", "see: moldau profile list");
}

export async function runShow(
  terminal: Terminal,
  [name]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  const shown = store.read(nameOrInUse(terminal, store, name));
  const row = rowOf(shown, terminal.env["MOLDAU_PROFILE"] ?? store.inUse());
  const listing = { ...profileListing([row]), single: true };
  await printItems(terminal, options, listing, () => {
    const { bold, dim } = paintFor(terminal, terminal.stdout);
    const properties = Object.entries(row.properties).map(([property, value]) => ({
      property,
      value,
    }));
    const table = renderTable(
      terminal,
      {
        items: properties,
        columns: [
          { title: "property", of: ({ property }) => property },
          { title: "value", of: ({ value }) => value },
        ],
      },
      true,
    );
    const note = row.inUse ? "in use" : "";
    return `${bold(row.profile)}  ${note}  ${dim(row.path)}\n\n${table}`;
  });
  return ExitCode.ok;
}

/** Edits a copy, looks whether it can be understood, and only then takes it. */
export async function runEdit(
  terminal: Terminal,
  [name]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  const profile = store.read(nameOrInUse(terminal, store, name));
  const editor = terminal.env["VISUAL"] ?? terminal.env["EDITOR"];
  if (editor === undefined || editor === "") {
    throw usageProblem("no editor is named", `set $EDITOR, or edit ${profile.path} yourself`);
  }
  const draft = `${profile.path}.draft`;
  fs.copyFileSync(profile.path, draft);
  fs.chmodSync(draft, DRAFT_MODE);
  try {
    await edit(editor, draft);
    const after = new Map<string, string>();
    for (const [property, value] of parseProperties(fs.readFileSync(draft, "utf8"))) {
      after.set(canonicalName(property), value);
    }
    bootstrapOf(after);
    checkSecurity(after);
    const differences = differencesOf(profile.properties, after);
    const change: Change = {
      kind: "profile",
      name: profile.name,
      action: "alter",
      differences,
      ...(differences.length === 0 ? { settled: { result: "unchanged" } } : {}),
    };
    return await carryOut(terminal, options, {
      changes: [change],
      apply: () => {
        fs.renameSync(draft, profile.path);
        return Promise.resolve([{}]);
      },
    });
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

const DRAFT_MODE = 0o600;

/** Resolves when the editor has ended well. */
function edit(editor: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(`${editor} "${file}"`, { stdio: "inherit", shell: true });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Problem("MLD2004", `the editor ended with ${code}; nothing was changed`));
    });
  });
}

export function runDelete(
  terminal: Terminal,
  names: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  const changes = names.map((name): Change => {
    const { properties } = store.read(name);
    return {
      kind: "profile",
      name,
      action: "delete",
      differences: differencesOf(properties, new Map()),
    };
  });
  return carryOut(terminal, options, {
    changes,
    question: `Forget ${names.join(", ")} with all credentials?`,
    apply: (open) => {
      for (const { name } of open) store.remove(name);
      return Promise.resolve(open.map(() => ({})));
    },
  });
}

export function runRename(
  terminal: Terminal,
  [name = "", to = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const store = new ProfileStore(terminal);
  store.read(name);
  checkProfileName(to);
  if (store.has(to)) throw new Problem("MLD3015", `there is a profile ${to} already`);
  return carryOut(terminal, options, {
    changes: [
      { kind: "profile", name, action: "rename", differences: [difference("name", name, to)] },
    ],
    apply: () => {
      store.rename(name, to);
      return Promise.resolve([{}]);
    },
  });
}
