import { basename, resolve } from "node:path";
import { messageOf, MoldauError } from "../../core/errors.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import type { Options } from "../command.ts";
import type { BatchEntry, DumpOptions, Entry, RecordEntry } from "../dump/entry.ts";
import { entriesOf, kindOfFile } from "../dump/files.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, countText, stringifyJson } from "../output.ts";
import { Problem, tell } from "../problem.ts";
import { paintFor, write, type Paint, type Terminal } from "../terminal.ts";

/** `moldau log dump`: what is in files, in words or as ndjson. */
export async function run(
  terminal: Terminal,
  paths: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const asked = options.choice("output", ["table", "ndjson"]);
  const inWords = (asked ?? (terminal.stdout.isTTY === true ? "table" : "ndjson")) === "table";
  const dump = {
    withRecords: options.has("records"),
    fromOffset: options.integer("from", { min: 0 }) ?? 0,
  };
  const count = options.integer("count", { min: 1 }) ?? Infinity;
  const files = paths.flatMap((path) => filesAt(resolve(path)));
  let failed = 0;
  for (const [index, file] of files.entries()) {
    if (inWords && index > 0) await write(terminal.stdout, "\n");
    try {
      await dumpFile(terminal, file, dump, count, inWords);
    } catch (thrown) {
      if (!(thrown instanceof MoldauError) && !(thrown instanceof SyntaxError)) throw thrown;
      failed++;
      tell(terminal, new Problem("MLD4001", `${file}: ${messageOf(thrown)}`), !inWords);
    }
  }
  if (failed === 0) return ExitCode.ok;
  return failed < files.length ? ExitCode.partial : ExitCode.failed;
}

/** A file, or those in a folder; not in folders below it. */
function filesAt(path: string): string[] {
  const { disk } = nodePlatform;
  const status = disk.status(path);
  if (status === undefined) {
    throw new Problem("MLD4002", `there is nothing at ${path}`, { exitCode: ExitCode.notFound });
  }
  if (status.kind !== "directory") {
    if (kindOfFile(basename(path)) !== undefined) return [path];
    throw new Problem("MLD4003", `${path} has no name of a file of a broker`, {
      remedy: "give a file such as 00000000000000000000.log, or its folder",
    });
  }
  const names = disk.list(path).filter((name) => kindOfFile(name) !== undefined);
  if (names.length === 0) {
    throw new Problem("MLD4003", `${path} holds no files of a broker`, {
      remedy: "give the folder of a partition, such as moldau-data/orders-0",
    });
  }
  return names.map((name) => `${path}/${name}`);
}

async function dumpFile(
  terminal: Terminal,
  file: string,
  options: DumpOptions,
  count: number,
  inWords: boolean,
): Promise<void> {
  const { disk } = nodePlatform;
  const kind = kindOfFile(basename(file)) ?? "state";
  const paint = paintFor(terminal, terminal.stdout);
  if (inWords) {
    const size = bytesText(disk.status(file)?.sizeBytes ?? 0);
    await write(terminal.stdout, `${paint.bold(file)}  ${kind}, ${size}\n`);
  }
  let shown = 0;
  for (const entry of entriesOf(disk, file, kind, options)) {
    if (entry.kind !== "record" && shown++ >= count) break;
    const text = inWords ? inWordsOf(entry, paint) : stringifyJson(flat(file, entry));
    await write(terminal.stdout, `${text}\n`);
  }
  if (inWords && shown === 0) await write(terminal.stdout, paint.dim("  (empty)\n"));
}

/** One object: the file, the kind, and the fields beside them. */
function flat(file: string, entry: Entry): object {
  if (!("fields" in entry)) return plain({ file, ...entry });
  const { kind, fields } = entry;
  return { file, kind, ...fields };
}

/** The same with bytes as text, or as base64 where they are none. */
function plain<T extends object>(value: T): object {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "bigint") return inner.toString();
      if (!isBufferJson(inner)) return inner;
      return { base64: Buffer.from(inner.data).toString("base64") };
    }),
  ) as object;
}

