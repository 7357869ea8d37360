import { Options } from "../command.ts";
import { readText } from "../connection/settings.ts";
import { unescapeText } from "../escapes.ts";
import { ExitCode } from "../exit-code.ts";
import { parseProperties } from "../../config/properties.ts";
import { usageProblem } from "../problem.ts";
import { recordsIn, type InputOptions } from "../records/input.ts";
import type { PrintableRecord } from "../records/printable.ts";
import type { RecordPrinter } from "../records/record-printer.ts";
import { decoderOf, type Decoder } from "../records/types.ts";
import { write, type Terminal } from "../terminal.ts";
import { clientProperties, connectionOptions, needed } from "./options.ts";

/** Properties from a file, then those given one by one, which win. */
function propertiesOf(
  options: Options,
  file: string,
  flags: readonly string[],
): Map<string, string> {
  const path = options.text(file);
  const properties =
    path === undefined ? new Map<string, string>() : parseProperties(readText(path));
  for (const flag of flags) {
    for (const entry of options.list(flag)) {
      const equals = entry.indexOf("=");
      properties.set(
        equals < 0 ? entry : entry.slice(0, equals),
        equals < 0 ? "" : entry.slice(equals + 1),
      );
    }
  }
  return properties;
}

/** `moldau kafka-console-producer`: lines of stdin, as Kafka's LineMessageReader takes them apart. */
export async function runProducer(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const topic = needed(options, "topic");
  const lineReader = options.text("line-reader");
  if (lineReader !== undefined && !lineReader.endsWith("LineMessageReader")) {
    throw usageProblem(`--line-reader ${lineReader} is Java`, "use: moldau produce -f ndjson");
  }
  const flags = ["producer-property", "command-property"];
  const reader = propertiesOf(options, "reader-config", ["property", "reader-property"]);
  const values = connectionOptions(options, flags);
  if (options.has("compression-codec")) {
    values.set("compression", options.text("compression-codec") ?? "gzip");
  }
  const acks = options.text("request-required-acks");
  if (acks !== undefined) values.set("acks", acks);
  const lingerMs = options.has("sync") ? 0 : options.integer("timeout", { min: 0 });
  // A person who types waits for no batch; who pipes has one without waiting.
  if (lingerMs !== undefined && terminal.stdin.isTTY !== true)
    values.set("linger", `${lingerMs}ms`);
  // Kafka's tool lets the broker create the topic.
  values.set("create", true);
  const { produce } = await import("../commands/produce.ts");
  const records = recordsIn(terminal, [], readerOptions(reader));
  return produce(terminal, topic, new Options(values), records);
}

function readerOptions(properties: ReadonlyMap<string, string>): InputOptions {
  const isOn = (name: string): boolean => properties.get(name)?.toLowerCase() === "true";
  const headers = isOn("parse.headers")
    ? {
        delimiter: properties.get("headers.delimiter") ?? "\\t",
        separator: properties.get("headers.separator") ?? ",",
        keySeparator: properties.get("headers.key.separator") ?? ":",
      }
    : undefined;
  return {
    format: "lines",
    delimiter: undefined,
    keySeparator: isOn("parse.key") ? (properties.get("key.separator") ?? "\\t") : undefined,
    headers,
    fixed: { key: undefined, partition: undefined, timestamp: undefined, headers: [] },
    encodeKey: undefined,
    encodeValue: undefined,
    emptyIsNull: false,
    nullMarker: properties.get("null.marker"),
    lenient: isOn("ignore.error"),
  };
}

/** `moldau kafka-console-consumer`. */
export async function runConsumer(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const include = options.text("include");
  const topic = include ?? needed(options, "topic");
  if (include !== undefined && options.has("topic")) {
    throw usageProblem("only one of --topic and --include");
  }
  const flags = ["consumer-property", "command-property"];
  const client = clientProperties(options, flags);
  const values = connectionOptions(options, flags);
  const partition = options.text("partition");
  const offset = options.text("offset");
  if (offset !== undefined && partition === undefined)
    throw usageProblem("--offset takes --partition");
  const group = options.text("group") ?? client.get("group.id");
  if (group !== undefined && partition === undefined) values.set("group", group);
  if (partition !== undefined) values.set("partition", partition);
  if (include !== undefined) values.set("regex", true);
  values.set("from", startOf(options, client));
  const count = options.text("max-messages");
  if (count !== undefined) values.set("count", count);
  const idleMs = options.integer("timeout-ms", { min: 0 });
  if (idleMs !== undefined) values.set("idle", `${idleMs}ms`);
  const isolation = options.text("isolation-level") ?? client.get("isolation.level");
  if (isolation !== "read_committed") values.set("uncommitted", true);
  const { consume, readingOf } = await import("../commands/consume.ts");
  const ours = new Options(values);
  const reading = readingOf([topic], ours, "latest");
  const printed = await consume(terminal, ours, reading, printerOf(options));
  await write(terminal.stderr, `Processed a total of ${printed} messages\n`);
  return ExitCode.ok;
}

