import {
  describeUserScramCredentials,
  type ScramAlteration,
  type ScramMechanism,
} from "../../client/admin/scram-users.ts";
import { askSecret } from "../ask.ts";
import { carryOut, difference, type Change, type Outcome } from "../changes.ts";
import { alterCredentials } from "../credentials.ts";
import type { Options } from "../command.ts";
import { passwordIn } from "../connection/secure.ts";
import { withCluster } from "../connection/with-cluster.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { printItems } from "../output.ts";
import { notFound } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import type { UserRow } from "../shapes/security.ts";
import { SCRAM_MECHANISMS } from "../words.ts";
import type { Terminal } from "../terminal.ts";

/** More than Kafka's least: a guess costs twice as much. */
const DEFAULT_ITERATIONS = 8192;
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;

/** `moldau user list`. */
export function runList(
  terminal: Terminal,
  names: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const items = await usersOf(cluster, names);
    await printItems<UserRow>(terminal, options, {
      items,
      id: ({ user }) => user,
      empty: "There are no users that log in by SCRAM. Make one with: moldau user set ada",
      columns: [
        { title: "user", of: ({ user }) => user },
        {
          title: "credentials",
          of: ({ credentials }) =>
            credentials
              .map(({ mechanism, iterations }) => `${mechanism} (${iterations})`)
              .join(", "),
        },
      ],
    });
    return ExitCode.ok;
  });
}

async function usersOf(cluster: Cluster, names: readonly string[]): Promise<UserRow[]> {
  const outcomes = await describeUserScramCredentials(cluster, names.length === 0 ? null : names);
  const rows: UserRow[] = [];
  for (const { name, value, error } of outcomes) {
    if (error?.code === "RESOURCE_NOT_FOUND") {
      const all = await describeUserScramCredentials(cluster, null);
      throw notFound(
        "user",
        name,
        all.map((one) => one.name),
      );
    }
    if (error !== undefined) throw error;
    rows.push({ user: name, credentials: [...value] });
  }
  return rows.sort((a, b) => (a.user < b.user ? -1 : 1));
}

function mechanismsOf(options: Options): readonly ScramMechanism[] {
  return options.list("mechanism").map((text) => {
    const found = SCRAM_MECHANISMS.find((one) => one === text.toUpperCase());
    if (found !== undefined) return found;
    throw usageProblem(
      `--mechanism does not know "${text}"`,
      `it takes ${SCRAM_MECHANISMS.join(", ")}`,
    );
  });
}

interface Alteration extends Change {
  readonly alteration: ScramAlteration;
}

/** `moldau user set`. */
export async function runSet(
  terminal: Terminal,
  [user = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const iterations =
    options.integer("iterations", { min: ITERATIONS_MIN, max: ITERATIONS_MAX }) ??
    DEFAULT_ITERATIONS;
  const asked = mechanismsOf(options);
  const mechanisms: readonly ScramMechanism[] = asked.length === 0 ? ["SCRAM-SHA-512"] : asked;
  const password = options.has("dry-run") ? "" : await newPassword(terminal, options, user);
  return withCluster(terminal, options, async (cluster) => {
    const [before] = (await describeUserScramCredentials(cluster, null)).filter(
      ({ name }) => name === user,
    );
    const changes = mechanisms.map((mechanism): Alteration => {
      const had = before?.value?.find((one) => one.mechanism === mechanism);
      const text = had === undefined ? null : `${had.iterations} iterations`;
      return {
        kind: "user",
        name: user,
        action: had === undefined ? "create" : "set",
        differences: [difference(mechanism, text, `${iterations} iterations, password (hidden)`)],
        alteration: { user, mechanism, iterations, password },
      };
    });
    return carryOut(terminal, options, { changes, apply: (open) => alter(cluster, open) });
  });
}

function alter(cluster: Cluster, changes: readonly Alteration[]): Promise<Outcome[]> {
  return alterCredentials(
    cluster,
    changes.map(({ alteration }) => alteration),
  );
}

async function newPassword(terminal: Terminal, options: Options, user: string): Promise<string> {
  const file = options.text("new-password-file");
  const password =
    file === undefined
      ? await askSecret(terminal, `New password of ${user}: `)
      : await passwordIn(terminal, file);
  if (password === undefined) {
    throw usageProblem(`${user} needs a password`, "give it with --new-password-file, - for stdin");
  }
  if (password === "") throw usageProblem("an empty password is none");
  if (file !== undefined) return password;
  const again = await askSecret(terminal, "Once more: ");
  if (again !== password) throw usageProblem("these were two passwords", "type the same twice");
  return password;
}

/** `moldau user delete`. */
export function runDelete(
  terminal: Terminal,
  users: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const only = mechanismsOf(options);
  return withCluster(terminal, options, async (cluster) => {
    const changes: Alteration[] = [];
    for (const { user, credentials } of await usersOf(cluster, users)) {
      for (const { mechanism, iterations } of credentials) {
        const known = SCRAM_MECHANISMS.find((one) => one === mechanism);
        if (known === undefined || (only.length > 0 && !only.includes(known))) continue;
        changes.push({
          kind: "user",
          name: user,
          action: "delete",
          differences: [difference(mechanism, `${iterations} iterations`, null)],
          alteration: { user, mechanism: known, password: null },
        });
      }
    }
    return carryOut(terminal, options, {
      changes,
      question: `Delete ${users.join(", ")}? They cannot log in any more.`,
      empty: "There is no such credential.",
      apply: (open) => alter(cluster, open),
    });
  });
}
