import assert from "node:assert/strict";
import { test } from "node:test";
import { allCommands } from "./catalog.ts";
import { parseFlags } from "./command.ts";
import { parseCommandLine, type Parsed } from "./parse.ts";

/** What a command line runs, with which arguments and options. */
async function read(line: string | readonly string[]) {
  const parsed: Parsed = await parseCommandLine(typeof line === "string" ? line.split(" ") : line);
  assert.equal(parsed.kind, "run");
  if (parsed.kind !== "run") throw new Error("unreachable");
  return parsed;
}

test("verbs, options and arguments may stand in any order", async () => {
  for (const line of [
    "topic create orders -p 3 -b here:1 --dry-run",
    "-b here:1 topic create --dry-run -p3 orders",
    "topic -b here:1 create -p=3 orders --dry-run",
    "topic --bootstrap=here:1 --dry-run create orders --partitions 3",
    "topics create orders --partitions=3 --bootstrap here:1 --dry-run",
  ]) {
    const { spec, args, options } = await read(line);
    assert.equal(spec.name, "topic create", line);
    assert.deepEqual(args, ["orders"], line);
    assert.equal(options.integer("partitions", { min: 1 }), 3, line);
    assert.equal(options.text("bootstrap"), "here:1", line);
    assert.ok(options.has("dry-run"), line);
  }
});

test("values may begin with a dash where they are numbers, letters may stand together", async () => {
  const { options } = await read("consume orders --from -10 -en5 -p 0,1");
  assert.equal(options.text("from"), "-10");
  assert.ok(options.has("until-end"));
  assert.equal(options.integer("count", { min: 1 }), 5);
  const reset = await read("group reset billing --shift -100 -t orders:0,1 -t users");
  assert.equal(reset.options.text("shift"), "-100");
  assert.deepEqual(reset.options.list("topic"), ["orders:0,1", "users"]);
  const rest = await read("produce orders -- -5 --not-an-option");
  assert.deepEqual(rest.args, ["orders", "-5", "--not-an-option"]);
});

test("Kafka's tools are read with their flags, whatever stands first", async () => {
  const features = await read("kafka-features --bootstrap-server here:1 describe");
  assert.equal(features.spec.name, "kafka-features describe");
  assert.equal(features.options.text("bootstrap-server"), "here:1");
  const script = await read("kafka-topics.sh --bootstrap-server here:1 --list");
  assert.equal(script.spec.name, "kafka-topics");
  const codec = await read("kafka-console-producer --topic t --compression-codec --sync");
  assert.equal(codec.options.text("compression-codec"), undefined);
  assert.ok(codec.options.has("compression-codec"));
  const states = await read("kafka-consumer-groups --list --state");
  assert.ok(states.options.has("state"));
  const some = await read("kafka-consumer-groups --list --state Stable,Empty");
  assert.equal(some.options.text("state"), "Stable,Empty");
});

test("words of other tools are understood", async () => {
  assert.equal((await read("topic ls")).spec.name, "topic list");
  assert.equal((await read("groups rm g")).spec.name, "group delete");
  assert.equal((await read("transaction list")).spec.name, "txn list");
});

test("help and version are asked for in every way", async () => {
  const kinds = async (...lines: string[]): Promise<string[]> => {
    const parsed = await Promise.all(
      lines.map((line) => parseCommandLine(line === "" ? [] : line.split(" "))),
    );
    return parsed.map((one) => (one.kind === "help" ? one.topic.kind : one.kind));
  };
  assert.deepEqual(await kinds("", "help", "--help", "-h"), ["root", "root", "root", "root"]);
  assert.deepEqual(await kinds("topic", "topic --help", "help topic"), ["noun", "noun", "noun"]);
  assert.deepEqual(await kinds("topic list -h", "help topic list", "consume --help"), [
    "command",
    "command",
    "command",
  ]);
  assert.deepEqual(await kinds("help connection", "help output", "help template"), [
    "page",
    "page",
    "page",
  ]);
  assert.deepEqual(await kinds("-V", "--version", "topic list --version"), [
    "version",
    "version",
    "version",
  ]);
});

test("what is wrong is told with what was meant", async () => {
  const wrong: readonly (readonly [line: string, message: RegExp, remedy: RegExp])[] = [
    ["topc list", /no "moldau topc"/, /topic/],
    ["topic lits", /no "moldau topic lits"/, /moldau topic list/],
    ["topic list --internl", /no --internl/, /--internal/],
    ["topic create", /<topic\.\.\.> is missing/, /usage: moldau topic create/],
    ["group reset a b", /"b" is one argument too many/, /usage/],
    ["topic create x -p", /-p takes a <count>/, /--help/],
    ["topic create x --dry-run=yes", /--dry-run takes no value/, /--help/],
    ["topic list -q", /no -q/, /--help/],
    ["topic -x", /takes a verb/, /./],
    ["--nothing", /stands alone/, /--help/],
    ["help topc", /no "moldau topc"/, /topic/],
  ];
  for (const [line, message, remedy] of wrong) {
    await assert.rejects(
      parseCommandLine(line.split(" ")),
      (thrown: Error & { code?: string; remedy?: string }) => {
        assert.equal(thrown.code, "MLD2001", line);
        assert.match(thrown.message, message, line);
        assert.match(thrown.remedy ?? thrown.message, remedy, line);
        return true;
      },
    );
  }
});

test("every command is well-formed: flags once each, plans where something changes, examples that parse", async () => {
  for (const spec of await allCommands()) {
    const names = spec.options.map(({ flags }) => parseFlags(flags).name);
    assert.equal(new Set(names).size, names.length, `${spec.name}: ${names.join(" ")}`);
    const letters = spec.options.flatMap(({ flags }) => parseFlags(flags).letter ?? []);
    assert.equal(new Set(letters).size, letters.length, `${spec.name}: ${letters.join(" ")}`);
    assert.match(spec.about, /^[A-Z].*[^.]$/, spec.name);
    for (const { flags, about } of spec.options)
      assert.notEqual(about, "", `${spec.name} ${flags}`);
    if (spec.changes === true) {
      assert.ok(names.includes("dry-run") && names.includes("yes"), spec.name);
      assert.notEqual(spec.shape, undefined, spec.name);
    }
    if (spec.name.startsWith("kafka-")) continue;
    assert.ok((spec.examples ?? []).length > 0, `${spec.name} has an example`);
    if (names.includes("schema")) assert.notEqual(spec.shape, undefined, spec.name);
    for (const [example] of spec.examples ?? []) await parseExample(spec.name, example);
  }
});

/** Each of the moldau commands in a line of an example. */
async function parseExample(name: string, example: string): Promise<void> {
  for (const part of example.split(/\||\$\(|;/)) {
    const words =
      part.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^['"]|['"]$/g, "")) ?? [];
    const at = words.indexOf("moldau");
    if (at < 0) continue;
    const end = words.findIndex((word) => /^[<>]/.test(word));
    const line = words
      .slice(at + 1, end < 0 ? undefined : end)
      .filter((word) => word !== ")" && word !== ')"');
    await assert.doesNotReject(
      parseCommandLine(line.map((word) => word.replace(/\)"?$/, ""))),
      `${name}: ${example}`,
    );
  }
}
