import assert from "node:assert/strict";
import { createPrivateKey, randomBytes } from "node:crypto";
import { after, test, type TestContext } from "node:test";
import { inspect } from "node:util";
import { apiCall } from "../../src/client/cluster/api-call.ts";
import {
  connect,
  topic,
  type ClientPlatform,
  type ConnectOptions,
  type Kafka,
} from "../../src/index.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from "../../src/protocol/messages/alter-user-scram-credentials.ts";
import {
  createDelegationTokenRequest,
  createDelegationTokenResponse,
} from "../../src/protocol/messages/create-delegation-token.ts";
import type { SaslOptions } from "../../src/security/sasl/sasl-options.ts";
import {
  elsewhere,
  passwords,
  readSecuredTarget,
  sessionMs,
  type SecuredListener,
  type SecuredTarget,
} from "./secured-target.ts";
import { uniqueName } from "./target.ts";

const secured = readSecuredTarget();
/** A wrong way to connect must be told long before the call's own time is over. */
const TELLING_MS = 4000;
const CALL_MS = 10_000;

type Secrets = Pick<ConnectOptions, "tls" | "sasl">;

const alice = { username: "alice", password: passwords.alice };
const plain: SaslOptions = { mechanism: "PLAIN", ...alice };
const open: Kafka[] = [];

after(async () => {
  for (const kafka of open) await kafka.close();
});

/** A test that needs the Apache Kafka of `npm run interop -- client-security`. */
function securityTest(
  name: string,
  body: (target: SecuredTarget, t: TestContext) => Promise<void>,
): void {
  const skip = secured === undefined && "runs in npm run interop -- client-security";
  test(name, { skip }, async (t) => {
    assert.ok(secured !== undefined);
    await body(secured, t);
  });
}

async function connectTo(
  target: SecuredTarget,
  listener: SecuredListener,
  options: ConnectOptions = {},
): Promise<Kafka> {
  const kafka = await connect(target.bootstrap[listener], { timeoutMs: CALL_MS, ...options });
  open.push(kafka);
  return kafka;
}

/** Connects, asks for something on the connection, and closes. */
async function works(
  target: SecuredTarget,
  listener: SecuredListener,
  options: ConnectOptions,
): Promise<void> {
  const kafka = await connectTo(target, listener, options);
  const topics = await kafka.cluster.metadataOf(null);
  assert.ok(Array.isArray(topics));
  await kafka.close();
}

interface Refusal {
  readonly code: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
  readonly retriable?: boolean;
}

const secrets: readonly string[] = [...Object.values(passwords), "wrong-Secret-5", "eyJhbGciOi"];

