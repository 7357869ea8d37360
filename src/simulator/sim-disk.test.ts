import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeFileAtomically, type Disk } from "../platform/disk.ts";
import { nodeDisk } from "../platform/node/disk.ts";
import { diskConformance } from "./disk-conformance.ts";
import { SimClock } from "./sim-clock.ts";
import { SimDisk, type SimDiskOptions } from "./sim-disk.ts";
import { PAGE_BYTES } from "./sim-file.ts";
import { SimRandom } from "./sim-random.ts";
import { SimTrace } from "./sim-trace.ts";

diskConformance("the machine's disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "moldau-disk-"));
  return {
    disk: nodeDisk,
    folder,
    wait: (promise) => promise,
    done: () => rmSync(folder, { recursive: true, force: true }),
  };
});

diskConformance("the simulated disk", () => {
  const { disk, clock } = newDisk(1);
  disk.makeDirectory("/data/test");
  return {
    disk,
    folder: "/data/test",
    wait: (promise) => clock.wait(promise),
    done: () => undefined,
  };
});

function newDisk(
  seed: number,
  options: Partial<SimDiskOptions> = {},
): { disk: SimDisk; clock: SimClock; trace: SimTrace } {
  const trace = new SimTrace({ recentMax: 20 });
  const clock = new SimClock({ trace });
  const disk = new SimDisk({ clock, random: new SimRandom(seed), trace, ...options });
  return { disk, clock, trace };
}

/** A synced folder `/d`. */
function withFolder(seed: number, options: Partial<SimDiskOptions> = {}) {
  const world = newDisk(seed, options);
  world.disk.makeDirectory("/d");
  world.disk.syncDirectory("/");
  return world;
}

function append(disk: Disk, path: string, bytes: Uint8Array, sync: boolean): void {
  const file = disk.open(path, "write");
  file.write(bytes, 0, bytes.length, file.size());
  if (sync) file.datasyncNow();
  file.close();
}

/** Bytes that tell where they belong. */
function pattern(start: number, length: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, i) => ((start + i) * 7 + ((start + i) >> 8)) & 0xff),
  );
}

test("what was synced survives every loss of power; the rest in part, torn or not at all", () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const { disk } = withFolder(seed);
    append(disk, "/d/log", pattern(0, 6000), true);
    disk.syncDirectory("/d");
    append(disk, "/d/log", pattern(6000, 30_000), false);
    disk.losePower();
    const content = disk.readFile("/d/log");
    assert.deepEqual(content.subarray(0, 6000), pattern(0, 6000));
    assert.ok(content.length >= 6000 && content.length <= 36_000);
    const intact = content.equals(pattern(0, content.length));
    if (content.length === 6000) outcomes.add("lost");
    else if (content.length === 36_000 && intact) outcomes.add("kept");
    else outcomes.add(intact ? "prefix" : "holes");
    if (content.length % PAGE_BYTES !== 0 && content.length % 512 === 0) outcomes.add("torn");
  }
  assert.deepEqual([...outcomes].sort(), ["holes", "kept", "lost", "prefix", "torn"]);
});

test("a killed process loses nothing that it wrote", async () => {
  const { disk, clock } = withFolder(3);
  const file = disk.open("/d/log", "create");
  file.write(pattern(0, 5000), 0, 5000, 0);
  const sync = file.datasync();
  let settled = false;
  void sync.finally(() => {
    settled = true;
  });
  disk.killProcess();
  assert.throws(() => file.write(pattern(0, 1), 0, 1, 0), { kind: "failed" });
  await clock.run();
  assert.equal(settled, false, "nobody is there to be told");
  assert.ok(disk.isSynced("/d/log"), "the device goes on");
  assert.deepEqual(disk.readFile("/d/log"), pattern(0, 5000));
});

