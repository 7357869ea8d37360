import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { nodeClock } from "../../platform/node/clock.ts";
import { nodeRandom } from "../../platform/node/random.ts";
import type { Random } from "../../platform/random.ts";
import { oauthBearerMessage } from "./oauth-bearer.ts";
import { plainMessage } from "./plain.ts";
import type { SaslExchange } from "./sasl-exchange.ts";
import { saslLogin } from "./sasl-login.ts";
import { checkSaslOptions, type SaslOptions, type ScramOptions } from "./sasl-options.ts";
import { authMessage, clientProof, scramKeys, serverSignature } from "./scram.ts";

const doors = { clock: nodeClock, random: nodeRandom };
const alice = { username: "alice", password: "open sesame" };

function begin(options: SaslOptions): Promise<SaslExchange> {
  return saslLogin(options, doors).begin();
}

test("PLAIN is one message, to which there is no challenge", async () => {
  assert.deepEqual(plainMessage("a", "bé"), Buffer.from([0, 0x61, 0, 0x62, 0xc3, 0xa9]));
  const exchange = await begin({ mechanism: "PLAIN", ...alice });
  assert.equal(exchange.first.toString(), "\0alice\0open sesame");
  assert.equal(exchange.respond(Buffer.alloc(0)), undefined);
  const other = await begin({ mechanism: "PLAIN", ...alice });
  assert.throws(() => other.respond(Buffer.from("?")), { code: "SASL_PROTOCOL" });
});

/** A server that knows the password, and what it may do wrong. */
function scramServer(hash: "sha256" | "sha512", password: string, iterations = 4096) {
  const salt = Buffer.from("salt of the server");
  let bare = "";
  let serverFirst = "";
  return {
    first(message: Buffer): Buffer {
      bare = message.toString().replace(/^n,,/, "");
      const nonce = /,r=([^,]+)/.exec(bare)?.[1] ?? "";
      serverFirst = `r=${nonce}server,s=${salt.toString("base64")},i=${iterations}`;
      return Buffer.from(serverFirst);
    },
    /** The signature, or undefined for a wrong proof. */
    final(message: Buffer): Buffer | undefined {
      const [finalBare = "", proof = ""] = message.toString().split(",p=");
      const keys = scramKeys(hash, password, { salt, iterations });
      const over = authMessage(bare, serverFirst, finalBare);
      if (clientProof(hash, keys, over).toString("base64") !== proof) return undefined;
      return Buffer.from(`v=${serverSignature(hash, keys, over).toString("base64")}`);
    },
  };
}

test("SCRAM: both sides prove that they know the password", async () => {
  for (const [mechanism, hash] of [
    ["SCRAM-SHA-256", "sha256"],
    ["SCRAM-SHA-512", "sha512"],
  ] as const) {
    const server = scramServer(hash, alice.password);
    const exchange = await begin({ mechanism, ...alice });
    const proof = exchange.respond(server.first(exchange.first));
    assert.ok(proof !== undefined);
    const signature = server.final(proof);
    assert.ok(signature !== undefined);
    assert.equal(exchange.respond(signature), undefined);
  }
});

test("SCRAM: another password gives another proof", async () => {
  const server = scramServer("sha256", "another password");
  const exchange = await begin({ mechanism: "SCRAM-SHA-256", ...alice });
  const proof = exchange.respond(server.first(exchange.first));
  assert.equal(server.final(proof ?? Buffer.alloc(0)), undefined);
});

test("SCRAM: a server that does not know the password is not believed", async () => {
  const answers: readonly (readonly [answer: string, code: string])[] = [
    [`v=${Buffer.alloc(32).toString("base64")}`, "SASL_SERVER_UNPROVEN"],
    [`v=${Buffer.alloc(31).toString("base64")}`, "SASL_SERVER_UNPROVEN"],
    ["", "SASL_PROTOCOL"],
    ["e=other-error", "SASL_PROTOCOL"],
    ["r=clientserver,s=QUJD,i=4096", "SASL_PROTOCOL"],
    ["x".repeat(5000), "SASL_PROTOCOL"],
  ];
  for (const [answer, code] of answers) {
    const server = scramServer("sha256", alice.password);
    const exchange = await begin({ mechanism: "SCRAM-SHA-256", ...alice });
    exchange.respond(server.first(exchange.first));
    assert.throws(() => exchange.respond(Buffer.from(answer)), { name: "SaslError", code }, answer);
  }
});

test("SCRAM: an answer to another client's nonce is refused", async () => {
  const first = await begin({ mechanism: "SCRAM-SHA-256", ...alice });
  const second = await begin({ mechanism: "SCRAM-SHA-256", ...alice });
  const replayed = scramServer("sha256", alice.password).first(first.first);
  assert.throws(() => second.respond(replayed), { code: "SASL_PROTOCOL", message: /nonce/ });
});