/** Connecting fails with this error, soon, and no secret is in it. */
async function isRefused(
  target: SecuredTarget,
  listener: SecuredListener,
  options: Secrets,
  refusal: Refusal,
): Promise<void> {
  const began = performance.now();
  const thrown: unknown = await works(target, listener, options).catch((error: unknown) => error);
  const tookMs = performance.now() - began;
  assert.ok(thrown instanceof Error && "code" in thrown && "retriable" in thrown, inspect(thrown));
  assert.ok("remedy" in thrown && "context" in thrown, inspect(thrown));
  assert.equal(thrown.code, refusal.code, inspect(thrown));
  assert.match(thrown.message, refusal.message);
  assert.match(String(thrown.remedy), refusal.remedy);
  assert.equal(thrown.retriable, refusal.retriable ?? false);
  assert.ok(tookMs < TELLING_MS, `told after ${tookMs} ms`);
  assert.ok(thrown.message.includes(target.bootstrap[listener]), thrown.message);
  const shown = inspect(thrown, { depth: 20, showHidden: true });
  for (const secret of secrets) assert.ok(!shown.includes(secret), `a secret is shown: ${shown}`);
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A token that nobody signed, as the broker of the tests takes it. */
function unsignedToken(lifetimeSeconds: number, subject = "alice"): string {
  const nowSeconds = Date.now() / 1000;
  const claims = { sub: subject, iat: nowSeconds - 1, exp: nowSeconds + lifetimeSeconds };
  return `${base64url({ alg: "none" })}.${base64url(claims)}.`;
}

function bearer(lifetimeSeconds = 600): SaslOptions {
  return {
    mechanism: "OAUTHBEARER",
    token: () =>
      Promise.resolve({ value: unsignedToken(lifetimeSeconds), extensions: { traceId: "7" } }),
  };
}

const logins: readonly SaslOptions[] = [
  plain,
  { mechanism: "SCRAM-SHA-256", ...alice },
  { mechanism: "SCRAM-SHA-512", ...alice },
  bearer(),
];

for (const sasl of logins) {
  securityTest(`${sasl.mechanism} logs in, in plaintext and in TLS`, async (target) => {
    await works(target, "sasl", { sasl });
    await works(target, "saslTls", { sasl, tls: { ca: target.ca } });
  });
}

securityTest(
  "TLS alone, of both versions, and with the authorities of the broker in bytes",
  async (target) => {
    await works(target, "tls", { tls: { ca: target.ca } });
    await works(target, "tls", { tls: { ca: Buffer.from(target.ca), maxVersion: "TLSv1.2" } });
    await works(target, "oldTls", { tls: { ca: [target.ca] } });
    await works(target, "elsewhere", { tls: { ca: target.ca, serverName: elsewhere } });
    await works(target, "elsewhere", { tls: { ca: target.ca, verifyHost: false } });
    await works(target, "expired", { tls: { rejectUnauthorized: false } });
  },
);

securityTest("a certificate proves who the client is", async (target) => {
  const { ca, clients, pkcs12 } = target;
  await works(target, "mutual", { tls: { ca, ...clients.alice } });
  await works(target, "mutualOld", { tls: { ca, ...clients.alice } });
  const passphrase = "key-Secret-31";
  const key = createPrivateKey(clients.alice.key)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
    .toString();
  await works(target, "mutual", { tls: { ca, cert: clients.alice.cert, key, passphrase } });
  if (pkcs12 === undefined) return;
  const pfx = Buffer.from(pkcs12.content, "base64");
  await works(target, "mutual", { tls: { ca, pfx, passphrase: pkcs12.passphrase } });
});

securityTest("records go through TLS as they are, in both directions", async (target) => {
  const sasl: SaslOptions = { mechanism: "SCRAM-SHA-512", ...alice };
  const kafka = await connectTo(target, "saslTls", { sasl, tls: { ca: target.ca } });
  const name = uniqueName("through-tls");
  await kafka.admin.ensure(topic(name, { partitions: 3 }));
  const values = Array.from({ length: 1500 }, (_, i) => randomBytes(1 + ((i * 7919) % 20_000)));
  const producer = kafka.producer();
  await producer.sendAll(
    name,
    values.map((value, i) => ({ key: String(i), value })),
  );
  let seen = 0;
  for await (const record of kafka.consume(name, { until: "end" })) {
    const sent = values[Number(record.key?.toString())];
    assert.ok(sent !== undefined && record.value?.equals(sent), `record ${seen} differs`);
    seen++;
  }
  assert.equal(seen, values.length);
  await kafka.close();
});

securityTest("names and passwords that would break a careless message", async (target) => {
  const username = "bob,n=mallory=2C";
  const password = passwords[username];
  const plaintext = await connectTo(target, "plaintext");
  await storeScramUser(plaintext, username, password);
  const tls = { ca: target.ca };
  const sasl: SaslOptions = { mechanism: "SCRAM-SHA-512", username, password };
  await eventually(() => works(target, "saslTls", { tls, sasl }));
  await isRefused(
    target,
    "saslTls",
    { tls, sasl: { mechanism: "SCRAM-SHA-512", username: "bob", password } },
    {
      code: "SASL_AUTHENTICATION_FAILED",
      message: /refuses the login of bob with SCRAM-SHA-512/,
      remedy: /SCRAM-SHA-512/,
    },
  );
});

/** Users and tokens reach the broker some time after the controller has stored them. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + CALL_MS;
  for (;;) {
    const failure = await attempt().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (failure === undefined) return;
    if (performance.now() > endMs) throw failure;
  }
}

/** Stores a user as an admin does: the client salts the password. */
async function storeScramUser(kafka: Kafka, name: string, password: string): Promise<void> {
  const { pbkdf2Sync } = await import("node:crypto");
  const call = apiCall(
    ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
    alterUserScramCredentialsRequest,
    alterUserScramCredentialsResponse,
  );
  const salt = Buffer.from("salt of the test");
  const iterations = 5000;
  const saltedPassword = pbkdf2Sync(password, salt, iterations, 64, "sha512");
  const sha512 = 2;
  const upsertion = { name, mechanism: sha512, iterations, salt, saltedPassword };
  const body = { deletions: [], upsertions: [upsertion] };
  const answer = await kafka.cluster.ask(call, body, kafka.cluster.deadline());
  assert.deepEqual(
    answer.results.map((result) => result.errorCode),
    [0],
  );
}

securityTest("a delegation token logs in in place of its owner", async (target) => {
  const kafka = await connectTo(target, "sasl", { sasl: { mechanism: "SCRAM-SHA-256", ...alice } });
  const call = apiCall(
    ApiKey.CREATE_DELEGATION_TOKEN,
    createDelegationTokenRequest,
    createDelegationTokenResponse,
  );
  const body = {
    ownerPrincipalType: null,
    ownerPrincipalName: null,
    renewers: [],
    maxLifetimeMs: -1,
  };
  const token = await kafka.cluster.ask(call, body, kafka.cluster.deadline());
  assert.equal(token.errorCode, 0);
  assert.equal(token.principalName, "alice");
  const credentials = { username: token.tokenId, password: token.hmac.toString("base64") };
  for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
    const sasl = { mechanism, ...credentials, tokenAuth: true };
    await eventually(() => works(target, "sasl", { sasl }));
  }
  await isRefused(
    target,
    "sasl",
    { sasl: { mechanism: "SCRAM-SHA-256", ...credentials } },
    {
      code: "SASL_AUTHENTICATION_FAILED",
      message: /refuses the login/,
      remedy: /password/,
    },
  );
});