test("a sync that has not completed promises nothing, one that has promises all", async () => {
  let lost = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { disk, clock } = withFolder(seed, { delays: { syncMs: [5, 5], readMs: [1, 1] } });
    const file = disk.open("/d/log", "create");
    disk.syncDirectory("/d");
    file.write(pattern(0, 5000), 0, 5000, 0);
    const first = file.datasync();
    await clock.wait(first);
    file.write(pattern(5000, 9000), 0, 9000, 5000);
    void file.datasync();
    await clock.advance(4);
    disk.losePower();
    const content = disk.readFile("/d/log");
    assert.deepEqual(content.subarray(0, 5000), pattern(0, 5000));
    if (!content.equals(pattern(0, 14_000))) lost++;
  }
  assert.ok(lost > 20 && lost < 60, `${lost} of 60`);
});

test("a name that was not synced may be gone with all below it", () => {
  let gone = 0;
  for (let seed = 0; seed < 100; seed++) {
    const { disk } = withFolder(seed);
    disk.makeDirectory("/d/topic-0");
    append(disk, "/d/topic-0/log", pattern(0, 100), true);
    disk.syncDirectory("/d/topic-0");
    disk.losePower();
    if (disk.status("/d/topic-0") === undefined) gone++;
    else assert.deepEqual(disk.readFile("/d/topic-0/log"), pattern(0, 100));
  }
  assert.ok(gone > 20 && gone < 80, `${gone} of 100`);
});

test("changes of names in one folder survive in their order, a rename as a whole", () => {
  for (let seed = 0; seed < 200; seed++) {
    const { disk } = withFolder(seed);
    for (let i = 0; i < 5; i++) disk.open(`/d/${i}`, "create").close();
    disk.rename("/d/0", "/d/9");
    disk.remove("/d/1");
    disk.losePower();
    const names = disk.list("/d");
    const orders = [[], ["0"], ["0", "1"], ["0", "1", "2"], ["0", "1", "2", "3"]];
    orders.push(["0", "1", "2", "3", "4"], ["1", "2", "3", "4", "9"], ["2", "3", "4", "9"]);
    assert.ok(
      orders.some((order) => order.join() === names.join()),
      names.join(),
    );
  }
});

test("a file replaced atomically is the old one or the new one after any loss of power", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const { disk } = withFolder(seed);
    writeFileAtomically(disk, "/d/checkpoint", Buffer.from("old"));
    const file = disk.open("/d/checkpoint.tmp", "write");
    file.write(Buffer.from("new"), 0, 3, 0);
    file.datasyncNow();
    disk.rename("/d/checkpoint.tmp", "/d/checkpoint");
    if (seed % 4 === 0) disk.syncDirectory("/d");
    disk.losePower();
    const content = disk.readFile("/d/checkpoint").toString();
    assert.ok(content === "new" || (content === "old" && seed % 4 !== 0));
    seen.add(content);
  }
  assert.deepEqual([...seen].sort(), ["new", "old"]);
});

test("a file cut and written again never shows old bytes beyond new ones", () => {
  for (let seed = 0; seed < 200; seed++) {
    const { disk } = withFolder(seed);
    append(disk, "/d/log", Buffer.alloc(20_000, 1), true);
    disk.syncDirectory("/d");
    const file = disk.open("/d/log", "write");
    file.truncate(5000);
    file.write(Buffer.alloc(9000, 2), 0, 9000, 5000);
    disk.losePower();
    const content = disk.readFile("/d/log");
    assert.ok(content.subarray(0, 5000).every((byte) => byte === 1));
    const beyond = content.subarray(8192);
    assert.ok(!(beyond.includes(1) && beyond.includes(2)), "old and new together");
  }
});

test("after a failed sync the pages count as clean, and the power takes them", async () => {
  const { disk, clock } = withFolder(11);
  const file = disk.open("/d/log", "create");
  disk.syncDirectory("/d");
  file.write(pattern(0, 5000), 0, 5000, 0);
  disk.faults.plan({ operation: "sync", path: "/d/log" });
  await assert.rejects(clock.wait(file.datasync()), { kind: "failed" });
  await clock.wait(file.datasync());
  assert.deepEqual(disk.readFile("/d/log"), pattern(0, 5000));
  disk.losePower();
  assert.notDeepEqual(disk.readFile("/d/log"), pattern(0, 5000));
});

