// What the Node programs of this suite share: how they report, and the records every client writes.
import { deepStrictEqual } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

export const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
export const crossRecords = 50;
export const crossBaseMs = 1_700_000_000_000;

export function emit(...fields) {
  process.stdout.write(`${fields.map((f) => String(f).replace(/[\t\n]/g, " ")).join("\t")}\n`);
}

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(actual, expected, what) {
  try {
    deepStrictEqual(actual, expected);
  } catch {
    throw new Error(`${what}: got ${short(actual)}, expected ${short(expected)}`);
  }
}

function short(value) {
  const text = JSON.stringify(value, (_, inner) =>
    typeof inner === "bigint" ? `${inner}n` : inner,
  );
  return text === undefined || text.length <= 200 ? String(text) : `${text.slice(0, 200)}…`;
}

const testTimeoutMs = 60_000;

/** Tests run one after another; one line each. */
export class Suite {
  #tests = [];

  test(name, body) {
    this.#tests.push([name, body]);
  }

  async run() {
    for (const [name, body] of this.#tests) {
      const started = performance.now();
      const late = new AbortController();
      try {
        await Promise.race([
          body(),
          sleep(testTimeoutMs, undefined, { signal: late.signal }).then(() => {
            throw new Error(`took longer than ${testTimeoutMs} ms`);
          }),
        ]);
        emit("ok", name, Math.round(performance.now() - started));
      } catch (error) {
        const cause = error.errors?.map(String).join("; ") ?? "";
        const where = /\/(\w+\.mjs:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
        emit("not ok", name, `${String(error)} ${cause} [${where}]`);
      } finally {
        late.abort();
      }
    }
  }
}

export async function eventually(what, ask, timeoutMs = 20_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(20);
  }
}

export function crossTopic(writer, codec) {
  return `cross.${writer}.${codec}`;
}

/** Record i of a writer. Keys, values and header values are buffers or null. */
export function crossRecord(writer, codec, i) {
  const text = `${writer} ${codec} ${i} `;
  const size = ((i * 97) % 2000) + 1;
  return {
    key: i % 5 === 4 && i % 7 !== 6 ? null : Buffer.from(`key-${i}`),
    value: i % 7 === 6 ? null : Buffer.from(text.repeat(size).slice(0, size)),
    headers:
      i % 3 === 0
        ? [
            ["trace", Buffer.from(`t-${i}`)],
            ["empty", Buffer.alloc(0)],
          ]
        : [],
    timestamp: crossBaseMs + i * 1000,
  };
}

/** Record i of a round trip. */
export function sample(i) {
  return {
    key: i % 11 === 10 ? null : Buffer.from(`k${i}`),
    value: i % 13 === 12 ? null : Buffer.from(`value ${i} `.repeat(12)),
    headers:
      i % 4 === 0
        ? [
            ["a", Buffer.from(`${i}`)],
            ["b", Buffer.from("b")],
          ]
        : [],
    timestamp: 1_000_000 * 1_700_000 + i,
  };
}

/** Runs the mode named on the command line; `modes` has a function for each. */
export async function main(modes) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      bootstrap: { type: "string" },
      writers: { type: "string", default: "" },
      topic: { type: "string", default: "" },
      group: { type: "string", default: "" },
      count: { type: "string", default: "0" },
      rate: { type: "string", default: "1000" },
    },
  });
  const mode = modes[positionals[0]];
  if (mode === undefined) throw new Error(`no mode ${positionals[0]}`);
  await mode({
    ...values,
    writers: values.writers.split(","),
    count: Number(values.count),
    rate: Number(values.rate),
  });
  process.exit(0);
}

/** Calls `send(i)` at the given rate, waiting for those sent so far now and then. */
export async function paced(count, rate, send) {
  const started = performance.now();
  let waiting = [];
  for (let i = 0; i < count; i += 1) {
    waiting.push(send(i));
    const aheadMs = ((i + 1) / rate) * 1000 - (performance.now() - started);
    if (aheadMs > 5) await sleep(aheadMs);
    if (waiting.length >= 100) {
      await Promise.all(waiting);
      waiting = [];
    }
  }
  await Promise.all(waiting);
}
