import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { jsonLines, moldauHere, scratchFolder } from "./moldau.ts";

/** A data folder that Apache Kafka 4.4 wrote, and what is in it. */
const fixture = fileURLToPath(new URL("../fixtures/data-directory/", import.meta.url));

interface Batch {
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly compression: string;
  readonly records?: readonly { readonly o: number; readonly k: string | null }[];
}

interface Tree {
  readonly partitions: Readonly<
    Record<
      string,
      {
        readonly batches: readonly Batch[];
        readonly indexes: Readonly<Record<string, { readonly entries: readonly number[][] }>>;
      }
    >
  >;
  readonly metadataLog: { readonly endOffset: number; readonly noOpRecords: number };
  readonly checkpoints: Readonly<Record<string, readonly string[]>>;
}

const scratch = scratchFolder();
const { trees } = JSON.parse(readFileSync(join(fixture, "data-directory.json"), "utf8")) as {
  trees: Readonly<Record<string, Tree>>;
};

before(() => {
  execFileSync("tar", ["xzf", join(fixture, "data-directory.tar.gz"), "-C", scratch.path]);
});
after(() => scratch.remove());

async function dump(path: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await moldauHere([
    "log",
    "dump",
    join(scratch.path, path),
    "--records",
    "-o",
    "ndjson",
  ]);
  assert.equal(code, 0, stderr);
  return jsonLines(stdout);
}

for (const [tree, { partitions, metadataLog }] of Object.entries(trees)) {
  test(`every partition of ${tree} is dumped as Kafka's own reader saw it`, async () => {
    for (const [name, { batches, indexes }] of Object.entries(partitions)) {
      const entries = await dump(`${tree}/${name}`);
      const of = (kind: string) => entries.filter((entry) => entry["kind"] === kind);
      const seen = of("batch").map(
        ({ position, sizeBytes, baseOffset, lastOffset, compression }) => [
          position,
          sizeBytes,
          baseOffset,
          lastOffset,
          compression,
        ],
      );
      const expected = batches.map((one) => [
        one.position,
        one.size,
        one.baseOffset,
        one.lastOffset,
        one.compression,
      ]);
      assert.deepEqual(seen, expected, name);
      assert.ok(of("batch").every(({ isValid }) => isValid === true));
      const offsets = batches.flatMap(({ records }) => records?.map(({ o }) => o) ?? []);
      assert.deepEqual(
        of("record").map(({ offset }) => offset),
        offsets,
        name,
      );
      for (const [file, { entries: indexed }] of Object.entries(indexes)) {
        if (!file.endsWith(".index")) continue;
        const found = of("offset").filter((entry) => String(entry["file"]).endsWith(`/${file}`));
        assert.deepEqual(
          found.map(({ offset, position }) => [offset, position]),
          indexed.map(([relative = 0, position]) => [parseInt(file, 10) + relative, position]),
          `${name} ${file}`,
        );
      }
      assert.equal(JSON.stringify(entries).includes('"error"'), false, name);
    }
  });

  test(`the metadata log of ${tree} is dumped in the names of its schemas`, async () => {
    const entries = await dump(`${tree}/__cluster_metadata-0`);
    const log = entries.filter(
      ({ kind, file }) => kind === "record" && String(file).endsWith("/00000000000000000000.log"),
    );
    assert.equal(log.length, metadataLog.endOffset);
    const types = log.map(({ content }) => (content as { type: string }).type);
    assert.equal(types[0], "LeaderChangeMessage");
    assert.equal(types.filter((type) => type === "NoOpRecord").length, metadataLog.noOpRecords);
    assert.ok(types.includes("TopicRecord"));
    assert.equal(JSON.stringify(entries).includes('"error"'), false);
  });
}

test("checkpoints, epochs, properties and the mark of a clean stop are dumped", async () => {
  const entries = await dump("clean");
  const starts = entries.filter(({ file }) => String(file).endsWith("log-start-offset-checkpoint"));
  assert.deepEqual(
    starts.map(({ topic, partition, offset }) => [topic, partition, offset]),
    [["plain", 0, 5]],
  );
  const properties = entries.find(({ kind }) => kind === "properties");
  assert.equal(properties?.["node.id"], "1");
  assert.ok(entries.some(({ file }) => String(file).endsWith(".kafka_cleanshutdown")));
});

test("in words it has a line for each batch and record, and names what is damaged", async () => {
  const path = join(scratch.path, "clean", "plain-0");
  const { stdout } = await moldauHere(["log", "dump", path, "--records", "-o", "table"]);
  assert.match(stdout, /plain-0\/00000000000000000000\.log {2}segment, 1\.3 KiB\n/);
  assert.match(
    stdout,
    / {2}@80 {2}offsets 1 to 7 {2}7 records, 215 B, 2023-11-14T22:13:27\.000Z, /,
  );
  assert.match(stdout, /\n {6}1 {2}k1 → v1 {2}\[h1=x-k1 nul=\]\n/);
});

test("what is not there, or none of a broker's, is refused", async () => {
  assert.equal((await moldauHere(["log", "dump", join(scratch.path, "none")])).code, 3);
  const other = await moldauHere(["log", "dump", join(fixture, "data-directory.json")]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /MLD4003/);
});