test("reads, writes, names and syncs fail as planned, writes after a part", async () => {
  const { disk, clock } = withFolder(5);
  const file = disk.open("/d/a", "create");
  file.write(pattern(0, 100), 0, 100, 0);
  disk.faults.plan({ operation: "write", path: "/d/a", skip: 1 });
  file.write(pattern(100, 10), 0, 10, 100);
  assert.throws(() => file.write(pattern(110, 9000), 0, 9000, 110), { kind: "failed" });
  assert.ok(file.size() >= 110 && file.size() < 9110);
  file.write(pattern(0, 1), 0, 1, 0);
  disk.faults.plan({ operation: "read", kind: "failed", times: 2 });
  assert.throws(() => disk.readFile("/d/a"), { kind: "failed" });
  await assert.rejects(clock.wait(file.readAsync(Buffer.alloc(1), 0, 1, 0)), { kind: "failed" });
  assert.equal(disk.readFile("/d/a").length, file.size());
  disk.faults.plan({ operation: "name", path: "/d/b", times: Infinity });
  assert.throws(() => disk.remove("/d/b"), { kind: "failed" });
  disk.faults.clear();
  disk.remove("/d/b");
  disk.faults.plan({ operation: "sync", path: "/d", kind: "failed" });
  assert.throws(() => disk.syncDirectory("/d"), { kind: "failed" });
});

test("a full disk takes a part of the write, and has room again when files go", () => {
  const { disk } = withFolder(6, { capacityBytes: 10 * PAGE_BYTES });
  append(disk, "/d/a", pattern(0, 4 * PAGE_BYTES), false);
  const file = disk.open("/d/b", "create");
  const large = pattern(0, 9 * PAGE_BYTES);
  assert.throws(() => file.write(large, 0, large.length, 100), { kind: "full" });
  assert.equal(file.size(), 6 * PAGE_BYTES);
  assert.equal(disk.space("/d").freeBytes, 0);
  assert.throws(() => append(disk, "/d/c", pattern(0, 1), false), { kind: "full" });
  append(disk, "/d/a", Buffer.alloc(0), false);
  file.write(pattern(7, 50), 0, 50, 0);
  disk.remove("/d/a");
  file.write(large, 0, large.length, 100);
  assert.equal(disk.usedBytes, 10 * PAGE_BYTES);
  disk.remove("/d/b");
  assert.equal(disk.usedBytes, 10 * PAGE_BYTES, "held open");
  file.close();
  assert.equal(disk.usedBytes, 0);
});

test("flipped bits are seen at once and stay", () => {
  const { disk } = withFolder(7);
  append(disk, "/d/a", pattern(0, 9000), true);
  disk.syncDirectory("/d");
  const position = disk.flipRandomBit("/d/a", 5000, 9000);
  const before = pattern(0, 9000);
  for (let i = 0; i < 2; i++) {
    const content = disk.readFile("/d/a");
    assert.equal(content.compare(before), content[position]! > before[position]! ? 1 : -1);
    assert.deepEqual(content.subarray(0, position), before.subarray(0, position));
    assert.deepEqual(content.subarray(position + 1), before.subarray(position + 1));
    disk.losePower();
  }
});

test("locks and handles end with their process", () => {
  const { disk } = withFolder(8);
  const lock = disk.lock("/d/.lock");
  const file = disk.open("/d/a", "create");
  disk.syncDirectory("/d");
  disk.killProcess();
  assert.throws(() => file.size(), { kind: "failed" });
  const next = disk.lock("/d/.lock");
  assert.ok(lock !== undefined && next !== undefined);
  lock.release();
  assert.equal(disk.lock("/d/.lock"), undefined, "the dead holder cannot release it");
});

test("the same seed gives the same disk and the same trace", () => {
  const runOnce = (seed: number): string => {
    const { disk, trace } = withFolder(seed);
    for (let i = 0; i < 20; i++) {
      append(disk, `/d/${i % 3}`, pattern(i, 3000 + i), i % 5 === 0);
      if (i % 7 === 6) disk.losePower();
    }
    const contents = disk.files().map((path) => `${path} ${disk.readFile(path).toString("hex")}`);
    trace.note(contents.join());
    return trace.hash();
  };
  assert.equal(runOnce(1), runOnce(1));
  assert.notEqual(runOnce(1), runOnce(2));
});
