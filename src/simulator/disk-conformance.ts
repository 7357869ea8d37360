import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes } from "node:crypto";
import {
  DiskError,
  writeFileAtomically,
  writeFileAtomicallyAsync,
  type Disk,
  type DiskErrorKind,
} from "../platform/disk.ts";

/** A disk to try, and a folder on it that exists and is empty. */
export interface DiskUnderTest {
  readonly disk: Disk;
  readonly folder: string;
  /** Lets the world go on until the promise settles; a real world goes on by itself. */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** Takes the folder away. */
  done(): void;
}

/**
 * What every `Disk` must do, tried on the machine's and on the simulated one: whoever relies on the
 * simulator relies on them being the same.
 */
export function diskConformance(name: string, make: () => DiskUnderTest): void {
  const conforms = (what: string, run: (under: DiskUnderTest) => Promise<void> | void): void => {
    test(`${name}: ${what}`, async () => {
      const under = make();
      try {
        await run(under);
      } finally {
        under.done();
      }
    });
  };
  contentConformance(conforms);
  handleConformance(conforms);
  nameConformance(conforms);
  renameConformance(conforms);
  statusConformance(conforms);
  syncConformance(conforms);
}

type Conforms = (what: string, run: (under: DiskUnderTest) => Promise<void> | void) => void;

function fails(kind: DiskErrorKind, run: () => unknown): void {
  assert.throws(run, (thrown) => {
    assert.ok(thrown instanceof DiskError, String(thrown));
    assert.equal(thrown.kind, kind, thrown.message);
    return true;
  });
}

function put(disk: Disk, path: string, content: Uint8Array | string): void {
  const bytes = Buffer.from(content);
  const file = disk.open(path, "write");
  file.truncate(0);
  file.write(bytes, 0, bytes.length, 0);
  file.close();
}

function contentConformance(conforms: Conforms): void {
  conforms("what is written at any place is read back", ({ disk, folder }) => {
    const path = `${folder}/file`;
    const model = Buffer.alloc(40_000);
    const file = disk.open(path, "create");
    let size = 0;
    for (const [position, length] of [
      [0, 10],
      [4090, 20],
      [20_000, 9000],
      [5, 1],
      [28_999, 4097],
      [100, 0],
    ] as const) {
      const bytes = randomBytes(length + 7);
      file.write(bytes, 3, length, position);
      bytes.copy(model, position, 3, 3 + length);
      if (length > 0) size = Math.max(size, position + length);
      assert.equal(file.size(), size);
    }
    assert.deepEqual(disk.readFile(path), model.subarray(0, size));
    const target = Buffer.alloc(50_000, 0xee);
    assert.equal(file.read(target, 5, 40_000, 10), size - 10);
    assert.deepEqual(target.subarray(5, 5 + size - 10), model.subarray(10, size));
    assert.ok(target.subarray(5 + size - 10).every((byte) => byte === 0xee));
    assert.equal(file.read(target, 0, 10, size), 0);
    assert.equal(file.read(target, 0, 10, size + 5000), 0);
    file.close();
  });

  conforms("reading off the loop gives the same", async ({ disk, folder, wait }) => {
    put(disk, `${folder}/file`, "moldau");
    const file = disk.open(`${folder}/file`, "read");
    const target = Buffer.alloc(10, 0x2e);
    assert.equal(await wait(file.readAsync(target, 1, 4, 2)), 4);
    assert.equal(target.toString(), ".ldau.....");
    assert.equal(await wait(file.readAsync(target, 0, 4, 6)), 0);
    file.close();
  });

  conforms("a cut file is zeros where it grows again", ({ disk, folder }) => {
    const path = `${folder}/file`;
    put(disk, path, Buffer.alloc(10_000, 7));
    const file = disk.open(path, "write");
    file.truncate(4100);
    assert.equal(file.size(), 4100);
    file.truncate(9000);
    const expected = Buffer.concat([Buffer.alloc(4100, 7), Buffer.alloc(4900)]);
    assert.deepEqual(disk.readFile(path), expected);
    file.write(Buffer.from("x"), 0, 1, 12_000);
    assert.equal(disk.status(path)?.sizeBytes, 12_001);
    assert.ok(
      disk
        .readFile(path)
        .subarray(4100, 12_000)
        .every((byte) => byte === 0),
    );
    file.truncate(10_485_760);
    assert.equal(file.size(), 10_485_760);
    file.close();
  });
}

