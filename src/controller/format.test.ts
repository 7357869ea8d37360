import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { decodeClusterRecord } from "../metadata/record-codec.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { readControlRecords } from "../raft/control-records.ts";
import { BOOTSTRAP_SNAPSHOT, readSnapshot } from "../raft/snapshot.ts";
import { batchesIn } from "../records/record-batch.ts";
import {
  formatStorage,
  parseInitialControllers,
  type FormatOptions,
  type InitialQuorum,
} from "./format.ts";
import { seededRandom } from "./machine.fixture.ts";
import { parseScramArgument } from "./scram-argument.ts";

const CLUSTER_ID = "kqRcYTpmTYqc3Vb-Q2Zt0A";
const DIRECTORY_ID = "q2fmqyrqXhVZzTXQHipTGQ";
const CHECKPOINT = "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint";

function optionsFor(t: TestContext, change: Partial<FormatOptions> = {}): FormatOptions {
  const folder = fs.mkdtempSync(join(tmpdir(), "format-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return {
    platform: nodePlatform,
    logDirs: [join(folder, "a"), join(folder, "b")],
    metadataLogDir: join(folder, "a"),
    nodeId: 1,
    clusterId: CLUSTER_ID,
    isController: true,
    quorum: { kind: "static" },
    ignoreFormatted: false,
    ...change,
  };
}

function snapshotIn(options: FormatOptions): ReturnType<typeof readSnapshot> {
  const path = join(options.metadataLogDir, CHECKPOINT);
  return readSnapshot(fs.readFileSync(path), BOOTSTRAP_SNAPSHOT, path);
}

test("formatting writes meta.properties everywhere and the bootstrap snapshot where Kafka looks", (t) => {
  const options = optionsFor(t);
  const { formatted, metadataVersion } = formatStorage(options);
  assert.equal(metadataVersion, "4.4-IV2");
  assert.deepEqual([...formatted.keys()].sort(), [...options.logDirs].sort());
  for (const [path, id] of formatted) {
    const lines = fs.readFileSync(join(path, "meta.properties"), "utf8").split("\n");
    for (const line of [
      "version=1",
      "node.id=1",
      `cluster.id=${CLUSTER_ID}`,
      `directory.id=${id}`,
    ]) {
      assert.ok(lines.includes(line), line);
    }
  }
  assert.deepEqual(fs.readdirSync(options.logDirs[1]!), ["meta.properties"]);
  const records = snapshotIn(options).values.map((value) => decodeClusterRecord(value).value);
  assert.deepEqual(records, [
    { name: "metadata.version", featureLevel: 33 },
    { name: "eligible.leader.replicas.version", featureLevel: 1 },
    { name: "group.version", featureLevel: 1 },
    { name: "share.version", featureLevel: 2 },
    { name: "streams.version", featureLevel: 1 },
    { name: "transaction.version", featureLevel: 2 },
  ]);
  const checkpoint = join(options.metadataLogDir, CHECKPOINT);
  assert.equal(fs.statSync(checkpoint).mode & 0o777, 0o400);
  // As large as the one Apache Kafka wrote for the same: three batches.
  assert.equal(fs.statSync(checkpoint).size, 411);
});

test("the control batch of the bootstrap snapshot says what kind of quorum it is", (t) => {
  const endpoint = { name: "CONTROLLER", host: "localhost", port: 9093 };
  const controllers = parseInitialControllers(`1@localhost:9093:${DIRECTORY_ID}`, "CONTROLLER");
  const cases: [InitialQuorum, string[]][] = [
    [{ kind: "static" }, ["snapshot-header"]],
    [{ kind: "none" }, ["snapshot-header", "kraft-version"]],
    [{ kind: "standalone", endpoints: [endpoint] }, ["snapshot-header", "kraft-version", "voters"]],
    [{ kind: "initial-controllers", controllers }, ["snapshot-header", "kraft-version", "voters"]],
  ];
  for (const [quorum, expected] of cases) {
    const options = optionsFor(t, { quorum });
    const { formatted } = formatStorage(options);
    const bytes = fs.readFileSync(join(options.metadataLogDir, CHECKPOINT));
    const [first] = batchesIn(bytes);
    assert.deepEqual(
      readControlRecords(first!).map(({ kind }) => kind),
      expected,
    );
    const { voters } = snapshotIn(options);
    if (voters === undefined) continue;
    assert.deepEqual(voters.voters, [
      {
        id: 1,
        directoryId: formatted.get(options.metadataLogDir),
        endpoints: [endpoint],
        kraftVersionMin: 0,
        kraftVersionMax: 1,
      },
    ]);
    if (quorum.kind === "initial-controllers") {
      assert.equal(formatted.get(options.metadataLogDir), DIRECTORY_ID);
    }
  }
});

test("a broker without controller gets no bootstrap snapshot", (t) => {
  const options = optionsFor(t, { isController: false });
  formatStorage(options);
  assert.equal(fs.existsSync(join(options.metadataLogDir, CHECKPOINT)), false);
});

test("what is formatted is left alone", (t) => {
  const options = optionsFor(t);
  formatStorage({ ...options, logDirs: [options.metadataLogDir] });
  const before = fs.readFileSync(join(options.metadataLogDir, "meta.properties"));
  assert.throws(() => formatStorage(options), { code: "ALREADY_FORMATTED" });
  const { formatted, alreadyFormatted } = formatStorage({ ...options, ignoreFormatted: true });
  assert.deepEqual(alreadyFormatted, [options.metadataLogDir]);
  assert.deepEqual([...formatted.keys()], [options.logDirs[1]]);
  assert.deepEqual(fs.readFileSync(join(options.metadataLogDir, "meta.properties")), before);
  const foreign = { ...options, nodeId: 2, ignoreFormatted: true };
  assert.throws(() => formatStorage(foreign), { code: "LOG_DIRECTORY_FOREIGN" });
});

test("a release gives the levels of its features, which flags may change", (t) => {
  const options = optionsFor(t, {
    releaseVersion: "4.1",
    featureLevels: new Map([["transaction.version", 1]]),
  });
  assert.equal(formatStorage(options).metadataVersion, "4.1-IV1");
  const levels = snapshotIn(options).values.map((value) => decodeClusterRecord(value).value);
  assert.deepEqual(levels, [
    { name: "metadata.version", featureLevel: 27 },
    { name: "eligible.leader.replicas.version", featureLevel: 1 },
    { name: "group.version", featureLevel: 1 },
    { name: "transaction.version", featureLevel: 1 },
  ]);
  for (const [change, code] of [
    [{ releaseVersion: "9.9" }, "FORMAT_RELEASE"],
    [{ featureLevels: new Map([["transaction.version", 9]]) }, "FORMAT_FEATURE"],
    [{ featureLevels: new Map([["no.such.version", 1]]) }, "FORMAT_FEATURE"],
    [{ featureLevels: new Map([["kraft.version", 1]]) }, "FORMAT_FEATURE"],
  ] as const) {
    assert.throws(() => formatStorage(optionsFor(t, change)), { code });
  }
});

test("a SCRAM credential is derived from its password (RFC 5802)", () => {
  // User and password of RFC 7677.
  const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
  const argument = `SCRAM-SHA-256=[name=user,password=pencil,iterations=4096,salt="${salt}"]`;
  const record = parseScramArgument(argument, seededRandom(1));
  assert.ok(record.kind === "UserScramCredentialRecord");
  const { name, mechanism, storedKey, serverKey } = record.value;
  assert.deepEqual([name, mechanism], ["user", 1]);
  assert.equal(storedKey.toString("base64"), "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  assert.equal(serverKey.toString("base64"), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
  for (const bad of ["SCRAM-SHA-256=[name=a]", "PLAIN=[name=a,password=b]", "SCRAM-SHA-512=[x]"]) {
    assert.throws(() => parseScramArgument(bad, seededRandom(1)), { code: "FORMAT_SCRAM" });
  }
});

test("initial controllers are read, or refused with what to write", () => {
  const ipv6 = parseInitialControllers(`1@[::1]:9093:${DIRECTORY_ID}`, "CONTROLLER");
  assert.equal(ipv6[0]?.endpoint.host, "::1");
  for (const bad of [
    "1@localhost:9093",
    `1@localhost:99999:${DIRECTORY_ID}`,
    "1@localhost:9093:AAAAAAAAAAAAAAAAAAAAAQ",
    `1@a:1:${DIRECTORY_ID},2@b:1:${DIRECTORY_ID}`,
  ]) {
    assert.throws(() => parseInitialControllers(bad, "CONTROLLER"), { code: "FORMAT_QUORUM" });
  }
});
