import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { Options } from "./command.ts";
import {
  bytesText,
  isForPeople,
  outputFormat,
  printListing,
  type Listing,
  type OutputFormat,
} from "./output.ts";
import { displayWidth } from "./table.ts";
import { wantsColors, type Terminal } from "./terminal.ts";

class Collected extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function terminalFor(isTTY: boolean, env: Record<string, string> = { NO_COLOR: "1" }) {
  const stdout = new Collected(isTTY);
  const stderr = new Collected(isTTY);
  const terminal: Terminal = { stdin: Readable.from([]), stdout, stderr, env };
  return { terminal, stdout, stderr };
}

const listing: Listing<{ name: string; size: number | null }> = {
  items: [
    { name: 'größer, "x"', size: 5 },
    { name: "日本", size: null },
  ],
  id: ({ name }) => name,
  empty: "nothing",
  columns: [
    { title: "name", of: ({ name }) => name },
    { title: "size", of: ({ size }) => size, right: true },
    { title: "length", of: ({ name }) => name.length, wide: true },
  ],
};

async function printed(format: OutputFormat): Promise<string> {
  const { terminal, stdout } = terminalFor(false);
  await printListing(terminal, format, listing);
  return stdout.text;
}

test("a listing prints in every format", async () => {
  assert.equal(await printed("table"), 'NAME         SIZE\ngrößer, "x"     5\n日本            -\n');
  assert.match(await printed("wide"), /^NAME +SIZE {2}LENGTH\n/);
  assert.equal(
    await printed("ndjson"),
    '{"name":"größer, \\"x\\"","size":5}\n{"name":"日本","size":null}\n',
  );
  assert.deepEqual(JSON.parse(await printed("json")), listing.items);
  assert.equal(
    await printed("yaml"),
    '- name: größer, "x"\n  size: 5\n- name: 日本\n  size: null\n',
  );
  assert.equal(await printed("csv"), 'name,size,length\r\n"größer, ""x""",5,11\r\n日本,,2\r\n');
  assert.equal(await printed("id"), 'größer, "x"\n日本\n');
});

test("an empty table says so on the error stream, an empty pipe says nothing", async () => {
  const { terminal, stdout, stderr } = terminalFor(true);
  await printListing(terminal, "table", { ...listing, items: [] });
  assert.equal(stdout.text, "");
  assert.equal(stderr.text, "nothing\n");
  await printListing(terminal, "ndjson", { ...listing, items: [] });
  assert.equal(stdout.text, "");
});

test("without a wish it is a table on a terminal, and ndjson in a pipe", () => {
  const none = new Options(new Map());
  assert.equal(outputFormat(terminalFor(true).terminal, none), "table");
  assert.equal(outputFormat(terminalFor(false).terminal, none), "ndjson");
  const wish = new Options(new Map([["output", "yaml"]]));
  assert.equal(outputFormat(terminalFor(true).terminal, wish), "yaml");
  assert.equal(isForPeople("wide"), true);
});

test("control characters of names do not reach the terminal", async () => {
  const { terminal, stdout } = terminalFor(true);
  const items = [{ name: "a\u001b[31m\nb", size: 1 }];
  await printListing(terminal, "table", { ...listing, items });
  assert.equal(stdout.text.includes("\u001b"), false);
  assert.equal(stdout.text.split("\n").length, 3);
});

test("colours are for terminals, unless somebody says otherwise", () => {
  const colored = (isTTY: boolean, env: Record<string, string>) =>
    wantsColors(terminalFor(isTTY, env).terminal, { isTTY });
  assert.equal(colored(true, {}), true);
  assert.equal(colored(false, {}), false);
  assert.equal(colored(true, { NO_COLOR: "1" }), false);
  assert.equal(colored(false, { FORCE_COLOR: "1" }), true);
  assert.equal(colored(true, { TERM: "dumb" }), false);
});

test("wide characters take two columns", () => {
  assert.equal(displayWidth("abc"), 3);
  assert.equal(displayWidth("日本"), 4);
  assert.equal(displayWidth("é"), 1);
});

test("sizes are told in the unit that fits", () => {
  assert.equal(bytesText(0), "0 B");
  assert.equal(bytesText(1023), "1023 B");
  assert.equal(bytesText(1536), "1.5 KiB");
  assert.equal(bytesText(50 * 1024 * 1024), "50 MiB");
});
