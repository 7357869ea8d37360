import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceOnAddress, adviceOnFailure, type Situation } from "./advice.ts";
import { hostKind, leadsHere } from "./place.ts";
import type { Failure } from "./probe.ts";

test("hosts are told apart by what they mean, and to whom", () => {
  const golden: readonly (readonly [string, string])[] = [
    ["localhost", "loopback"],
    ["127.0.0.53", "loopback"],
    ["::1", "loopback"],
    ["0.0.0.0", "any"],
    ["::", "any"],
    ["10.1.2.3", "private"],
    ["172.20.0.2", "private"],
    ["172.32.0.2", "other"],
    ["192.168.0.7", "private"],
    ["169.254.1.1", "link-local"],
    ["fe80::1", "link-local"],
    ["3f9c1a2b4d5e", "container-id"],
    ["kafka", "single-label"],
    ["kafka-0.kafka.default.svc.cluster.local", "kubernetes"],
    ["kafka.example.com", "other"],
    ["203.0.113.9", "other"],
  ];
  for (const [host, kind] of golden) assert.equal(hostKind(host), kind, host);
  assert.ok(leadsHere("my-machine", ["127.0.1.1"]));
  assert.ok(!leadsHere("my-machine", ["127.0.1.1", "10.0.0.1"]));
});

const remote: Situation = {
  host: "kafka.example",
  port: 9092,
  resolved: ["203.0.113.9"],
  brokerId: 2,
  reachedBy: { host: "boot.example", port: 9092, here: false },
  isOnly: false,
};

function failure(...codes: string[]): Failure {
  return { codes, message: "it failed", remedy: undefined };
}

test("addresses that no client elsewhere can use are known without trying", () => {
  const of = (host: string, resolved: string[]): string | undefined =>
    adviceOnAddress({ ...remote, host, resolved })?.problem;
  assert.match(of("localhost", ["127.0.0.1"]) ?? "", /its own machine/);
  assert.match(of("my-laptop", ["127.0.1.1"]) ?? "", /its own machine/);
  assert.match(of("0.0.0.0", ["0.0.0.0"]) ?? "", /where a broker listens/);
  assert.equal(of("kafka.example", ["203.0.113.9"]), undefined);
  const local = { ...remote, reachedBy: { host: "localhost", port: 9092, here: true } };
  assert.equal(
    adviceOnAddress({ ...local, host: "localhost", resolved: ["127.0.0.1"] }),
    undefined,
  );
});

test("every failure has its reason and what to set", () => {
  const golden: readonly (readonly [codes: string[], problem: RegExp, fix: RegExp])[] = [
    [
      ["BOOTSTRAP_FAILED", "ENOTFOUND"],
      /name kafka\.example is not known/,
      /DNS.*broker 2 set advertised\.listeners/,
    ],
    [["ECONNREFUSED"], /nobody listens/, /published at port 9092/],
    [["ETIMEDOUT"], /no answer from/, /open the port/],
    [["EHOSTUNREACH"], /no way from here.*EHOSTUNREACH/, /advertised/],
    [["CONNECTION_CLOSED"], /hangs up/, /listener\.security\.protocol\.map/],
    [["NOT_KAFKA"], /something else/, /port of a listener/],
    [["UNSUPPORTED_API"], /is a controller/, /controller\.listener\.names/],
    [["TLS_REQUIRED"], /speaks TLS/, /--tls/],
    [["TLS_NOT_SPOKEN"], /speaks plaintext/, /leave --tls out/],
    [["TLS_UNKNOWN_CA"], /signed by nobody/, /--ca/],
    [["SASL_REQUIRED"], /it failed/, /--user/],
    [["SASL_AUTHENTICATION_FAILED"], /it failed/, /user, password and mechanism/],
    [["UNSUPPORTED_SASL_MECHANISM"], /it failed/, /sasl\.enabled\.mechanisms/],
    [["EUNHEARDOF"], /it failed/, /advertised\.listeners/],
  ];
  for (const [codes, problem, fix] of golden) {
    const advice = adviceOnFailure(failure(...codes), remote);
    assert.match(advice.problem, problem, codes.join());
    assert.match(advice.fix, fix, codes.join());
  }
});

test("names of containers and of Kubernetes have advice of their own", () => {
  const fix = (host: string): string =>
    adviceOnFailure(failure("ENOTFOUND"), { ...remote, host, resolved: [] }).fix;
  assert.match(fix("3f9c1a2b4d5e"), /no advertised\.listeners of its own/);
  assert.match(fix("kafka"), /EXTERNAL:\/\/localhost:9092/);
  assert.match(fix("kafka-0.kafka.default.svc"), /advertised to the outside/);
});

test("the address that works is the example where there is one broker", () => {
  const only = adviceOnFailure(failure("ECONNREFUSED"), { ...remote, isOnly: true });
  assert.match(only.fix, /set advertised\.listeners to boot\.example:9092/);
});
