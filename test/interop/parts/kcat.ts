import { kcat } from "../cache.ts";
import type { Context, Part } from "../part.ts";
import { run } from "../processes.ts";

const name = "kcat";

async function call(context: Context, args: readonly string[], input = ""): Promise<string> {
  const outcome = await run(kcat(), ["-b", context.broker.bootstrap, ...args], { input });
  if (outcome.code !== 0) throw new Error(`kcat ${args.join(" ")}: ${outcome.stderr}`);
  return outcome.stdout;
}

function same(actual: string, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`${what}: got\n${actual}\nexpected\n${expected}`);
}

async function roundTrip(context: Context, codec: string): Promise<void> {
  const topic = `kcat.${codec}.${Date.now()}`;
  const lines = Array.from(
    { length: 200 },
    (_, i) => `key-${i}:${i % 10 === 0 ? "" : `value ${i}`}`,
  );
  const input = `${lines.join("\n")}\n`;
  const produce = ["-P", "-t", topic, "-p", "0", "-K", ":", "-z", codec, "-H", "origin=kcat"];
  // -Z turns empty values into null ones.
  await call(context, [...produce, "-Z", "-X", "acks=all"], input);
  const format = ["-f", "%o %k:%s %S %h\\n"];
  const read = await call(context, ["-C", "-t", topic, "-e", "-q", "-Z", ...format]);
  const expected = lines.map((line, i) => {
    const [key = "", value = ""] = line.split(":");
    return `${i} ${key}:${value === "" ? "NULL -1" : `${value} ${value.length}`} origin=kcat\n`;
  });
  same(read, expected.join(""), "records");
}

async function offsets(context: Context): Promise<void> {
  const topic = `kcat.offsets.${Date.now()}`;
  const input = `${Array.from({ length: 100 }, (_, i) => `value ${i}`).join("\n")}\n`;
  await call(context, ["-P", "-t", topic, "-p", "0"], input);
  const quiet = ["-e", "-q", "-f", "%s\n"];
  const tail = await call(context, ["-C", "-t", topic, "-o", "-3", ...quiet]);
  same(tail, "value 97\nvalue 98\nvalue 99\n", "the last three");
  const from = await call(context, ["-C", "-t", topic, "-o", "98", ...quiet]);
  same(from, "value 98\nvalue 99\n", "from offset 98");
  const count = await call(context, ["-C", "-t", topic, "-o", "beginning", "-c", "2", ...quiet]);
  same(count, "value 0\nvalue 1\n", "the first two");
  const query = await call(context, ["-Q", "-t", `${topic}:0:0`]);
  if (!query.includes("offset 0")) throw new Error(`query by time: ${query}`);
}

async function group(context: Context): Promise<void> {
  const topic = `kcat.group.${Date.now()}`;
  await call(context, ["-P", "-t", topic, "-p", "0"], "a\nb\nc\n");
  const args = ["-G", `${topic}.group`, "-c", "3", "-q", "-X", "auto.offset.reset=earliest"];
  const read = await call(context, [...args, "-f", "%s\n", topic]);
  same(read, "a\nb\nc\n", "records of the group");
}

async function metadata(context: Context): Promise<void> {
  const listed: unknown = JSON.parse(await call(context, ["-L", "-J"]));
  const text = JSON.stringify(listed);
  if (!text.includes(`"name":"${context.broker.bootstrap}"`)) throw new Error(text.slice(0, 500));
  if (!text.includes('"topic":"kcat.')) throw new Error("no topic is listed");
}

export const kcatPart: Part = {
  name,
  about: "kcat: produces, consumes, queries, lists",
  async run(context) {
    kcat();
    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      const title = `round trip with ${codec}: keys, headers, null values`;
      await context.report.test(name, title, () => roundTrip(context, codec));
    }
    await context.report.test(name, "starts at offsets, queries by time", () => offsets(context));
    await context.report.test(name, "consumes in a group", () => group(context));
    await context.report.test(name, "lists brokers and topics", () => metadata(context));
  },
};
