import { messageOf } from "../../core/errors.ts";
import { usageProblem } from "../problem.ts";
import { parseTemplate, type TemplatePart } from "../template.ts";
import { headerText, type PrintableRecord } from "./printable.ts";
import { NO_DECODERS, utf8Text, type Decoders } from "./record-json.ts";

type Take = (record: PrintableRecord) => Buffer;

const EMPTY = Buffer.alloc(0);

/** The letters of a template; kcat's, with `%v` besides. */
const LETTERS: Readonly<Record<string, string>> = {
  k: "key",
  v: "value",
  s: "value",
  t: "topic",
  p: "partition",
  o: "offset",
  T: "timestamp",
  h: "headers",
  K: "keyLength",
  S: "valueLength",
  R: "valueLength32",
};

/** Compiles a template for records; throws a usage problem for a field there is not. */
export function compileTemplate(template: string, decoders: Decoders = NO_DECODERS): Take {
  const parts = parseTemplate(template, LETTERS).map((part) => takeOf(part, decoders));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return (record) => Buffer.concat(parts.map((part) => part(record)));
}

function takeOf(part: TemplatePart, decoders: Decoders): Take {
  if (part.kind === "bytes") {
    const { bytes } = part;
    return () => bytes;
  }
  const { name, as } = part;
  if (name === "key") return bytesAs((record) => record.key, as, decoders.key);
  if (name === "value") return bytesAs((record) => record.value, as, decoders.value);
  if (name === "header") return headerNamed(as ?? "");
  const take = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (take !== undefined && as === undefined) return take;
  if (take !== undefined) throw usageProblem(`--template has no form "${as}" of %{${name}}`);
  const known = ["key", "value", "header:name", ...Object.keys(fields)];
  throw usageProblem(`--template knows no %{${name}}`, `it takes ${known.join(", ")}`);
}

function text(of: (record: PrintableRecord) => string | number): Take {
  return (record) => Buffer.from(String(of(record)));
}

const fields: Readonly<Record<string, Take>> = {
  topic: text(({ topic }) => topic),
  partition: text(({ partition }) => partition),
  offset: text(({ offset }) => offset),
  timestamp: text(({ timestamp }) => timestamp),
  time: text(({ timestamp }) => (timestamp < 0 ? "-" : new Date(timestamp).toISOString())),
  headers: text(({ headers }) =>
    Array.from(headers, (header) => `${header.key}=${headerText(header)}`).join(","),
  ),
  keyLength: text(({ key }) => key?.length ?? -1),
  valueLength: text(({ value }) => value?.length ?? -1),
  valueLength32({ value }) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value?.length ?? -1);
    return bytes;
  },
  epoch: text(({ leaderEpoch }) => leaderEpoch),
};

const forms: Readonly<Record<string, (bytes: Buffer) => string>> = {
  hex: (bytes) => bytes.toString("hex"),
  base64: (bytes) => bytes.toString("base64"),
  text: (bytes) => bytes.toString("utf8"),
  json: (bytes) => JSON.stringify(utf8Text(bytes) ?? bytes.toString("base64")),
};

function bytesAs(
  of: (record: PrintableRecord) => Buffer | null,
  as: string | undefined,
  decoder: Decoders["key"],
): Take {
  if (as !== undefined) {
    const form = Object.hasOwn(forms, as) ? forms[as] : undefined;
    if (form === undefined) {
      throw usageProblem(
        `--template has no form "${as}"`,
        `it takes ${Object.keys(forms).join(", ")}`,
      );
    }
    return (record) => {
      const bytes = of(record);
      if (bytes === null) return as === "json" ? Buffer.from("null") : EMPTY;
      return Buffer.from(form(bytes));
    };
  }
  if (decoder === undefined) return (record) => of(record) ?? EMPTY;
  return (record) => {
    const bytes = of(record);
    if (bytes === null) return EMPTY;
    try {
      return Buffer.from(decoder(bytes).text);
    } catch (thrown) {
      return Buffer.from(`(${messageOf(thrown)})`);
    }
  };
}

function headerNamed(name: string): Take {
  if (name === "") throw usageProblem("--template: %{header:name} needs a name");
  return ({ headers }) => {
    const found = [...headers].findLast(({ key }) => key === name);
    return found?.value === undefined || found.value === null ? EMPTY : Buffer.from(found.value);
  };
}