function startOf(options: Options, client: ReadonlyMap<string, string>): string {
  const offset = options.text("offset");
  if (offset !== undefined) return offset;
  return options.has("from-beginning") ? "earliest" : (client.get("auto.offset.reset") ?? "latest");
}

/** Deserializers of Java by what they read. */
const DESERIALIZERS: readonly (readonly [name: RegExp, type: string])[] = [
  [/\bStringDeserializer$/, "string"],
  [/\bIntegerDeserializer$/, "int32"],
  [/\bLongDeserializer$/, "int64"],
  [/\bShortDeserializer$/, "int16"],
  [/\bDoubleDeserializer$/, "float64"],
  [/\bFloatDeserializer$/, "float32"],
  [/\bUUIDDeserializer$/, "string"],
];

function deserializerOf(name: string | undefined): Decoder | undefined {
  if (name === undefined || /Bytes?(?:Array|Buffer)?Deserializer$/.test(name)) return undefined;
  const type = DESERIALIZERS.find(([pattern]) => pattern.test(name))?.[1];
  if (type === undefined) {
    throw usageProblem(`the deserializer ${name} is Java`, "use: moldau consume --decode");
  }
  return decoderOf(type);
}

/** The formatters of Kafka that can be had without Java. */
function printerOf(options: Options): RecordPrinter {
  const properties = propertiesOf(options, "formatter-config", ["property", "formatter-property"]);
  const formatter = (options.text("formatter") ?? "DefaultMessageFormatter").replace(/^.*\./, "");
  switch (formatter) {
    case "DefaultMessageFormatter":
      return plain(defaultFormatter(options, properties));
    case "LoggingMessageFormatter":
      return plain(defaultFormatter(options, properties));
    case "NoOpMessageFormatter":
      return plain(() => "");
    default:
      throw usageProblem(
        `--formatter ${formatter} is Java`,
        "use: moldau consume -o or --template",
      );
  }
}

function plain(text: RecordPrinter["text"]): RecordPrinter {
  return { begin: "", text, end: "" };
}

/** What Kafka's DefaultMessageFormatter prints. */
function defaultFormatter(
  options: Options,
  properties: ReadonlyMap<string, string>,
): (record: PrintableRecord) => Buffer {
  const isOn = (name: string, byDefault: boolean): boolean =>
    (properties.get(name) ?? String(byDefault)).toLowerCase() === "true";
  const bytes = (name: string, byDefault: string): Buffer =>
    Buffer.from(unescapeText(properties.get(name) ?? byDefault));
  const separator = bytes("key.separator", "\\t");
  const headerSeparator = bytes("headers.separator", ",").toString();
  const end = bytes("line.separator", "\\n");
  const literal = bytes("null.literal", "null");
  const keyDecoder = deserializerOf(
    options.text("key-deserializer") ?? properties.get("key.deserializer"),
  );
  const valueDecoder = deserializerOf(
    options.text("value-deserializer") ?? properties.get("value.deserializer"),
  );
  const headerDecoder = deserializerOf(
    properties.get("headers.deserializer") ?? properties.get("header.deserializer"),
  );
  const decoded = (value: Uint8Array | null, decoder: Decoder | undefined): Buffer => {
    if (value === null) return literal;
    const buffer = Buffer.from(value);
    return decoder === undefined ? buffer : Buffer.from(decoder(buffer).text);
  };
  const parts: ((record: PrintableRecord) => Buffer)[] = [
    ...(isOn("print.timestamp", false) ? [timestampPart] : []),
    ...(isOn("print.partition", false) ? [text(({ partition }) => `Partition:${partition}`)] : []),
    ...(isOn("print.offset", false) ? [text(({ offset }) => `Offset:${offset}`)] : []),
    ...(isOn("print.epoch", false)
      ? [text(({ leaderEpoch }) => `Epoch:${leaderEpoch < 0 ? "NOT_PRESENT" : leaderEpoch}`)]
      : []),
    ...(isOn("print.headers", false)
      ? [
          text(({ headers }) => {
            const texts = Array.from(
              headers,
              ({ key, value }) => `${key}:${decoded(value, headerDecoder).toString()}`,
            );
            return texts.length === 0 ? "NO_HEADERS" : texts.join(headerSeparator);
          }),
        ]
      : []),
    ...(isOn("print.key", false)
      ? [(record: PrintableRecord) => decoded(record.key, keyDecoder)]
      : []),
    ...(isOn("print.value", true)
      ? [(record: PrintableRecord) => decoded(record.value, valueDecoder)]
      : []),
  ];
  return (record) => {
    const pieces = parts.flatMap((part, index) =>
      index === 0 ? [part(record)] : [separator, part(record)],
    );
    return Buffer.concat([...pieces, end]);
  };
}

function text(of: (record: PrintableRecord) => string): (record: PrintableRecord) => Buffer {
  return (record) => Buffer.from(of(record));
}

const timestampPart = text(({ timestamp, timestampType }) =>
  timestamp < 0 || timestampType === "NoTimestampType"
    ? "NO_TIMESTAMP"
    : `${timestampType}:${timestamp}`,
);
