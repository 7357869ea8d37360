import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import {
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  type SaslAuthenticateResponseInput,
} from "../../protocol/messages/sasl-authenticate.ts";
import {
  saslHandshakeRequest,
  saslHandshakeResponse,
} from "../../protocol/messages/sasl-handshake.ts";
import type { SaslOptions } from "../../security/sasl/sasl-options.ts";
import { authMessage, scramKeys, serverSignature } from "../../security/sasl/scram.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { KafkaError } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { ClientSecurity } from "./authentication.ts";
import { BrokerConnection } from "./connection.ts";
import { FakeBroker, type FakeAnswer } from "./fake-broker.fixture.ts";

type Answer = FakeAnswer<typeof saslAuthenticateResponse>;

const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const beat = { groupId: "g", memberId: "m", generationId: 1 };
const patient = { timeoutMs: 30_000 };
const plain: SaslOptions = { mechanism: "PLAIN", username: "alice", password: "open sesame" };
const scram: SaslOptions = { ...plain, mechanism: "SCRAM-SHA-256" };
const taken: SaslAuthenticateResponseInput = {
  errorCode: 0,
  errorMessage: null,
  authBytes: Buffer.alloc(0),
};

const login = ["SaslHandshake", "SaslAuthenticate"];

/** A client and a broker that speak over a network in memory, on a clock of their own. */
async function scene(sasl: SaslOptions | undefined) {
  const world = new SimWorld({ seed: 7 });
  const broker = await FakeBroker.start(world.host("broker").start().platform.network, "broker");
  broker.serve(heartbeatRequest, heartbeatResponse, () => ({}));
  const { network, clock, random } = world.host("client").start().platform;
  const security = new ClientSecurity({ sasl }, { clock, random });
  const address = { host: "broker", port: 9092 };
  const options = { network, clock, clientId: "c", timeoutMs: 5_000, security };
  return {
    world,
    broker,
    offer(errorCode: number, mechanisms: readonly string[] = [sasl?.mechanism ?? "PLAIN"]) {
      broker.serve(saslHandshakeRequest, saslHandshakeResponse, () => ({ errorCode, mechanisms }));
    },
    authenticate(answer: (token: Buffer, round: number) => Answer) {
      let round = 0;
      broker.serve(saslAuthenticateRequest, saslAuthenticateResponse, ({ authBytes }) =>
        answer(Buffer.from(authBytes), round++),
      );
    },
    open: () => world.clock.wait(BrokerConnection.open(address, options)),
  };
}

async function failureOf(promise: Promise<unknown>): Promise<KafkaError> {
  const thrown: unknown = await promise.then(
    () => assert.fail("it should have failed"),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof KafkaError, String(thrown));
  return thrown;
}

/** A broker that knows alice's password, or does not. */
function scramBroker(password: string): (token: Buffer, round: number) => Answer {
  const salted = { salt: Buffer.from("salt"), iterations: 4096 };
  let bare = "";
  let serverFirst = "";
  return (token, round) => {
    if (round === 0) {
      bare = token.toString().replace(/^n,,/, "");
      const nonce = /,r=([^,]+)/.exec(bare)?.[1] ?? "";
      serverFirst = `r=${nonce}broker,s=${salted.salt.toString("base64")},i=4096`;
      return { ...taken, authBytes: Buffer.from(serverFirst) };
    }
    const finalBare = token.toString().split(",p=")[0] ?? "";
    const over = authMessage(bare, serverFirst, finalBare);
    const signature = serverSignature("sha256", scramKeys("sha256", password, salted), over);
    return { ...taken, authBytes: Buffer.from(`v=${signature.toString("base64")}`) };
  };
}

test("a connection learns versions, agrees on the mechanism, logs in, and then works", async () => {
  const { world, broker, offer, authenticate, open } = await scene(plain);
  const tokens: string[] = [];
  offer(ErrorCode.NONE);
  authenticate((token) => {
    tokens.push(token.toString());
    return taken;
  });
  const connection = await open();
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual(broker.asked, ["ApiVersions", ...login, "Heartbeat"]);
  assert.deepEqual(tokens, ["\0alice\0open sesame"]);
});

test("SCRAM takes two tokens, and the broker's proof", async () => {
  const { broker, offer, authenticate, open } = await scene(scram);
  offer(ErrorCode.NONE);
  authenticate(scramBroker("open sesame"));
  await open();
  assert.deepEqual(broker.asked, ["ApiVersions", ...login, "SaslAuthenticate"]);
});