securityTest("a wrong password or user is told once and for all", async (target) => {
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
    for (const credentials of [
      { username: "alice", password: "wrong-Secret-5" },
      { username: "nobody", password: "wrong-Secret-5" },
    ]) {
      await isRefused(
        target,
        "sasl",
        { sasl: { mechanism, ...credentials } },
        {
          code: "SASL_AUTHENTICATION_FAILED",
          message: new RegExp(`refuses the login of ${credentials.username} with ${mechanism}`),
          remedy: /username and sasl.password/,
        },
      );
    }
  }
});

securityTest("a token that is out of its time, or none at all, is told", async (target) => {
  const refusal = { code: "SASL_AUTHENTICATION_FAILED", message: /OAUTHBEARER/, remedy: /token/ };
  await isRefused(target, "sasl", { sasl: bearer(-60) }, refusal);
  const rubbish: SaslOptions = {
    mechanism: "OAUTHBEARER",
    token: () => Promise.resolve({ value: "eyJhbGciOiJub25lIn0" }),
  };
  await isRefused(target, "sasl", { sasl: rubbish }, refusal);
  const failing: SaslOptions = {
    mechanism: "OAUTHBEARER",
    token: () => Promise.reject(new Error("the provider is on holiday")),
  };
  await isRefused(
    target,
    "sasl",
    { sasl: failing },
    {
      code: "SASL_TOKEN_UNAVAILABLE",
      message: /on holiday/,
      remedy: /sasl.token/,
    },
  );
});

