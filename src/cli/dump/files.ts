import type { Disk } from "../../platform/disk.ts";
import { parseProperties } from "../../config/properties.ts";
import { parseCheckpoint } from "../../storage/checkpoint-file.ts";
import { offsetOfFileName, parsePartitionFolder, SegmentSuffix } from "../../storage/file-names.ts";
import { OffsetIndex } from "../../storage/offset-index.ts";
import { decodeProducerSnapshot } from "../../storage/producer-snapshot.ts";
import { TimeIndex } from "../../storage/time-index.ts";
import { TransactionIndex } from "../../storage/transaction-index.ts";
import type { DumpOptions, Entry, FactEntry } from "./entry.ts";
import { segmentEntries } from "./segment.ts";
import { METADATA_TOPIC } from "./topics.ts";

/** What a file of a data folder is, by its name. */
export type FileKind =
  | "segment"
  | "metadata snapshot"
  | "offset index"
  | "time index"
  | "transaction index"
  | "producer snapshot"
  | "leader epochs"
  | "checkpoint"
  | "properties"
  | "state";

const LEADER_EPOCHS = "leader-epoch-checkpoint";

/** `undefined` for files that are none of a broker's. */
export function kindOfFile(name: string): FileKind | undefined {
  if (offsetOfFileName(name) !== undefined) {
    if (name.endsWith(SegmentSuffix.log)) return "segment";
    if (name.endsWith(SegmentSuffix.offsetIndex)) return "offset index";
    if (name.endsWith(SegmentSuffix.timeIndex)) return "time index";
    if (name.endsWith(SegmentSuffix.transactionIndex)) return "transaction index";
    if (name.endsWith(SegmentSuffix.producerSnapshot)) return "producer snapshot";
  }
  if (/^\d{20}-\d{10}\.checkpoint$/.test(name) || name === "bootstrap.checkpoint") {
    return "metadata snapshot";
  }
  if (name === LEADER_EPOCHS) return "leader epochs";
  if (name.endsWith("-checkpoint")) return "checkpoint";
  if (name === "partition.metadata" || name === "meta.properties") return "properties";
  return name === "quorum-state" || name === ".kafka_cleanshutdown" ? "state" : undefined;
}

/** All that is in a file. Nothing of it is changed. */
export function entriesOf(
  disk: Disk,
  path: string,
  kind: FileKind,
  options: DumpOptions,
): Iterable<Entry> {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  const folder = parsePartitionFolder(parts.at(-2) ?? "");
  const baseOffset = offsetOfFileName(name) ?? 0;
  switch (kind) {
    case "segment":
      return segmentEntries(disk, path, folder?.topic ?? "", options);
    case "metadata snapshot":
      return segmentEntries(disk, path, METADATA_TOPIC, options);
    case "offset index":
      return offsetEntries(disk, path, baseOffset);
    case "time index":
      return timeEntries(disk, path, baseOffset);
    case "transaction index":
      return transactionEntries(disk, path, baseOffset);
    case "producer snapshot":
      return decodeProducerSnapshot(disk.readFile(path), path).map((entry) =>
        fact("producer", { ...entry }),
      );
    case "leader epochs":
      return lines(disk, path).map(([epoch, startOffset]) =>
        fact("epoch", { epoch: Number(epoch), startOffset: Number(startOffset) }),
      );
    case "checkpoint":
      return lines(disk, path).map(([topic, partition, offset]) =>
        fact("checkpoint", {
          topic: topic ?? "",
          partition: Number(partition),
          offset: Number(offset),
        }),
      );
    case "properties":
      return [fact("properties", Object.fromEntries(parseProperties(text(disk, path))))];
    case "state":
      return [fact("state", stateFields(text(disk, path)))];
  }
}

function fact(kind: FactEntry["kind"], fields: FactEntry["fields"]): FactEntry {
  return { kind, fields };
}

function text(disk: Disk, path: string): string {
  return disk.readFile(path).toString("utf8");
}

function lines(disk: Disk, path: string): string[][] {
  return parseCheckpoint(text(disk, path), path).map((line) => line.split(" "));
}

/** A line of JSON as Kafka writes it; lists stay as their text. */
function stateFields(json: string): Record<string, string | number | null> {
  const parsed: unknown = JSON.parse(json);
  return Object.fromEntries(
    Object.entries(parsed ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === "number" || typeof value === "string" || value === null
        ? value
        : JSON.stringify(value),
    ]),
  );
}

/** The file of an active segment has its full size: zeroes follow the entries. */
function* offsetEntries(disk: Disk, path: string, baseOffset: number): Generator<Entry> {
  const index = new OffsetIndex(disk, path, baseOffset, Infinity);
  index.load();
  for (let n = 0; n < index.file.count; n++) {
    const { offset, position } = index.entry(n);
    if (offset === baseOffset && position === 0 && n > 0) return;
    if (position === 0 && offset === baseOffset && index.file.count > 1) return;
    yield fact("offset", { offset, position });
  }
}

function* timeEntries(disk: Disk, path: string, baseOffset: number): Generator<Entry> {
  const index = new TimeIndex(disk, path, baseOffset, Infinity);
  index.load();
  for (let n = 0; n < index.file.count; n++) {
    const { timestamp, offset } = index.entry(n);
    if (timestamp === 0 && offset === baseOffset) return;
    yield fact("time", { timestamp, offset });
  }
}

function transactionEntries(disk: Disk, path: string, baseOffset: number): Entry[] {
  const index = new TransactionIndex(disk, path);
  index.load(baseOffset);
  return index.entries().map((entry) => fact("aborted-transaction", { ...entry }));
}
