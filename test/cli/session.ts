import assert from "node:assert/strict";
import { once } from "node:events";
import { startTarget, uniqueName, type Target } from "../client/target.ts";
import { jsonLines, moldauHere, type CommandOptions, type CommandOutcome } from "./moldau.ts";

/** Command lines against one cluster: Moldau in this process, or the Apache Kafka that is named. */
export class Session {
  readonly target: Target;

  private constructor(target: Target) {
    this.target = target;
  }

  static async open(settings: readonly string[] = []): Promise<Session> {
    return new Session(await startTarget(settings));
  }

  close(): Promise<void> {
    return this.target.close();
  }

  /** Runs `moldau …` to its end. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<CommandOutcome> {
    const env = {
      MOLDAU_BOOTSTRAP: this.target.bootstrap,
      XDG_CONFIG_HOME: "/nonexistent",
      ...options.env,
    };
    return moldauHere(args, { ...options, env });
  }

  /** The same for one that has to end with 0; its output. */
  async ok(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.equal(code, 0, `moldau ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The objects that a command prints as ndjson. */
  async lines(
    args: readonly string[],
    options: CommandOptions = {},
  ): Promise<Record<string, unknown>[]> {
    return jsonLines(await this.ok([...args, "-o", "ndjson"], options));
  }

  /** What a command that fails says on the error stream, with the code it ends with. */
  async fails(
    args: readonly string[],
    code: number,
    options: CommandOptions = {},
  ): Promise<string> {
    const outcome = await this.run(args, options);
    assert.equal(
      outcome.code,
      code,
      `moldau ${args.join(" ")}\n${outcome.stdout}${outcome.stderr}`,
    );
    return outcome.stderr;
  }

  /** A topic of its own, with records where lines are given. */
  async topic(partitions = 1, lines: readonly string[] = []): Promise<string> {
    const name = uniqueName("cli");
    await this.ok(["topic", "create", name, "-p", String(partitions)]);
    if (lines.length > 0) {
      await this.ok(["produce", name, "-p", "0"], {
        input: lines.map((line) => `${line}\n`).join(""),
      });
    }
    return name;
  }

  /** A group that has read all of a topic, and left. */
  async group(topic: string): Promise<string> {
    const name = uniqueName("cli-group");
    await this.ok(["consume", topic, "-g", name, "-e", "-o", "id"]);
    return name;
  }
}

/** Waits until it is so, by looking again and again. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + UNTIL_MAX_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not so in time: ${what}`);
    await once(AbortSignal.timeout(LOOK_EVERY_MS), "abort");
  }
}

const UNTIL_MAX_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** The differences of a change, as `field before>after`. */
export function differencesIn(change: Record<string, unknown> | undefined): string[] {
  const list = change?.["differences"] as {
    field: string;
    before: string | null;
    after: string | null;
  }[];
  return list.map(({ field, before, after }) => `${field} ${before}>${after}`);
}