securityTest("a mechanism that is not offered is told, with those that are", async (target) => {
  await isRefused(
    target,
    "renewing",
    { sasl: { mechanism: "SCRAM-SHA-256", ...alice } },
    {
      code: "UNSUPPORTED_SASL_MECHANISM",
      message: /does not offer SCRAM-SHA-256, but PLAIN/,
      remedy: /sasl.enabled.mechanisms/,
    },
  );
  await isRefused(
    target,
    "renewingTls",
    { sasl: plain, tls: { ca: target.ca } },
    {
      code: "UNSUPPORTED_SASL_MECHANISM",
      message: /does not offer PLAIN, but SCRAM-SHA-256/,
      remedy: /sasl.mechanism/,
    },
  );
});

securityTest(
  "a login where there is none to be had, and none where there has to be",
  async (target) => {
    const tls = { ca: target.ca };
    for (const [listener, options] of [
      ["plaintext", { sasl: plain }],
      ["tls", { sasl: plain, tls }],
    ] as const) {
      await isRefused(target, listener, options, {
        code: "ILLEGAL_SASL_STATE",
        message: /asks nobody to log in/,
        remedy: /Leave sasl out/,
      });
    }
    for (const [listener, options] of [
      ["sasl", {}],
      ["saslTls", { tls }],
    ] as const) {
      await isRefused(target, listener, options, {
        code: "SASL_REQUIRED",
        message: /asks for a login with .*PLAIN/,
        remedy: /Set sasl/,
      });
    }
  },
);

securityTest("TLS to a plaintext port, and plaintext to one of TLS", async (target) => {
  const tls = { ca: target.ca };
  for (const [listener, options] of [
    ["plaintext", { tls }],
    ["sasl", { tls, sasl: plain }],
  ] as const) {
    await isRefused(target, listener, options, {
      code: "TLS_NOT_SPOKEN",
      message: /speaks plaintext/,
      remedy: /Leave tls out/,
    });
  }
  for (const [listener, options] of [
    ["tls", {}],
    ["saslTls", { sasl: plain }],
    ["mutual", {}],
  ] as const) {
    await isRefused(target, listener, options, {
      code: "TLS_REQUIRED",
      message: /speaks TLS/,
      remedy: /Set tls/,
    });
  }
});

securityTest("a broker that cannot prove who it is gets nothing", async (target) => {
  const sasl = plain;
  const tls = { ca: target.ca };
  await isRefused(
    target,
    "saslTls",
    { sasl, tls: true },
    {
      code: "TLS_UNKNOWN_CA",
      message: /no trusted authority/,
      remedy: /tls\.ca/,
    },
  );
  await isRefused(
    target,
    "saslTls",
    { sasl, tls: { ca: target.clients.stranger.cert } },
    {
      code: "TLS_UNKNOWN_CA",
      message: /no trusted authority/,
      remedy: /tls\.ca/,
    },
  );
  await isRefused(
    target,
    "elsewhere",
    { tls },
    {
      code: "TLS_WRONG_HOST",
      message: /not for 127\.0\.0\.1; it is for DNS:kafka\.elsewhere\.example/,
      remedy: /tls\.serverName/,
    },
  );
  await isRefused(
    target,
    "tls",
    { tls: { ...tls, serverName: "other.example" } },
    {
      code: "TLS_WRONG_HOST",
      message: /not for other\.example/,
      remedy: /tls\.serverName/,
    },
  );
  await isRefused(
    target,
    "expired",
    { tls },
    {
      code: "TLS_CERTIFICATE_EXPIRED",
      message: /has expired/,
      remedy: /clock/,
    },
  );
});

securityTest(
  "a client whose certificate is not taken is told so, in both versions of TLS",
  async (target) => {
    const { ca, clients } = target;
    for (const listener of ["mutual", "mutualOld"] as const) {
      for (const tls of [{ ca }, { ca, ...clients.stranger }, { ca, ...clients.expired }]) {
        await isRefused(
          target,
          listener,
          { tls },
          {
            code: "TLS_CERTIFICATE_REFUSED",
            message: /does not take the certificate/,
            remedy: /tls\.cert/,
          },
        );
      }
    }
  },
);

