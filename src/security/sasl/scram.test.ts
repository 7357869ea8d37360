import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  authMessage,
  clientFinalWithoutProof,
  clientFirstBare,
  clientFirstMessage,
  clientProof,
  isSameSecret,
  parseServerFinal,
  parseServerFirst,
  saslName,
  SCRAM_ITERATIONS_MAX,
  scramKeys,
  serverSignature,
} from "./scram.ts";

interface Vector {
  readonly about: string;
  readonly hash: string;
  readonly username: string;
  readonly password: string;
  readonly clientNonce: string;
  readonly clientFirst: string;
  readonly serverFirst: string;
  readonly clientFinal: string;
  readonly serverFinal: string;
}

const vectors: readonly Vector[] = [
  {
    about: "RFC 5802, section 5 (SHA-1, which Kafka does not use)",
    hash: "sha1",
    username: "user",
    password: "pencil",
    clientNonce: "fyko+d2lbbFgONRv9qkxdawL",
    clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal:
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    about: "RFC 7677, section 3 (SHA-256)",
    hash: "sha256",
    username: "user",
    password: "pencil",
    clientNonce: "rOprNGfwEbeRWgbNEkqO",
    clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverFirst:
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
  {
    about: "SHA-512, computed with hashlib of Python; a name and a password that need care",
    hash: "sha512",
    username: "a,b=c",
    password: "p\u00e4ss=,w\u00f6rd",
    clientNonce: "fyko+d2lbbFgONRv9qkxdawL",
    clientFirst: "n,,n=a=2Cb=3Dc,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=8192",
    clientFinal:
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=UrRFTleEGUu3WBdSLwelT0VxMn9/hxifY36An/cS" +
      "z/qxZAjvTL1KWwPpmTuUAJVU8FHfLMt70iS/iheSdjA+Jg==",
    serverFinal:
      "v=b3ldyW2PRceWXF3eBUfk2m+VQj7F8VVCloSYi7WWI8K9RYZ05mgjF64tby1+Sp9fvVf7CD4unnm0jbApMsV8KQ==",
  },
];

for (const vector of vectors) {
  test(`messages and signatures of ${vector.about}`, () => {
    const { hash, username, password, clientNonce, serverFirst } = vector;
    const bare = clientFirstBare(username, clientNonce);
    assert.equal(clientFirstMessage(bare), vector.clientFirst);
    const answer = parseServerFirst(serverFirst, clientNonce);
    const keys = scramKeys(hash, password, answer);
    const finalBare = clientFinalWithoutProof(answer.nonce);
    const message = authMessage(bare, serverFirst, finalBare);
    const proof = clientProof(hash, keys, message).toString("base64");
    assert.equal(`${finalBare},p=${proof}`, vector.clientFinal);
    const final = parseServerFinal(vector.serverFinal);
    assert.ok("signature" in final);
    assert.ok(isSameSecret(final.signature, serverSignature(hash, keys, message)));
  });
}

test("a name is spelled so that it ends where it should, and can be read back", () => {
  assert.equal(saslName("a,b=c"), "a=2Cb=3Dc");
  assert.equal(saslName("=2C"), "=3D2C");
  fc.assert(
    fc.property(fc.string(), (name) => {
      const spelled = saslName(name);
      assert.ok(!spelled.includes(","));
      assert.equal(spelled.replaceAll("=2C", ",").replaceAll("=3D", "="), name);
    }),
  );
});

test("extensions stand after the nonce", () => {
  assert.equal(clientFirstBare("id", "nonce", ["tokenauth=true"]), "n=id,r=nonce,tokenauth=true");
});

test("a server's first message that breaks the rules is refused", () => {
  const good = "r=clientserver,s=QSXCR+Q6sek8bf92,i=4096";
  assert.equal(parseServerFirst(good, "client").iterations, 4096);
  assert.equal(parseServerFirst(`${good},x=later extension`, "client").iterations, 4096);
  const broken: readonly (readonly [text: string, says: RegExp])[] = [
    ["", /first message/],
    ["r=clientserver", /first message/],
    ["s=QSXCR+Q6sek8bf92,r=clientserver,i=4096", /first message/],
    ["r=clientserver,s=,i=4096", /first message/],
    ["r=clientserver,s=%%,i=4096", /first message/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=", /first message/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=-1", /first message/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=04096", /first message/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=1e9", /first message/],
    ["r=client server,s=QSXCR+Q6sek8bf92,i=4096", /first message/],
    ["m=must,r=clientserver,s=QSXCR+Q6sek8bf92,i=4096", /extension/],
    ["r=other,s=QSXCR+Q6sek8bf92,i=4096", /nonce/],
    ["r=client,s=QSXCR+Q6sek8bf92,i=4096", /nonce/],
    ["r=xclientserver,s=QSXCR+Q6sek8bf92,i=4096", /nonce/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=4095", /4095 iterations/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=1", /1 iterations/],
    [`r=clientserver,s=QSXCR+Q6sek8bf92,i=${SCRAM_ITERATIONS_MAX + 1}`, /iterations/],
    ["r=clientserver,s=QSXCR+Q6sek8bf92,i=2000000000", /iterations/],
  ];
  for (const [text, says] of broken) {
    assert.throws(
      () => parseServerFirst(text, "client"),
      { code: "SASL_PROTOCOL", message: says },
      text,
    );
  }
});

test("a server's last message is a signature or a reason", () => {
  assert.deepEqual(parseServerFinal("e=invalid-proof"), { error: "invalid-proof" });
  assert.deepEqual(parseServerFinal("v=QUJD,x=1"), { signature: Buffer.from("ABC") });
  for (const text of ["", "v=", "v=%%", "r=nonce", "V=QUJD"]) {
    assert.throws(() => parseServerFinal(text), { code: "SASL_PROTOCOL" }, text);
  }
});

test("signatures of different length are different", () => {
  assert.ok(isSameSecret(Buffer.from("abc"), Buffer.from("abc")));
  assert.ok(!isSameSecret(Buffer.from("abc"), Buffer.from("abd")));
  assert.ok(!isSameSecret(Buffer.from("abc"), Buffer.from("ab")));
  assert.ok(!isSameSecret(Buffer.from("abc"), Buffer.alloc(0)));
});

test("whatever a server says, it is an answer or a SaslError", () => {
  const pieces = fc.constantFrom(
    "r=",
    "client",
    "s=",
    "i=",
    "4096",
    ",",
    "=",
    "QUJD",
    "m=",
    "v=",
    "e=",
    "\0",
    "é",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      for (const parse of [() => parseServerFirst(text, "client"), () => parseServerFinal(text)]) {
        try {
          parse();
        } catch (thrown) {
          assert.ok(thrown instanceof Error && thrown.name === "SaslError");
        }
      }
    }),
    { numRuns: 500 },
  );
});
