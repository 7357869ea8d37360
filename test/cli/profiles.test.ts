import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { jsonLines, moldauHere, scratchFolder, type CommandOutcome } from "./moldau.ts";
import { differencesIn, Session } from "./session.ts";

const scratch = scratchFolder();
let session: Session;
before(async () => {
  session = await Session.open();
});
after(async () => {
  await session.close();
  scratch.remove();
});

let folders = 0;

/** A place for profiles of its own. */
function home(extra: Readonly<Record<string, string>> = {}) {
  folders++;
  const folder = join(scratch.path, `config-${folders}`);
  const env = { XDG_CONFIG_HOME: folder, ...extra };
  return {
    folder: join(folder, "moldau"),
    run: (
      args: readonly string[],
      more: Readonly<Record<string, string>> = {},
    ): Promise<CommandOutcome> => moldauHere(args, { env: { ...env, ...more } }),
  };
}

test("a profile in use is taken by every command, and by no other address", async () => {
  const { run } = home();
  const { bootstrap } = session.target;
  assert.equal((await run(["profile", "create", "here", "-b", bootstrap, "--use"])).code, 0);
  assert.equal((await run(["topic", "list"])).code, 0);
  await run(["profile", "create", "nowhere", "-b", "127.0.0.1:1"]);
  assert.equal((await run(["topic", "list", "--profile", "nowhere"])).code, 1);
  assert.equal((await run(["topic", "list"], { MOLDAU_PROFILE: "nowhere" })).code, 1);
  assert.equal((await run(["topic", "list", "--profile", "nowhere", "-b", bootstrap])).code, 0);
  await run(["profile", "use", "nowhere"]);
  assert.equal((await run(["topic", "list"])).code, 1);
  assert.equal((await run(["topic", "list"], { MOLDAU_BOOTSTRAP: bootstrap })).code, 0);
  assert.equal((await run(["topic", "list", "-X", `bootstrap.servers=${bootstrap}`])).code, 0);
  assert.equal((await run(["profile", "use", "-"])).code, 0);
  assert.match(
    (await run(["topic", "list", "--profile", "her"])).stderr,
    /MLD3014 there is no profile her\n {2}fix: did you mean: here/,
  );
});

test("secrets are kept from everybody else, and never printed", async () => {
  const { run, folder } = home({ MOLDAU_PASSWORD: "unused" });
  const password = join(scratch.path, "password");
  fs.writeFileSync(password, 'hush "hush"\nsecond line\n');
  const args = [
    "profile",
    "create",
    "prod",
    "-b",
    "kafka:9093",
    "--tls",
    "--ca",
    "ca.pem",
    "--user",
    "ada",
  ];
  const created = await run([...args, "--password-file", password, "-o", "json"]);
  assert.equal(created.code, 0, created.stderr);
  const file = join(folder, "profiles", "prod.properties");
  const text = fs.readFileSync(file, "utf8");
  assert.match(text, /^security\.protocol=SASL_SSL$/m);
  assert.match(text, /^sasl\.mechanism=SCRAM-SHA-512$/m);
  assert.match(text, /^ssl\.truststore\.type=PEM$/m);
  assert.match(
    text,
    /^sasl\.jaas\.config=.*ScramLoginModule required username="ada" password="hush \\\\"hush\\\\"";$/m,
  );
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(fs.statSync(join(folder, "profiles")).mode & 0o777, 0o700);
  const outputs = [
    created,
    await run(["profile", "show", "prod"]),
    await run(["profile", "list", "-o", "yaml"]),
  ];
  for (const { stdout, stderr } of outputs) {
    assert.doesNotMatch(stdout + stderr, /hush/);
    assert.match(stdout, /hidden/);
  }
  const [shown] = jsonLines(outputs[1]?.stdout ?? "");
  assert.deepEqual([shown?.["user"], shown?.["security"]], ["ada", "SASL_SSL"]);
});

test("the password of a new profile may come from the environment, as the message for want of one says", async () => {
  const { run, folder } = home({ MOLDAU_PASSWORD: "hush" });
  const made = await run(["profile", "create", "prod", "-b", "kafka:9093", "--user", "ada"]);
  assert.equal(made.code, 0, made.stderr);
  const text = fs.readFileSync(join(folder, "profiles", "prod.properties"), "utf8");
  assert.match(text, /username="ada" password="hush"/);
});

