import assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  passwords,
  readSecuredTarget,
  type SecuredListener,
  type SecuredTarget,
} from "../client/secured-target.ts";
import { uniqueName } from "../client/target.ts";
import { jsonLines, moldauHere, scratchFolder } from "./moldau.ts";

const secured = readSecuredTarget();
const scratch = scratchFolder();
const options = {
  skip: secured === undefined && "runs in npm run interop -- client-security",
};

after(() => scratch.remove());

/** What the tests know of the cluster. Throws where they are skipped. */
function target(): SecuredTarget {
  if (secured === undefined) throw new Error("no secured Kafka is named");
  return secured;
}

function file(name: string, content: string | Buffer): string {
  const path = join(scratch.path, name);
  fs.writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const ca = (): string => file("ca.pem", target().ca);

/** A command line to one of the listeners. */
function at(
  listener: SecuredListener,
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string,
) {
  const base = { XDG_CONFIG_HOME: scratch.path, MOLDAU_BOOTSTRAP: target().bootstrap[listener] };
  return moldauHere(args, {
    env: { ...base, ...env },
    ...(input === undefined ? {} : { input }),
  });
}

/** The words of a command line without blanks in them. */
const words = (line: string): string[] => line.split(" ");

const asAlice = { MOLDAU_USER: "alice", MOLDAU_PASSWORD: passwords.alice };

/** A token that the test's listeners take without a signature. */
function unsecuredToken(subject: string): string {
  const part = (fields: object): string =>
    Buffer.from(JSON.stringify(fields)).toString("base64url");
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = { sub: subject, iat: nowSeconds, exp: nowSeconds + 600 };
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

test("each way to log in, by options, environment, file and properties", options, async () => {
  const list = ["topic", "list"];
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]) {
    const { code, stderr } = await at("sasl", [...list, "--sasl-mechanism", mechanism], asAlice);
    assert.equal(code, 0, `${mechanism}: ${stderr}`);
  }
  const passwordFile = file("password", `${passwords.alice}\n`);
  const byFile = [...list, "--user", "alice", "--password-file", passwordFile];
  assert.equal((await at("sasl", byFile)).code, 0);
  assert.equal((await at("saslTls", [...byFile, "--ca", ca()])).code, 0);
  const properties = file(
    "client.properties",
    [
      "security.protocol=SASL_SSL",
      "sasl.mechanism=SCRAM-SHA-256",
      "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\",
      `  username="alice" password="${passwords.alice}";`,
      `ssl.truststore.location=${ca()}`,
      "ssl.truststore.type=PEM",
    ].join("\n"),
  );
  assert.equal((await at("saslTls", [...list, "--command-config", properties])).code, 0);
  const { bootstrap } = target();
  const kafka = ["kafka-topics", "--list", "--bootstrap-server", bootstrap.saslTls];
  assert.equal((await moldauHere([...kafka, "--command-config", properties])).code, 0);
});