test("a broker that cannot prove that it knows the password is left", async () => {
  const { offer, authenticate, open } = await scene(scram);
  offer(ErrorCode.NONE);
  authenticate(scramBroker("a guess"));
  const error = await failureOf(open());
  assert.deepEqual(
    [error.code, error.retriable, error.fatal],
    ["SASL_SERVER_UNPROVEN", false, true],
  );
  assert.equal(error.context.broker, "broker:9092");
  assert.match(error.remedy ?? "", /pretend/);
});

test("a broker that is content too soon is not believed", async () => {
  const { offer, authenticate, open } = await scene(scram);
  offer(ErrorCode.NONE);
  authenticate(() => taken);
  const error = await failureOf(open());
  assert.deepEqual([error.code, error.retriable], ["SASL_PROTOCOL", false]);
});

test("challenges without an end, too long ones, and what is none", async () => {
  const nonceOf = (token: Buffer): string => /r=([^,]+)/.exec(token.toString())?.[1] ?? "";
  const cases: readonly (readonly [
    sasl: SaslOptions,
    answer: (token: Buffer) => Answer,
    code: string,
  ])[] = [
    // OAUTHBEARER answers a challenge once; another one is the end.
    [
      { mechanism: "OAUTHBEARER", token: () => Promise.resolve({ value: "abc" }) },
      () => ({ ...taken, authBytes: Buffer.from("{}") }),
      "SASL_TOKEN_REFUSED",
    ],
    [plain, () => ({ ...taken, authBytes: Buffer.from("more") }), "SASL_PROTOCOL"],
    [
      scram,
      (token) => ({ ...taken, authBytes: Buffer.from(`r=${nonceOf(token)}x,s=QUJD,i=4096`) }),
      "SASL_PROTOCOL",
    ],
    [
      scram,
      (token) => ({ ...taken, authBytes: Buffer.from(`r=${nonceOf(token)}x,s=QUJD,i=99999999`) }),
      "SASL_PROTOCOL",
    ],
    [scram, () => ({ ...taken, authBytes: Buffer.alloc(100_000, "r") }), "SASL_PROTOCOL"],
    // Frames of this size are not believed in before the login.
    [scram, () => ({ ...taken, authBytes: Buffer.alloc(2_000_000) }), "NOT_KAFKA"],
  ];
  for (const [sasl, answer, code] of cases) {
    const { offer, authenticate, open } = await scene(sasl);
    offer(ErrorCode.NONE);
    authenticate(answer);
    const error = await failureOf(open());
    assert.deepEqual([error.code, error.retriable], [code, false], error.message);
  }
});

test("refusals are told with what to do", async () => {
  const { offer, authenticate, open } = await scene(plain);
  offer(ErrorCode.UNSUPPORTED_SASL_MECHANISM, ["GSSAPI", "OAUTHBEARER"]);
  const other = await failureOf(open());
  assert.equal(other.code, "UNSUPPORTED_SASL_MECHANISM");
  assert.match(other.message, /does not offer PLAIN, but GSSAPI, OAUTHBEARER/);
  offer(ErrorCode.ILLEGAL_SASL_STATE, []);
  assert.match((await failureOf(open())).message, /asks nobody to log in/);
  offer(ErrorCode.NONE);
  authenticate(() => ({
    ...taken,
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: "the account is locked",
  }));
  const locked = await failureOf(open());
  assert.deepEqual(
    [locked.code, locked.retriable, locked.errorCode],
    ["SASL_AUTHENTICATION_FAILED", false, 58],
  );
  assert.match(locked.message, /refuses the login of alice with PLAIN: the account is locked/);
  assert.ok(!locked.message.includes("sesame"));
});

test("a broker that is silent or hangs up while the client logs in may do better later", async () => {
  for (const [answer, code] of [
    ["silent", "TIMED_OUT"],
    ["close", "CONNECTION_CLOSED"],
  ] as const) {
    const { world, offer, authenticate, open } = await scene(plain);
    offer(ErrorCode.NONE);
    authenticate(() => answer);
    const startedMs = world.clock.monotonicMs();
    const error = await failureOf(open());
    assert.deepEqual([error.code, error.retriable], [code, true]);
    assert.ok(world.clock.monotonicMs() - startedMs < 5_100);
  }
});

test("a token that never comes does not hold the connection up for longer than it may take", async () => {
  const { world, offer, open } = await scene({
    mechanism: "OAUTHBEARER",
    token: () => new Promise(() => undefined),
  });
  offer(ErrorCode.NONE);
  const error = await failureOf(open());
  assert.deepEqual([error.code, error.retriable], ["TIMED_OUT", true]);
  assert.ok(world.clock.monotonicMs() < 5_100);
});

test("a broker that has only the unframed login of old is refused by name", async () => {
  const { broker, open } = await scene(plain);
  broker.limit(ApiKey.SASL_HANDSHAKE, [0, 0]);
  const error = await failureOf(open());
  assert.equal(error.code, "UNSUPPORTED_API");
  assert.match(error.message, /SaslHandshake/);
});