test("SCRAM: the nonce is new for each exchange, and comes in through the door", async () => {
  const sizes: number[] = [];
  const random: Random = {
    bytes(size) {
      sizes.push(size);
      return Buffer.alloc(size, sizes.length);
    },
    below: () => 0,
  };
  const login = saslLogin({ mechanism: "SCRAM-SHA-256", ...alice }, { clock: nodeClock, random });
  const [one, two] = [await login.begin(), await login.begin()];
  assert.notEqual(one.first.toString(), two.first.toString());
  assert.deepEqual(sizes, [24, 24]);
});

test("SCRAM: a delegation token is announced as one", async () => {
  const options: ScramOptions = { mechanism: "SCRAM-SHA-512", ...alice, tokenAuth: true };
  const exchange = await begin(options);
  assert.match(exchange.first.toString(), /^n,,n=alice,r=[\w-]{32},tokenauth=true$/);
});

test("OAUTHBEARER: token and extensions, then silence or a reason", async () => {
  const extensions = { traceId: "1 2", scope: "all" };
  const message = oauthBearerMessage({ value: "abc.def", extensions });
  assert.equal(
    message.toString(),
    "n,,\x01auth=Bearer abc.def\x01traceId=1 2\x01scope=all\x01\x01",
  );
  const options: SaslOptions = {
    mechanism: "OAUTHBEARER",
    token: () => Promise.resolve({ value: "abc" }),
  };
  const taken = await begin(options);
  assert.equal(taken.first.toString(), "n,,\x01auth=Bearer abc\x01\x01");
  assert.equal(taken.respond(Buffer.alloc(0)), undefined);
  const refused = await begin(options);
  const acknowledgement = refused.respond(Buffer.from('{"status":"invalid_token"}'));
  assert.deepEqual(acknowledgement, Buffer.from([1]));
  // A broker that goes on as if nothing had happened is not believed.
  assert.throws(() => refused.respond(Buffer.alloc(0)), {
    code: "SASL_TOKEN_REFUSED",
    message: /invalid_token/,
  });
});

test("OAUTHBEARER: extensions that would break the message are refused", () => {
  for (const extensions of [
    { auth: "x" },
    { "a b": "x" },
    { "": "x" },
    { a: "" },
    { a: "x\x01y" },
  ]) {
    assert.throws(() => oauthBearerMessage({ value: "abc", extensions }), { code: "SASL_OPTIONS" });
  }
});

test("options that no mechanism can use are told, with what to do", () => {
  const untyped = (options: object): SaslOptions =>
    Object.assign({ mechanism: "PLAIN" }, options) as SaslOptions;
  const wrong: readonly (readonly [options: object, says: RegExp])[] = [
    [{ mechanism: "GSSAPI" }, /no SASL mechanism GSSAPI/],
    [{ mechanism: "plain", ...alice }, /no SASL mechanism plain/],
    [{ mechanism: undefined, ...alice }, /no SASL mechanism undefined/],
    [{ password: "x" }, /username is missing/],
    [{ username: "a" }, /password is missing/],
    [{ username: "a", password: "" }, /password is missing/],
    [{ username: "a", password: undefined }, /password is missing/],
    [{ username: "a\0b", password: "x" }, /NUL/],
    [{ username: "a", password: "x\0secret" }, /NUL/],
    [{ mechanism: "OAUTHBEARER" }, /function/],
    [{ mechanism: "OAUTHBEARER", token: "abc" }, /function/],
  ];
  for (const [options, says] of wrong) {
    assert.throws(
      () => checkSaslOptions(untyped(options)),
      (thrown: unknown) => {
        assert.ok(thrown instanceof Error && "remedy" in thrown && "code" in thrown);
        assert.equal(thrown.code, "SASL_OPTIONS");
        assert.match(thrown.message, says);
        assert.ok(!inspect(thrown).includes("secret"));
        return true;
      },
    );
  }
});

test("no inspection shows a password, a key or a token", async () => {
  const secret = "hunter2-secret";
  const token = (): Promise<{ value: string; lifetimeMs: number }> =>
    Promise.resolve({ value: secret, lifetimeMs: 60_000 });
  const all: readonly SaslOptions[] = [
    { mechanism: "PLAIN", username: "alice", password: secret },
    { mechanism: "SCRAM-SHA-256", username: "alice", password: secret },
    { mechanism: "OAUTHBEARER", token },
  ];
  for (const options of all) {
    const login = saslLogin(options, doors);
    await login.begin();
    const shown = `${inspect(login, { depth: 10, showHidden: true })} ${JSON.stringify(login)}`;
    assert.ok(!shown.includes(secret), shown);
  }
});