function handleConformance(conforms: Conforms): void {
  conforms(
    "a file that was removed or renamed can be used by those who hold it",
    ({ disk, folder }) => {
      put(disk, `${folder}/a`, "first");
      const file = disk.open(`${folder}/a`, "write");
      disk.rename(`${folder}/a`, `${folder}/b`);
      file.write(Buffer.from("F"), 0, 1, 0);
      assert.equal(disk.readFile(`${folder}/b`).toString(), "First");
      disk.remove(`${folder}/b`);
      file.write(Buffer.from("s"), 0, 1, 4);
      const target = Buffer.alloc(5);
      assert.equal(file.read(target, 0, 5, 0), 5);
      assert.equal(target.toString(), "Firss");
      assert.equal(file.size(), 5);
      file.close();
      assert.deepEqual(disk.list(folder), []);
    },
  );

  conforms("a file that is closed, or open for reading alone, refuses", ({ disk, folder }) => {
    put(disk, `${folder}/a`, "x");
    const reader = disk.open(`${folder}/a`, "read");
    fails("other", () => reader.write(Buffer.from("y"), 0, 1, 0));
    reader.close();
    fails("other", () => reader.close());
    fails("other", () => reader.size());
    fails("other", () => reader.read(Buffer.alloc(1), 0, 1, 0));
    assert.equal(disk.readFile(`${folder}/a`).toString(), "x");
  });
}

function nameConformance(conforms: Conforms): void {
  conforms("opening asks for what the mode says", ({ disk, folder }) => {
    fails("not-found", () => disk.open(`${folder}/a`, "read"));
    fails("not-found", () => disk.open(`${folder}/none/a`, "write"));
    disk.open(`${folder}/a`, "create").close();
    fails("exists", () => disk.open(`${folder}/a`, "create"));
    disk.open(`${folder}/a`, "write").close();
    disk.open(`${folder}/a`, "read").close();
    fails("other", () => disk.open(folder, "write"));
    fails("not-found", () => disk.readFile(`${folder}/b`));
    fails("other", () => disk.readFile(folder));
  });

  conforms("folders hold names, sorted", ({ disk, folder }) => {
    disk.makeDirectory(`${folder}/x/y/z`);
    disk.makeDirectory(`${folder}/x/y/z`);
    put(disk, `${folder}/x/b`, "");
    put(disk, `${folder}/x/B`, "");
    put(disk, `${folder}/x/a`, "");
    assert.deepEqual(disk.list(`${folder}/x`), ["B", "a", "b", "y"]);
    assert.deepEqual(disk.list(`${folder}/x/y/`), ["z"]);
    fails("not-found", () => disk.list(`${folder}/none`));
    fails("not-found", () => disk.list(`${folder}/x/a`));
    fails("exists", () => disk.makeDirectory(`${folder}/x/a`));
    fails("not-found", () => disk.makeDirectory(`${folder}/x/a/c`));
    assert.equal(disk.status(`${folder}/x`)?.kind, "directory");
    assert.equal(disk.status(`${folder}/x/a`)?.kind, "file");
    assert.equal(disk.status(`${folder}/x/none`), undefined);
    assert.equal(disk.status(`${folder}/x/a/none`), undefined);
  });
}