securityTest("no version of TLS in common", async (target) => {
  await isRefused(
    target,
    "oldTls",
    { tls: { ca: target.ca, minVersion: "TLSv1.3" } },
    {
      code: "TLS_FAILED",
      message: /no version or cipher/,
      remedy: /tls\.minVersion/,
    },
  );
});

/** The platform, with a count of connections. */
function countingPlatform(): { readonly platform: ClientPlatform; connects(): number } {
  let connects = 0;
  const { network } = nodePlatform;
  const platform = {
    ...nodePlatform,
    network: {
      ...network,
      connect: (address: Parameters<typeof network.connect>[0]) => {
        connects++;
        return network.connect(address);
      },
    },
  };
  return { platform, connects: () => connects };
}

/** Goes on asking, several requests at a time, until the time is over. */
async function askFor(kafka: Kafka, ms: number): Promise<number> {
  const endMs = performance.now() + ms;
  let asked = 0;
  while (performance.now() < endMs) {
    const all = Array.from({ length: 5 }, () => kafka.cluster.metadataOf([]));
    asked += (await Promise.all(all)).length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return asked;
}

securityTest("a session that ends is renewed on its connection, under load", async (target) => {
  const cases: readonly (readonly [SecuredListener, Secrets])[] = [
    ["renewing", { sasl: plain }],
    ["renewingTls", { sasl: { mechanism: "SCRAM-SHA-256", ...alice }, tls: { ca: target.ca } }],
  ];
  const runs = cases.map(async ([listener, options]) => {
    const { platform, connects } = countingPlatform();
    const kafka = await connectTo(target, listener, { ...options, platform });
    await askFor(kafka, 200);
    const before = connects();
    const asked = await askFor(kafka, 3 * sessionMs);
    assert.ok(asked > 100, `${asked} answers`);
    assert.equal(connects(), before, "the connections stay");
    await kafka.close();
  });
  await Promise.all(runs);
});

securityTest("a connection that rested longer than its session renews it first", async (target) => {
  const { platform, connects } = countingPlatform();
  const kafka = await connectTo(target, "renewing", { sasl: plain, platform });
  await kafka.cluster.metadataOf([]);
  const before = connects();
  await new Promise((resolve) => setTimeout(resolve, sessionMs + 500));
  await Promise.all([kafka.cluster.metadataOf([]), kafka.cluster.metadataOf([])]);
  assert.equal(connects(), before);
});

securityTest("a token that runs out is replaced, and the session with it", async (target) => {
  let given = 0;
  const sasl: SaslOptions = {
    mechanism: "OAUTHBEARER",
    token() {
      given++;
      return Promise.resolve({ value: unsignedToken(3), lifetimeMs: 3000 });
    },
  };
  const { platform, connects } = countingPlatform();
  const kafka = await connectTo(target, "sasl", { sasl, platform });
  const before = connects();
  await askFor(kafka, 7000);
  assert.equal(connects(), before, "the connections stay");
  assert.ok(given >= 3 && given <= 6, `${given} tokens`);
});

securityTest(
  "credentials that are no longer good end a session that has to be renewed",
  async (target) => {
    let isGood = true;
    const sasl: SaslOptions = {
      mechanism: "OAUTHBEARER",
      token: () => Promise.resolve({ value: unsignedToken(isGood ? 3 : -60) }),
    };
    const kafka = await connectTo(target, "sasl", { sasl });
    await kafka.cluster.metadataOf([]);
    isGood = false;
    await assert.rejects(askFor(kafka, 8000), {
      code: "SASL_AUTHENTICATION_FAILED",
      retriable: false,
    });
  },
);

securityTest("nothing that can be looked at shows a password", async (target) => {
  const kafka = await connectTo(target, "sasl", { sasl: { mechanism: "SCRAM-SHA-256", ...alice } });
  const shown = inspect(kafka, { depth: 20, showHidden: true });
  for (const secret of secrets) assert.ok(!shown.includes(secret), shown);
});