test("tokens: as they are, from a file, from an endpoint", options, async () => {
  const list = ["topic", "list", "--sasl-mechanism", "OAUTHBEARER"];
  const token = unsecuredToken("alice");
  const asIs = ["-X", `sasl.oauthbearer.token=${token}`];
  assert.equal((await at("sasl", [...list, ...asIs])).code, 0);
  const endpoint = (url: string): string[] => ["-X", `sasl.oauthbearer.token.endpoint.url=${url}`];
  const fromFile = endpoint(`file://${file("token", token)}`);
  assert.equal((await at("sasl", [...list, ...fromFile])).code, 0);

  const server = createServer((request, response) => {
    const isRight = request.headers.authorization === `Basic ${btoa("app:s3")}`;
    response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isRight ? { access_token: token } : { error: "invalid_client" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = (secret: string): string[] => [
    ...endpoint(`http://127.0.0.1:${port}/token`),
    ...words(`-X sasl.oauthbearer.client.id=app -X sasl.oauthbearer.client.secret=${secret}`),
  ];
  try {
    assert.equal((await at("sasl", [...list, ...client("s3")])).code, 0);
    const refused = await at("sasl", [...list, ...client("other")]);
    assert.deepEqual([refused.code, refused.stdout], [4, ""]);
    assert.match(refused.stderr, /MLD3020 .*status 401.*invalid_client[^]*fix: check sasl\./);
    const doctor = await at("sasl", [
      "doctor",
      "-o",
      "table",
      ...client("other"),
      ...list.slice(2),
    ]);
    assert.match(doctor.stdout, /why: .*gives no token/);
  } finally {
    server.close();
  }
  assert.match((await at("sasl", list)).stderr, /MLD2001 OAUTHBEARER needs a token/);
});

test("certificates of both sides", options, async () => {
  const { alice, stranger } = target().clients;
  const list = ["topic", "list", "--ca", ca()];
  const cert = ["--cert", file("alice.crt", alice.cert)];
  assert.equal((await at("tls", list)).code, 0);
  assert.equal((await at("tls", ["topic", "list", "--insecure"])).code, 0);
  const key = file("alice.key", alice.key);
  assert.equal((await at("mutual", [...list, ...cert, "--cert-key", key])).code, 0);
  assert.equal((await at("mutual", [...list, ...cert, "--key", key])).code, 0);
  const both = file("both.pem", alice.key + alice.cert);
  const store = ["-X", `ssl.keystore.location=${both}`];
  assert.equal((await at("mutualOld", [...list, ...store])).code, 0);
  const { pkcs12 } = target();
  if (pkcs12 !== undefined) {
    const p12 = file("alice.p12", Buffer.from(pkcs12.content, "base64"));
    const args = [...list, "-X", `ssl.keystore.location=${p12}`, "-X"];
    const password = `ssl.keystore.password=${pkcs12.passphrase}`;
    assert.equal((await at("mutual", [...args, password])).code, 0);
    const wrong = await at("mutual", [...args, "ssl.keystore.password=wrong"]);
    assert.match(wrong.stderr, /^MLD3007 /);
  }
  assert.match((await at("mutual", [...list, ...cert])).stderr, /MLD3007 .* holds no key/);
  const cert2 = file("stranger.crt", stranger.cert);
  const strange = ["--cert", cert2, "--cert-key", file("stranger.key", stranger.key)];
  const refused = await at("mutual", [...list, ...strange]);
  assert.deepEqual([refused.code, refused.stderr.slice(0, 7)], [4, "MLD3008"]);
});

test("what does not fit is named, with what to do", options, async () => {
  const cases: readonly [SecuredListener, readonly string[], Record<string, string>, RegExp][] = [
    ["tls", [], {}, /MLD3008 .* speaks TLS, and this client does not\n {2}fix: say --tls/],
    ["tls", ["--tls"], {}, /MLD3008 .* no trusted authority .*\n {2}fix: .*--ca ca\.pem/],
    ["plaintext", ["--tls"], {}, /MLD3008 .* speaks plaintext.*\n {2}fix: leave --tls out/],
    ["mutual", ["--ca", ca()], {}, /MLD3008 .*\n {2}fix: .*--cert me\.pem --cert-key me\.key/],
    ["expired", ["--ca", ca()], {}, /MLD3008 .* has expired/],
    ["elsewhere", ["--ca", ca()], {}, /MLD3008 .* not for 127\.0\.0\.1/],
    ["sasl", [], {}, /MLD3020 .* asks for a login with .*\n {2}fix: say who you are: --user/],
    ["plaintext", [], asAlice, /MLD3020 .* asks nobody to log in.*\n {2}fix: leave --user out/],
    ["sasl", [], { ...asAlice, MOLDAU_PASSWORD: "no" }, /MLD3020 .* refuses the login of alice/],
    ["renewing", [], asAlice, /MLD3020 .*\n {2}fix: take one that it offers/],
  ];
  for (const [listener, args, env, words] of cases) {
    const { code, stderr } = await at(listener, ["topic", "list", ...args], env);
    assert.match(stderr, words);
    assert.ok(code === 1 || code === 4, `${listener} ${args.join(" ")}: ${code}`);
    const doctor = await at(listener, ["doctor", "-o", "table", ...args], env);
    assert.match(doctor.stdout, / ✗ .*\n +why: .*[^]*fix: [a-z]/, doctor.stdout + doctor.stderr);
    const secrets = [passwords.alice, "PRIVATE KEY"];
    for (const secret of secrets) assert.ok(!`${stderr}${doctor.stdout}`.includes(secret));
  }
  const good = await at("saslTls", ["doctor", "-o", "table", "--ca", ca()], asAlice);
  assert.match(good.stdout, /SASL_SSL\n[^]*Everything can be reached/);
});

test("a profile holds what a login needs, and never shows it", options, async () => {
  const { bootstrap } = target();
  const password = file("password", `${passwords.alice}\n`);
  const made = await at(
    "plaintext",
    words(
      `profile create secured -b ${bootstrap.saslTls} --ca ${ca()} --user alice ` +
        `--sasl-mechanism SCRAM-SHA-512 --password-file ${password}`,
    ),
  );
  assert.equal(made.code, 0, made.stderr);
  const env = { MOLDAU_BOOTSTRAP: "", MOLDAU_PROFILE: "secured" };
  assert.equal((await at("plaintext", ["topic", "list"], env)).code, 0);
  const shown = await at("plaintext", ["profile", "show", "secured"], env);
  assert.match(shown.stdout, /hidden/);
  assert.ok(!shown.stdout.includes(passwords.alice));
});

test("users by SCRAM are made, log in, get another password, and go", options, async () => {
  const name = uniqueName("user");
  const first = file("first", "first-Secret-1\n");
  const both = "--mechanism SCRAM-SHA-256 --mechanism SCRAM-SHA-512";
  const made = await at(
    "plaintext",
    words(`user set ${name} --new-password-file ${first} -o table ${both}`),
  );
  assert.equal(made.code, 0, made.stderr);
  assert.ok(!`${made.stdout}${made.stderr}`.includes("first-Secret-1"));
  const login = (password: string, mechanism: string) =>
    at("sasl", ["topic", "list", "--user", name, "--sasl-mechanism", mechanism], {
      MOLDAU_PASSWORD: password,
    });
  assert.equal((await login("first-Secret-1", "SCRAM-SHA-256")).code, 0);
  const change = ["user", "set", name, "--new-password-file", "-", "--yes"];
  assert.equal((await at("plaintext", change, {}, "second-Secret-2\n")).code, 0);
  assert.equal((await login("first-Secret-1", "SCRAM-SHA-512")).code, 4);
  assert.equal((await login("second-Secret-2", "SCRAM-SHA-512")).code, 0);
  assert.equal((await at("plaintext", ["user", "delete", name, "--yes"])).code, 0);
  assert.equal((await login("second-Secret-2", "SCRAM-SHA-512")).code, 4);
  assert.equal((await at("plaintext", ["user", "delete", name, "--yes"])).code, 3);
});

test("ACLs let somebody in, and keep him out", options, async () => {
  const user = uniqueName("carol");
  const topic = uniqueName("acl");
  await at("plaintext", ["topic", "create", topic]);
  await at("plaintext", ["user", "set", user, "--new-password-file", "-"], {}, "carol-Secret-3\n");
  const asCarol = { MOLDAU_USER: user, MOLDAU_PASSWORD: "carol-Secret-3" };
  const dry = await at("plaintext", words(`acl create somebody producer topic:${topic} --dry-run`));
  assert.deepEqual(
    jsonLines(dry.stdout).map(({ name, result }) => [name, result]),
    ["write", "describe", "create"].map((operation) => [
      `allow User:somebody ${operation} topic:${topic}`,
      "planned",
    ]),
  );
  const allow = (who: string, ...args: string[]) =>
    at("plaintext", ["acl", "create", who, ...args]);
  // Where one ACL speaks of a topic, nobody else has anything to do with it.
  assert.equal((await allow("somebody", "write", `topic:${topic}`)).code, 0);
  const again = await allow("somebody", "write", `topic:${topic}`);
  assert.equal(jsonLines(again.stdout)[0]?.["result"], "unchanged");

  const produce = () => at("sasl", ["produce", topic, "hello"], asCarol);
  const consume = () => at("sasl", ["consume", topic, "-e", "-o", "raw"], asCarol);
  const kept = await produce();
  assert.deepEqual([kept.code, kept.stderr.slice(0, 8)], [4, "MLD3020 "], kept.stderr);
  assert.equal((await at("sasl", ["topic", "describe", topic], asCarol)).code, 4);
  await allow(user, "producer", `topic:${topic}`);
  const sent = await produce();
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal((await consume()).code, 4);
  await allow(user, "consumer", `topic:${topic.slice(0, 4)}*`);
  assert.equal((await consume()).stdout, "hello\n");

  const listed = await at("plaintext", ["acl", "list", `topic:${topic}`, "--match"]);
  const rows = jsonLines(listed.stdout).filter(({ principal }) => principal === `User:${user}`);
  assert.deepEqual(rows.map(({ operation, patternType }) => [operation, patternType]).sort(), [
    ["create", "literal"],
    ["describe", "literal"],
    ["describe", "prefixed"],
    ["read", "prefixed"],
    ["write", "literal"],
  ]);
  await allow(user, "read", `topic:${topic}`, "--deny");
  assert.equal((await consume()).code, 4);
  const kafka = ["kafka-acls", "--bootstrap-server", target().bootstrap.plaintext, "--list"];
  const text = await moldauHere([...kafka, "--principal", `User:${user}`]);
  assert.match(text.stdout, /\(principal=User:carol.*, operation=READ, permissionType=DENY\)/);

  const gone = await at("plaintext", ["acl", "delete", "--principal", user, "--yes"]);
  assert.equal(jsonLines(gone.stdout).length, 6);
  assert.equal(
    (await at("plaintext", ["acl", "list", "--principal", user, "-o", "table"])).stdout,
    "",
  );
  assert.equal((await at("plaintext", ["acl", "delete", "--yes"])).code, 2);
  for (const who of ["somebody", user]) {
    await at("plaintext", ["acl", "delete", "--principal", who, "--yes"]);
  }
  await at("plaintext", ["user", "delete", user, "--yes"]);
});