function renameConformance(conforms: Conforms): void {
  conforms("a rename replaces a file and moves a folder with all in it", ({ disk, folder }) => {
    put(disk, `${folder}/a`, "a");
    put(disk, `${folder}/b`, "b");
    disk.rename(`${folder}/a`, `${folder}/b`);
    assert.deepEqual(disk.list(folder), ["b"]);
    assert.equal(disk.readFile(`${folder}/b`).toString(), "a");
    disk.makeDirectory(`${folder}/d/e`);
    disk.rename(`${folder}/b`, `${folder}/d/e/b`);
    disk.rename(`${folder}/d`, `${folder}/f`);
    assert.equal(disk.readFile(`${folder}/f/e/b`).toString(), "a");
    fails("not-found", () => disk.rename(`${folder}/none`, `${folder}/x`));
    fails("not-found", () => disk.rename(`${folder}/f`, `${folder}/none/f`));
    put(disk, `${folder}/g`, "g");
    fails("other", () => disk.rename(`${folder}/g`, `${folder}/f`));
    disk.makeDirectory(`${folder}/full/x`);
    fails("other", () => disk.rename(`${folder}/f`, `${folder}/full`));
    disk.rename(`${folder}/g`, `${folder}/g`);
    assert.deepEqual(disk.list(folder), ["f", "full", "g"]);
  });

  conforms("removing what is not there does nothing", ({ disk, folder }) => {
    disk.remove(`${folder}/none`);
    disk.removeTree(`${folder}/none`);
    disk.makeDirectory(`${folder}/d/e`);
    put(disk, `${folder}/d/e/f`, "x");
    fails("other", () => disk.remove(`${folder}/d`));
    disk.removeTree(`${folder}/d`);
    assert.deepEqual(disk.list(folder), []);
    put(disk, `${folder}/f`, "x");
    disk.removeTree(`${folder}/f`);
    assert.deepEqual(disk.list(folder), []);
  });
}

function statusConformance(conforms: Conforms): void {
  conforms("times and permissions can be set", ({ disk, folder }) => {
    put(disk, `${folder}/a`, "x");
    disk.setModified(`${folder}/a`, 1_600_000_000_000);
    assert.equal(disk.status(`${folder}/a`)?.modifiedMs, 1_600_000_000_000);
    disk.setPermissions(`${folder}/a`, 0o400);
    fails("not-found", () => disk.setModified(`${folder}/b`, 0));
    fails("not-found", () => disk.setPermissions(`${folder}/b`, 0o400));
    const { freeBytes, totalBytes } = disk.space(folder);
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes);
    fails("not-found", () => disk.space(`${folder}/none`));
  });

  conforms("a lock has one holder", ({ disk, folder }) => {
    const lock = disk.lock(`${folder}/.lock`);
    assert.ok(lock !== undefined);
    assert.equal(disk.lock(`${folder}/.lock`), undefined);
    assert.equal(disk.status(`${folder}/.lock`)?.kind, "file");
    lock.release();
    const again = disk.lock(`${folder}/.lock`);
    assert.ok(again !== undefined);
    again.release();
    fails("not-found", () => disk.lock(`${folder}/none/.lock`));
  });
}

function syncConformance(conforms: Conforms): void {
  conforms("syncing changes nothing that can be seen", async ({ disk, folder, wait }) => {
    const file = disk.open(`${folder}/a`, "create");
    file.write(Buffer.from("abc"), 0, 3, 0);
    const first = file.datasync();
    file.write(Buffer.from("def"), 0, 3, 3);
    const second = file.datasync();
    await wait(Promise.all([first, second]));
    file.datasyncNow();
    disk.syncDirectory(folder);
    await wait(disk.syncDirectoryAsync(folder));
    assert.equal(disk.readFile(`${folder}/a`).toString(), "abcdef");
    file.close();
    fails("not-found", () => disk.syncDirectory(`${folder}/none`));
    await assert.rejects(wait(disk.syncDirectoryAsync(`${folder}/none`)), { kind: "not-found" });
    await assert.rejects(wait(file.datasync()), { name: "DiskError" });
  });

  conforms("a file is replaced as a whole", async ({ disk, folder, wait }) => {
    writeFileAtomically(disk, `${folder}/a`, Buffer.from("one"));
    assert.equal(disk.readFile(`${folder}/a`).toString(), "one");
    await wait(writeFileAtomicallyAsync(disk, `${folder}/a`, Buffer.from("other")));
    assert.equal(disk.readFile(`${folder}/a`).toString(), "other");
    assert.deepEqual(disk.list(folder), ["a"]);
  });
}
