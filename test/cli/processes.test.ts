import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { uniqueName } from "../client/target.ts";
import { bin, moldau as moldauProcess } from "./moldau.ts";
import { Session, until } from "./session.ts";

let moldau: Session;
let env: Record<string, string>;
before(async () => {
  moldau = await Session.open();
  env = { MOLDAU_BOOTSTRAP: moldau.target.bootstrap, XDG_CONFIG_HOME: "/nonexistent" };
});
after(() => moldau.close());

/** A command that goes on, with its pipes open. */
function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [bin, ...args], { env: { ...process.env, ...env } });
}

test("a pipe of processes copies a topic", async () => {
  const source = await moldau.topic(1);
  const sink = await moldau.topic(1);
  const produced = await moldauProcess(["produce", source], { env, input: "one\ntwo\n" });
  assert.deepEqual([produced.code, produced.stdout, produced.stderr], [0, "", ""]);
  const consumed = await moldauProcess(["consume", source, "-e"], { env });
  const args = ["produce", sink, "-f", "ndjson"];
  assert.equal((await moldauProcess(args, { env, input: consumed.stdout })).code, 0);
  const copied = await moldauProcess(["consume", sink, "-e", "-o", "raw"], { env });
  assert.equal(copied.stdout, "one\ntwo\n");
});

test("exit codes tell what went wrong", async () => {
  const topic = await moldau.topic(1);
  const code = async (line: string): Promise<number> =>
    (await moldauProcess(line.split(" "), { env })).code;
  assert.equal(await code(`topic create ${topic}`), 1);
  assert.equal(await code(`topic create ${topic} --if-not-exists`), 0);
  assert.equal(await code(`topic create ${topic} ${uniqueName("cli")}`), 5);
  assert.equal(await code("topic describe there.is.no.such.topic"), 3);
  assert.equal(await code("group describe there.is.no.such.group"), 3);
  assert.equal(await code("consume there.is.no.such.topic"), 3);
  assert.equal(await code("topic create"), 2);
  assert.equal(await code(`topic create x -p many`), 2);
  assert.equal(await code("topic lits"), 2);
  assert.equal(await code("topic list -o picture"), 2);
  assert.equal(await code(`topic delete ${topic}`), 2);
  assert.equal(await code("topic list -b 127.0.0.1:1"), 1);
  assert.equal(await code("--help"), 0);
});

test("a broker that does not answer is given up in time", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const args = ["topic", "list", "-b", `127.0.0.1:${port}`, "--timeout", "300ms"];
  const child = start(args);
  const [code] = (await once(child, "exit")) as [number];
  silent.close();
  assert.equal(code, 124);
});

test("a reader that goes away is no failure", async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
  const topic = await moldau.topic(1, lines);
  const child = start(["consume", topic, "-e", "-o", "raw"]);
  const stderr: Buffer[] = [];
  child.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = (await once(child, "exit")) as [number];
  assert.deepEqual([code, Buffer.concat(stderr).toString()], [0, ""]);
});

test("Ctrl-C ends a reader in peace, and a member leaves its group", async () => {
  const topic = await moldau.topic(1, ["one"]);
  const group = uniqueName("cli-group");
  const child = start(["consume", topic, "-g", group, "-o", "raw"]);
  await once(child.stdout, "data");
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  assert.equal(code, 0);
  const [described] = await moldau.lines(["group", "describe", group]);
  assert.deepEqual([described?.["state"], described?.["lag"]], ["Empty", 0]);
});

test("Ctrl-C ends the input of produce: what was typed is sent", async () => {
  const topic = await moldau.topic(1);
  const child = start(["produce", topic]);
  child.stdin.write("typed\n");
  await until(
    async () => (await moldau.ok(["consume", topic, "-e", "-o", "raw"])) === "typed\n",
    "the line is sent at once",
  );
  child.stdin.write("typed too\n");
  await until(
    async () => (await moldau.ok(["consume", topic, "-e", "-o", "raw"])).includes("too"),
    "the second as well",
  );
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  assert.equal(code, 0);
});