test("a file of a Java client becomes a profile, and what cannot be is refused", async () => {
  const { run } = home();
  const file = join(scratch.path, "client.properties");
  fs.writeFileSync(
    file,
    'bootstrap.servers=kafka:9092\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="bob" password="x";\nacks=all\n',
  );
  assert.equal((await run(["profile", "create", "java", "--command-config", file])).code, 0);
  const wrong: readonly (readonly [args: string[], message: RegExp])[] = [
    [["profile", "create", "java", "-b", "x:1"], /MLD3015 there is a profile java already/],
    [["profile", "create", "a/b", "-b", "x:1"], /no name of a profile/],
    [["profile", "create", "none"], /needs an address/],
    [["profile", "create", "bad", "-b", "x:y"], /no address/],
    [
      ["profile", "create", "bad", "-b", "x:1", "-X", "security.protocol=TLS"],
      /security\.protocol=TLS is not known/,
    ],
    [
      ["profile", "create", "bad", "-b", "x:1", "-X", "securty.protocol=SSL"],
      /did you mean: security\.protocol/,
    ],
    [["profile", "create", "bad", "-b", "x:1", "--user", "ada"], /ada has no password/],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await run(args);
    assert.notEqual(code, 0, args.join(" "));
    assert.match(stderr, message, args.join(" "));
  }
  const replaced = await run([
    "profile",
    "create",
    "java",
    "-b",
    "other:9092",
    "--replace",
    "-o",
    "ndjson",
  ]);
  assert.ok(
    differencesIn(jsonLines(replaced.stdout)[0]).includes(
      "bootstrap.servers kafka:9092>other:9092",
    ),
  );
});

test("use, rename, edit and delete, each with a dry run", async () => {
  const { run, folder } = home();
  await run(["profile", "create", "one", "-b", "x:1", "--use"]);
  const change = async (args: readonly string[], env = {}) =>
    jsonLines((await run([...args, "-o", "ndjson"], env)).stdout)[0];
  assert.equal((await change(["profile", "use", "one"]))?.["result"], "unchanged");
  assert.equal(
    (await change(["profile", "rename", "one", "two", "--dry-run"]))?.["result"],
    "planned",
  );
  assert.equal((await change(["profile", "rename", "one", "two"]))?.["result"], "done");
  assert.match(
    (await run(["profile", "list", "-o", "table"])).stdout,
    /^PROFILE +IN USE +BOOTSTRAP +SECURITY +USER\ntwo +yes +x:1 +PLAINTEXT +-\n$/,
  );
  const edit = ["profile", "edit"];
  const EDITOR = "sed -i s/x:1/y:2/";
  const edited = await change(edit, { EDITOR, PATH: process.env["PATH"] ?? "" });
  assert.deepEqual(differencesIn(edited), ["bootstrap.servers x:1>y:2"]);
  assert.equal((await change(edit, { EDITOR }))?.["result"], "unchanged");
  assert.match((await run(edit, { EDITOR: "sed -i s/y:2/y:nine/" })).stderr, /no address/);
  assert.match((await run(edit, { EDITOR: "false" })).stderr, /MLD2004 the editor ended with 1/);
  assert.match((await run(edit, { EDITOR: "", VISUAL: "" })).stderr, /set \$EDITOR/);
  assert.deepEqual(fs.readdirSync(join(folder, "profiles")), ["two.properties"]);
  assert.equal((await run(["profile", "delete", "two"])).code, 2);
  assert.equal((await change(["profile", "delete", "two", "-y"]))?.["result"], "done");
  assert.match((await run(["profile", "list", "-o", "table"])).stderr, /There are no profiles yet/);
  assert.equal((await run(["profile", "show"])).code, 2);
});

test("what is said more closely wins, and wrong combinations are refused before anything is asked", async () => {
  const { run } = home();
  const wrong: readonly (readonly [args: string[], message: RegExp])[] = [
    [["-X", "security.protocol=SASL_PLAINTEXT"], /OAUTHBEARER needs a token/],
    [["-X", "security.protocol=SASL_PLAINTEXT", "--sasl-mechanism", "PLAIN"], /PLAIN needs a user/],
    [["--user", "ada"], /ada has no password/],
    [["--user", "ada", "--sasl-mechanism", "GSSAPI"], /sasl\.mechanism=GSSAPI is not there/],
    [["--ca", "/nonexistent/ca.pem"], /cannot read \/nonexistent\/ca\.pem: there is no such file/],
    [["--command-config", "/nonexistent/client.properties"], /cannot read/],
    [
      ["-X", "ssl.truststore.location=store.jks", "--tls"],
      /JKS store.*\n.*keytool -importkeystore/,
    ],
    [
      ["-X", "sasl.jaas.config=nonsense", "--user", "ada"],
      /sasl\.jaas\.config cannot be understood/,
    ],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await run(["topic", "list", "-b", "127.0.0.1:1", ...args]);
    assert.ok(code === 2 || code === 3 || code === 1, `${args.join(" ")}: ${code}`);
    assert.match(stderr, message, args.join(" "));
  }
});