test("a session is renewed before its end, and no request comes between (KIP-368)", async () => {
  const { world, broker, offer, authenticate, open } = await scene(plain);
  offer(ErrorCode.NONE);
  authenticate(() => ({ ...taken, sessionLifetimeMs: 60_000 }));
  const connection = await open();
  await world.clock.advance(50_000);
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.equal(broker.asked.length, 4, "85 % are not over");
  // After 95 % at the latest.
  await world.clock.advance(7_000);
  const before = broker.asked.length;
  const answers = [1, 2, 3].map(() => connection.request(heartbeatCall, beat, patient));
  await world.clock.wait(Promise.all(answers));
  assert.deepEqual(broker.asked.slice(before), [...login, "Heartbeat", "Heartbeat", "Heartbeat"]);
  assert.equal(broker.connections.length, 1);
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.equal(broker.asked.at(-2), "Heartbeat", "the new session has only begun");
});

test("requests that were under way before the renewal get their answers", async () => {
  const { world, broker, offer, authenticate, open } = await scene(plain);
  offer(ErrorCode.NONE);
  authenticate(() => ({ ...taken, sessionLifetimeMs: 10_000 }));
  const connection = await open();
  await world.clock.advance(8_400);
  const early = connection.request(heartbeatCall, beat, patient);
  await world.clock.advance(0.01);
  const late = [];
  for (let i = 0; i < 20; i++) {
    late.push(connection.request(heartbeatCall, beat, patient));
    await world.clock.advance(100);
  }
  await world.clock.wait(Promise.all([early, ...late]));
  assert.equal(broker.asked.filter((name) => name === "SaslHandshake").length, 2);
  assert.equal(broker.asked.filter((name) => name === "Heartbeat").length, 21);
});

test("a renewal does not follow the login at once, however short the session", async () => {
  const { world, broker, offer, authenticate, open } = await scene(plain);
  offer(ErrorCode.NONE);
  authenticate(() => ({ ...taken, sessionLifetimeMs: 100 }));
  const connection = await open();
  await world.clock.advance(900);
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual(broker.asked, ["ApiVersions", ...login, "Heartbeat"]);
  await world.clock.advance(300);
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  assert.deepEqual(broker.asked.slice(4), [...login, "Heartbeat"]);
});

test("a renewal that is refused ends the connection and all that wait for it", async () => {
  const { world, offer, authenticate, open } = await scene(plain);
  offer(ErrorCode.NONE);
  authenticate((_, round) =>
    round === 0
      ? { ...taken, sessionLifetimeMs: 10_000 }
      : { ...taken, errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED },
  );
  const connection = await open();
  await world.clock.advance(9_900);
  const all = [1, 2].map(() => failureOf(connection.request(heartbeatCall, beat, patient)));
  for (const error of await world.clock.wait(Promise.all(all))) {
    assert.deepEqual([error.code, error.retriable], ["SASL_AUTHENTICATION_FAILED", false]);
  }
  assert.equal(connection.isOpen, false);
});

test("a broker that hangs up at the first request is asked whether it wanted a login", async () => {
  const { world, broker, offer, open } = await scene(undefined);
  broker.serve(heartbeatRequest, heartbeatResponse, () => "close");
  offer(ErrorCode.UNSUPPORTED_SASL_MECHANISM, ["PLAIN", "SCRAM-SHA-256"]);
  const connection = await open();
  const error = await failureOf(world.clock.wait(connection.request(heartbeatCall, beat, patient)));
  assert.deepEqual([error.code, error.retriable], ["SASL_REQUIRED", false]);
  assert.match(error.message, /asks for a login with PLAIN or SCRAM-SHA-256/);
  // One that wants none has hung up for another reason.
  offer(ErrorCode.ILLEGAL_SASL_STATE, []);
  const another = await open();
  const lost = await failureOf(world.clock.wait(another.request(heartbeatCall, beat, patient)));
  assert.deepEqual([lost.code, lost.retriable], ["CONNECTION_CLOSED", true]);
});

test("a broker that has answered before is not asked when it hangs up", async () => {
  const { world, broker, open } = await scene(undefined);
  let isRestarting = false;
  broker.serve(heartbeatRequest, heartbeatResponse, () => (isRestarting ? "close" : {}));
  const connection = await open();
  await world.clock.wait(connection.request(heartbeatCall, beat, patient));
  isRestarting = true;
  const lost = await failureOf(world.clock.wait(connection.request(heartbeatCall, beat, patient)));
  assert.equal(lost.code, "CONNECTION_CLOSED");
  assert.ok(!broker.asked.includes("SaslHandshake"));
});
