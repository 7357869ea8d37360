import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jaasText, parseJaas } from "./jaas.ts";

test("what Java's clients are given is understood", () => {
  const entry = parseJaas(
    ' org.apache.kafka.common.security.plain.PlainLoginModule REQUIRED\n  username="ada" password=\'o"p\' debug=true ;',
  );
  assert.equal(entry?.module, "org.apache.kafka.common.security.plain.PlainLoginModule");
  assert.deepEqual(
    [...(entry?.options ?? [])],
    [
      ["username", "ada"],
      ["password", 'o"p'],
      ["debug", "true"],
    ],
  );
});

test("what has no end, or no module, is none", () => {
  for (const text of ["", "PlainLoginModule", 'Module required username="a"', "required;"]) {
    assert.equal(parseJaas(text), undefined, text);
  }
});

test("any name and any password come back as they went", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (username, password) => {
      const entry = parseJaas(jaasText("SCRAM-SHA-512", username, password));
      assert.equal(entry?.options.get("username"), username);
      assert.equal(entry?.options.get("password"), password);
    }),
  );
});
