import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { scratchFolder } from "./moldau.ts";
import { Session } from "./session.ts";

const scratch = scratchFolder();
let moldau: Session;
let topic: string;
let group: string;
before(async () => {
  moldau = await Session.open();
  topic = await moldau.topic(2, ["a"]);
  group = await moldau.group(topic);
});
after(async () => {
  await moldau.close();
  scratch.remove();
});

/** What a shell is offered for the last of the words. */
async function offered(...words: string[]): Promise<string[]> {
  const lines = await moldau.ok(["__complete", "--", ...words]);
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0] ?? "");
}

test("first words, verbs and flags", async () => {
  assert.deepEqual(await offered("to"), ["topic"]);
  assert.ok((await offered("")).includes("doctor"));
  assert.ok(!(await offered("")).includes("kafka-topics"));
  assert.deepEqual(await offered("kafka-t"), ["kafka-topics", "kafka-transactions"]);
  assert.deepEqual(await offered("topic", "de"), ["describe", "delete"]);
  assert.deepEqual(await offered("group", "delete"), ["delete", "delete-offsets"]);
  assert.deepEqual(await offered("topic", "create", "x", "--par"), ["--partitions"]);
  assert.deepEqual(await offered("topic", "list", "--tl"), ["--tls"]);
  assert.deepEqual(await offered("topic", "nothing", ""), []);
  assert.deepEqual(await offered("kafka-topics", "--topic"), [
    "--topic",
    "--topic-id",
    "--topics-with-overrides",
  ]);
  assert.deepEqual(await offered("kafka-transactions", "describe"), [
    "describe",
    "describe-producers",
  ]);
});

test("topics, groups, brokers and values of options", async () => {
  assert.deepEqual(await offered("topic", "describe", topic.slice(0, -1)), [topic]);
  assert.deepEqual(await offered("-b", moldau.target.bootstrap, "topic", "describe", topic), [
    topic,
  ]);
  assert.deepEqual(await offered("group", "reset", group), [group]);
  assert.deepEqual(await offered("consume", topic, "-g", group), [group]);
  assert.deepEqual(await offered("kafka-consumer-groups", "--describe", "--group", group), [group]);
  const server = ["--bootstrap-server", moldau.target.bootstrap];
  assert.deepEqual(await offered("kafka-topics", ...server, "--topic", topic), [topic]);
  assert.deepEqual(await offered("topic", "offsets", topic), [topic]);
  assert.deepEqual(await offered("broker", "describe", ""), ["1"]);
  assert.deepEqual(await offered("topic", "list", "-o", "j"), ["json"]);
  assert.deepEqual(await offered("topic", "list", "--output=y"), ["--output=yaml"]);
  assert.deepEqual(await offered("config", "set", "topic", topic, "retention."), [
    "retention.bytes",
    "retention.ms",
  ]);
  assert.deepEqual(await offered("topic", "alter", topic, "--unset", "cleanup"), [
    "cleanup.policy",
  ]);
  assert.deepEqual(await offered("config", "describe", "to"), ["topic"]);
});

test("files are left to the shell, and a cluster that is not there is passed over in silence", async () => {
  assert.deepEqual(await offered("start", ""), [":files"]);
  assert.deepEqual(await offered("topic", "list", "--ca", ""), [":files"]);
  const none = await moldau.run(["__complete", "--", "topic", "describe", "-b", "127.0.0.1:1", ""]);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", ""]);
});

test("profiles are offered by name", async () => {
  const env = { XDG_CONFIG_HOME: scratch.path };
  await moldau.ok(["profile", "create", "production", "-b", "x:1"], { env });
  const lines = await moldau.ok(["__complete", "--", "topic", "list", "--profile", "pr"], { env });
  assert.equal(lines, "production\t\n");
});

test("the script of bash completes in bash", async (t) => {
  if (spawnSync("bash", ["-c", "true"]).status !== 0) return t.skip("there is no bash");
  const script = await moldau.ok(["completion", "bash"]);
  const bin = join(scratch.path, "bin");
  fs.mkdirSync(bin);
  const root = join(import.meta.dirname, "..", "..");
  const program = `#!/bin/sh\nexec ${process.execPath} ${join(root, "src", "cli", "bin.ts")} "$@"\n`;
  fs.writeFileSync(join(bin, "moldau"), program, { mode: 0o755 });
  fs.writeFileSync(join(scratch.path, "completion.bash"), script);
  const complete = (...words: string[]): string[] => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const body = `source ${join(scratch.path, "completion.bash")}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _moldau; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync("bash", ["--norc", "-c", body], {
      env: {
        ...process.env,
        PATH: `${bin}:${process.env["PATH"]}`,
        MOLDAU_BOOTSTRAP: moldau.target.bootstrap,
      },
      encoding: "utf8",
    });
    return stdout.split("\n").slice(0, -1);
  };
  assert.deepEqual(complete("moldau", "to"), ["topic"]);
  assert.deepEqual(complete("moldau", "topic", "de"), ["describe", "delete"]);
  const [file] = complete("moldau", "start", join(root, "package.js"));
  assert.equal(file, join(root, "package.json"));
});

test("every shell has a script, and none other", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.match(await moldau.ok(["completion", shell]), /__complete --/);
  }
  assert.match(await moldau.fails(["completion", "tcsh"], 2), /bash, zsh, fish/);
});

test("zsh and fish understand their scripts, where they are installed", async (t) => {
  for (const [shell, flag] of [
    ["zsh", "-n"],
    ["fish", "--no-execute"],
  ] as const) {
    const path = join(scratch.path, `completion.${shell}`);
    fs.writeFileSync(path, await moldau.ok(["completion", shell]));
    const { error, status, stderr } = spawnSync(shell, [flag, path], { encoding: "utf8" });
    if (error !== undefined) t.diagnostic(`there is no ${shell}`);
    else assert.equal(status, 0, stderr);
  }
});
