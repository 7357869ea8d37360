import assert from "node:assert/strict";
import * as fs from "node:fs";
import { after, before, test } from "node:test";
import { allCommands, catalog } from "../../src/cli/catalog.ts";
import { Session } from "./session.ts";

let moldau: Session;
before(async () => {
  moldau = await Session.open();
});
after(() => moldau.close());

test("moldau alone tells a newcomer what there is", async () => {
  const text = await moldau.ok([]);
  assert.equal(text, await moldau.ok(["--help"]));
  for (const { word, section } of catalog) {
    if (section !== undefined) assert.match(text, new RegExp(`^ {2}${word} `, "m"));
  }
  assert.match(text, /moldau dev\n/);
  assert.ok(text.split("\n").every((line) => line.length <= 100));
});

test("every command has help with its usage, options and examples, in lines that fit", async () => {
  for (const spec of await allCommands()) {
    const text = await moldau.ok([...spec.name.split(" "), "--help"]);
    assert.match(text, new RegExp(`Usage\n {2}moldau ${spec.name}\\b`), spec.name);
    for (const { flags, hidden } of spec.options) {
      if (hidden !== true) assert.ok(text.includes(flags), `${spec.name} ${flags}`);
    }
    for (const [example] of spec.examples ?? []) assert.ok(text.includes(example), spec.name);
    const long = text.split("\n").find((line) => line.length > 120);
    assert.equal(long, undefined, spec.name);
  }
});

test("every noun has help with its verbs", async () => {
  for (const noun of [
    "topic",
    "group",
    "record",
    "config",
    "cluster",
    "broker",
    "quorum",
    "txn",
    "acl",
    "user",
    "quota",
    "profile",
  ]) {
    assert.match(await moldau.ok([noun]), new RegExp(`^Usage\n {2}moldau ${noun} <verb>`));
  }
  assert.match(await moldau.ok(["help", "connection"]), /MOLDAU_BOOTSTRAP/);
  assert.match(await moldau.ok(["help", "output"]), /124 +timed out/);
  assert.match(await moldau.ok(["help", "template"]), /%\{header:name\}/);
});

test("every command that prints things shows their shape, without asking a cluster", async () => {
  let count = 0;
  for (const spec of await allCommands()) {
    if (spec.shape === undefined) continue;
    count++;
    const env = { MOLDAU_BOOTSTRAP: "127.0.0.1:1" };
    const words = spec.name.split(" ");
    assert.match(
      await moldau.ok([...words, "--schema"], { env }),
      /^\/\/ .*\ninterface \w+ \{\n/,
      spec.name,
    );
    const schema = JSON.parse(await moldau.ok([...words, "--schema", "-o", "json"], { env })) as {
      title: string;
    };
    assert.match(schema.title, /^[A-Z]\w+$/, spec.name);
  }
  assert.ok(count > 40);
});

test("docs/command-line.md names every command", async () => {
  const page = fs.readFileSync(new URL("../../docs/command-line.md", import.meta.url), "utf8");
  for (const { name } of await allCommands()) {
    const [noun = "", verb] = name.split(" ");
    const row = page.split("\n").find((line) => line.startsWith(`| \`${noun}\` |`));
    const isKafkas = noun.startsWith("kafka-");
    if (isKafkas || verb === undefined) assert.ok(page.includes(`\`${noun}\``), name);
    else assert.ok(row?.includes(verb) === true || page.includes(`\`${name}\``), name);
  }
});