/** What a Buffer makes of itself before a replacer sees it. */
function isBufferJson(value: unknown): value is { readonly data: readonly number[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "Buffer" &&
    "data" in value &&
    Array.isArray(value.data)
  );
}

function inWordsOf(entry: Entry, paint: Paint): string {
  switch (entry.kind) {
    case "batch":
      return batchInWords(entry, paint);
    case "record":
      return recordInWords(entry, paint);
    case "tail": {
      const where = entry.position < 0 ? "" : ` from byte ${entry.position}`;
      return `  ${paint.red("stops")}${where}: ${entry.reason} (${bytesText(entry.sizeBytes)})`;
    }
    default: {
      const fields = Object.entries(entry.fields).map(
        ([name, value]) => `${paint.dim(name)} ${valueInWords(name, value)}`,
      );
      return `  ${fields.join("  ")}`;
    }
  }
}

function valueInWords(name: string, value: string | number | null): string {
  const isTime = /timestamp$/i.test(name) && typeof value === "number" && value > 0;
  return isTime ? `${value} (${new Date(value).toISOString()})` : String(value);
}

function batchInWords(batch: BatchEntry, paint: Paint): string {
  const { dim } = paint;
  const offsets =
    batch.baseOffset === batch.lastOffset
      ? `offset ${batch.baseOffset}`
      : `offsets ${batch.baseOffset} to ${batch.lastOffset}`;
  const parts = [
    `${offsets}  ${countText(batch.count, "record")}`,
    bytesText(batch.sizeBytes),
    ...(batch.compression === "none" ? [] : [batch.compression]),
    ...(batch.maxTimestamp < 0 ? [] : [new Date(batch.maxTimestamp).toISOString()]),
    ...(batch.timestampType === "LogAppendTime" ? ["log append time"] : []),
    ...(batch.leaderEpoch < 0 ? [] : [`epoch ${batch.leaderEpoch}`]),
    ...(batch.producerId < 0
      ? []
      : [`producer ${batch.producerId}/${batch.producerEpoch} from ${batch.baseSequence}`]),
    ...(batch.isTransactional ? ["transactional"] : []),
    ...(batch.isControl ? ["control"] : []),
    ...(batch.magic === 2 ? [] : [`format ${batch.magic}`]),
  ];
  const state = batch.isValid ? "" : `  ${paint.red("WRONG CHECKSUM")}`;
  return `  ${dim(`@${batch.position}`)}  ${parts.join(", ")}${state}`;
}

function recordInWords(record: RecordEntry, paint: Paint): string {
  const { dim, cyan } = paint;
  const offset = dim(String(record.offset ?? -1));
  const { content } = record;
  if (content !== undefined) {
    const version = content.version === undefined ? "" : ` v${content.version}`;
    const parts = [content.key, content.value].filter((part) => part !== undefined);
    const said = content.error ?? parts.map((part) => stringifyPlain(part)).join(dim(" → "));
    return `      ${offset}  ${cyan(content.type + version)}  ${said}`;
  }
  const key = textOf(record.key, record.keyBase64);
  const value = textOf(record.value, record.valueBase64);
  const headers = (record.headers ?? [])
    .map((header) => `${header.key}=${textOf(header.value, header.valueBase64)}`)
    .join(" ");
  const tail = headers === "" ? "" : `  ${dim(`[${headers}]`)}`;
  return `      ${offset}  ${key === "" ? "" : `${cyan(key)} ${dim("→")} `}${value}${tail}`;
}

function stringifyPlain(value: unknown): string {
  return value === null
    ? "deleted"
    : JSON.stringify(plain({ value })).slice('{"value":'.length, -1);
}

function textOf(text: unknown, base64: string | undefined): string {
  if (base64 !== undefined) return `base64:${base64}`;
  // oxlint-disable-next-line no-control-regex
  return String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}
