/**
 * Makes the decoder and encoder of one message in one version as program text: straight lines over
 * bytes, one object literal per struct with all fields of all versions in the same order, so that
 * every decoded object of a struct has the same shape. The text holds nothing but names of fields
 * and numbers from our own schemas.
 *
 * Errors of generated code do not tell the field; the codec asks the interpreter for it.
 */

import { assert } from "../core/assert.ts";
import { defaultOf } from "./interpreter.ts";
import type { CodecOptions } from "./interpreter.ts";
import { heapBytes, minimalBytes } from "./layout.ts";
import type { FieldLayout, StructLayout, TypeLayout } from "./layout.ts";
import { saturatedInt64, uuidAt } from "./reader.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

export type Decode = (reader: Reader) => unknown;
export type Encode = (writer: Writer, value: unknown) => void;

/**
 * Compiles the decoder of a layout.
 * @throws EvalError where the process was started with code generation switched off
 */
export function compileDecoder(layout: StructLayout, options: CodecOptions): Decode {
  const program = new Program(options);
  return program.load<Decode>(program.decoderOf(layout));
}

/**
 * Compiles the encoder of a layout.
 * @throws EvalError where the process was started with code generation switched off
 */
export function compileEncoder(layout: StructLayout, options: CodecOptions): Encode {
  const program = new Program(options);
  return program.load<Encode>(program.encoderOf(layout));
}

const FIXED_BYTES: Readonly<Partial<Record<TypeLayout["kind"], number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uuid: 16,
};

class Program {
  readonly #constants: unknown[] = [];
  readonly #exact: boolean;
  readonly #keep: boolean;
  readonly #functions: string[] = [];
  readonly #decoders = new Map<StructLayout, string>();
  readonly #encoders = new Map<StructLayout, string>();
  readonly #tests = new Map<StructLayout, string>();
  #names = 0;

  constructor(options: CodecOptions) {
    this.#exact = options.int64 === "exact";
    this.#keep = options.unknownTags === "keep";
  }

  /** Turns the text into the function of that name. */
  load<F>(name: string): F {
    const text = `"use strict";\n${this.#functions.join("\n")}\nreturn ${name};`;
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- our own schema is compiled, see the head of the file
    const make = new Function("constants", "uuidAt", "saturated", text);
    const made: F = make(this.#constants, uuidAt, saturatedInt64);
    return made;
  }

  decoderOf(layout: StructLayout): string {
    return this.#once(this.#decoders, layout, "decode", (name) => this.#decoder(name, layout));
  }

  encoderOf(layout: StructLayout): string {
    return this.#once(this.#encoders, layout, "encode", (name) => this.#encoder(name, layout));
  }

  #testOf(layout: StructLayout): string {
    return this.#once(this.#tests, layout, "isDefault", (name) => this.#test(name, layout));
  }

  #once(
    known: Map<StructLayout, string>,
    layout: StructLayout,
    prefix: string,
    make: (name: string) => string,
  ): string {
    const existing = known.get(layout);
    if (existing !== undefined) return existing;
    const name = `${prefix}${layout.name}${known.size}`;
    known.set(layout, name);
    this.#functions.push(make(name));
    return name;
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #constant(value: unknown): string {
    this.#constants.push(value);
    return `constants[${this.#constants.length - 1}]`;
  }

  #decoder(name: string, layout: StructLayout): string {
    const lines: string[] = [];
    const values: string[] = [];
    const plain = layout.fields.filter((field) => field.place === "plain");
    for (let i = 0; i < plain.length;) {
      const run = this.#fixedRun(plain, i);
      if (run > 1) this.#decodeRun(lines, plain.slice(i, i + run));
      else this.#decodePlain(lines, plain[i]!);
      i += Math.max(1, run);
    }
    if (layout.flexible) this.#decodeTagged(lines, layout);
    for (const field of layout.fields) {
      const absent = field.place === "absent";
      values.push(`${key(field)}: ${absent ? this.#absent(field) : variable(field)}`);
    }
    if (this.#keep) values.push(`unknownTaggedFields: ${layout.flexible ? "unknown" : "[]"}`);
    return `function ${name}(r) {\n${lines.join("\n")}\nreturn { ${values.join(", ")} };\n}`;
  }

  /** How many fields of a fixed size follow one another from `from`. */
  #fixedRun(fields: readonly FieldLayout[], from: number): number {
    let at = from;
    while (at < fields.length && this.#fixed(fields[at]!.type) !== undefined) at++;
    return at - from;
  }

  #fixed(type: TypeLayout): number | undefined {
    if (type.kind === "int64" && this.#exact) return undefined;
    return FIXED_BYTES[type.kind];
  }

  #decodeRun(lines: string[], run: readonly FieldLayout[]): void {
    const at = this.#fresh("at");
    const total = run.reduce((sum, field) => sum + this.#fixed(field.type)!, 0);
    const bytes = this.#fresh("bytes");
    lines.push(`const ${at} = r.take(${total}); const ${bytes} = r.bytes;`);
    let offset = 0;
    for (const field of run) {
      lines.push(`const ${variable(field)} = ${fixedRead(field.type, bytes, at, offset)};`);
      offset += this.#fixed(field.type)!;
    }
  }

  #decodePlain(lines: string[], field: FieldLayout): void {
    const target = variable(field);
    lines.push(`let ${target} = null;`);
    if (field.type.kind === "struct" && field.nullable) {
      lines.push(`if (r.readInt8() >= 0) {`);
      this.#decodeInto(lines, target, field.type, field);
      lines.push("}");
    } else {
      this.#decodeInto(lines, target, field.type, field);
    }
  }

  #decodeTagged(lines: string[], layout: StructLayout): void {
    for (const field of layout.tagged) {
      lines.push(`let ${variable(field)} = ${this.#absent(field)};`);
    }
    if (this.#keep) lines.push("const unknown = [];");
    lines.push("for (let tags = r.taggedFieldCount(); tags > 0; tags--) {");
    lines.push("const tag = r.readUnsignedVarint(); const end = r.taggedFieldEnd();");
    lines.push("switch (tag) {");
    for (const field of layout.tagged) {
      const target = variable(field);
      lines.push(`case ${field.tag}: {`);
      if (field.type.kind === "struct" && field.nullable) {
        lines.push(`if (r.readUnsignedVarint() === 0) ${target} = null; else {`);
        this.#decodeInto(lines, target, field.type, field);
        lines.push("}");
      } else {
        this.#decodeInto(lines, target, field.type, field);
      }
      lines.push("break; }");
    }
    const keep = this.#keep ? "unknown.push({ tag, data: r.view(end - r.offset) }); " : "";
    lines.push(`default: ${keep}r.offset = end; }`);
    lines.push("if (r.offset !== end) r.failTaggedFieldSize(end);", "}");
  }

  #decodeInto(lines: string[], target: string, type: TypeLayout, field: FieldLayout): void {
    const { compact, nullable } = field;
    switch (type.kind) {
      case "string":
      case "bytes":
      case "records": {
        const length = this.#fresh("length");
        const what = type.kind === "string" ? "string" : "bytes";
        const read = type.kind === "string" ? "string" : "view";
        lines.push(`const ${length} = r.${what}Length(${compact}, ${nullable});`);
        const value = `r.${read}(${length})`;
        lines.push(`${target} = ${nullable ? `${length} < 0 ? null : ${value}` : value};`);
        return;
      }
      case "array":
        return this.#decodeArray(lines, target, type.element, field);
      case "struct":
        lines.push(`${target} = ${this.decoderOf(type.struct)}(r);`);
        return;
      default:
        lines.push(`${target} = r.${this.#method("read", type)}();`);
    }
  }

  #decodeArray(lines: string[], target: string, element: TypeLayout, field: FieldLayout): void {
    const { compact, nullable } = field;
    const length = this.#fresh("length");
    const list = this.#fresh("list");
    const index = this.#fresh("i");
    const limits = `${minimalBytes(element, compact)}, ${heapBytes(element)}`;
    lines.push(`const ${length} = r.arrayLength(${compact}, ${nullable}, ${limits});`);
    if (nullable) lines.push(`if (${length} < 0) ${target} = null; else {`);
    lines.push(`const ${list} = ${length} === 0 ? [] : new Array(${length});`);
    lines.push(`for (let ${index} = 0; ${index} < ${length}; ${index}++) {`);
    this.#decodeInto(lines, `${list}[${index}]`, element, { ...field, nullable: false });
    lines.push("}", `${target} = ${list};`);
    if (nullable) lines.push("}");
  }

  /** Name of the reader's or writer's method for a type without a length. */
  #method(prefix: "read" | "write", type: TypeLayout): string {
    if (type.kind === "int64") {
      if (this.#exact) return `${prefix}BigInt64`;
      return prefix === "read" && type.saturates ? "readSaturatedInt64" : `${prefix}Int64`;
    }
    if (type.kind === "bigint64") return `${prefix}BigInt64`;
    return `${prefix}${type.kind[0]!.toUpperCase()}${type.kind.slice(1)}`;
  }

  /** What a field holds that was not sent; lists are made anew, for whoever gets them owns them. */
  #absent(field: FieldLayout): string {
    if (field.default !== null && field.type.kind === "array") return "[]";
    return this.#literal(defaultOf(field, this.#exact));
  }

  #literal(value: unknown): string {
    switch (typeof value) {
      case "number":
      case "boolean":
        return String(value);
      case "string":
        return JSON.stringify(value);
      case "bigint":
        return `${value}n`;
      default:
        return value === null ? "null" : this.#constant(value);
    }
  }

  #encoder(name: string, layout: StructLayout): string {
    const lines: string[] = [];
    const plain: FieldLayout[] = [];
    for (const field of layout.fields) {
      if (field.place === "absent") {
        if (!field.ignorable) this.#refuseUnlessDefault(lines, field);
        continue;
      }
      lines.push(`let ${variable(field)} = v.${key(field)};`);
      if (field.place === "plain") plain.push(field);
    }
    for (let i = 0; i < plain.length;) {
      const run = this.#fixedRun(plain, i);
      if (run > 1) this.#encodeRun(lines, plain.slice(i, i + run));
      else this.#encodePlain(lines, plain[i]!);
      i += Math.max(1, run);
    }
    if (this.#keep) lines.push("const unknown = v.unknownTaggedFields ?? [];");
    if (layout.flexible) this.#encodeTagged(lines, layout);
    else if (this.#keep) {
      lines.push(`if (unknown.length > 0) w.failUnsupported("unknownTaggedFields");`);
    }
    const head = `if (v === null || v === undefined) w.failNull();`;
    return `function ${name}(w, v) {\n${head}\n${lines.join("\n")}\n}`;
  }

  #refuseUnlessDefault(lines: string[], field: FieldLayout): void {
    const name = variable(field);
    lines.push(`const ${name} = v.${key(field)};`);
    const refusal = `w.failUnsupported(${JSON.stringify(field.name)})`;
    lines.push(`if (!(${this.#isDefault(field, name)})) ${refusal};`);
  }

  /** An expression: the value says no more than its absence would. */
  #isDefault(field: FieldLayout, name: string): string {
    if (field.default === null) return `${name} === undefined || ${name} === null`;
    switch (field.type.kind) {
      case "array":
      case "bytes":
      case "records":
        return `${name} === undefined || (${name} !== null && ${name}.length === 0)`;
      case "struct":
        return `${name} === undefined || (${name} !== null && ${this.#testOf(field.type.struct)}(${name}))`;
      default:
        return `${name} === undefined || ${name} === ${this.#literal(defaultOf(field, this.#exact))}`;
    }
  }

  #test(name: string, layout: StructLayout): string {
    const tests = layout.fields.map((field) => `(${this.#isDefault(field, `v.${key(field)}`)})`);
    tests.push("!(v.unknownTaggedFields?.length > 0)");
    return `function ${name}(v) {\nreturn ${tests.join(" &&\n")};\n}`;
  }

  #encodeRun(lines: string[], run: readonly FieldLayout[]): void {
    const total = run.reduce((sum, field) => sum + this.#fixed(field.type)!, 0);
    for (const field of run) {
      const name = variable(field);
      const check = fixedCheck(field.type, name);
      const absent = this.#literal(defaultOf(field, this.#exact));
      lines.push(`if (${name} === undefined) ${name} = ${absent};${check}`);
    }
    const at = this.#fresh("at");
    const bytes = this.#fresh("bytes");
    lines.push(`const ${at} = w.take(${total}); const ${bytes} = w.bytes;`);
    let offset = 0;
    for (const field of run) {
      lines.push(fixedWrite(field.type, bytes, at, offset, variable(field)));
      offset += this.#fixed(field.type)!;
    }
  }

  #encodePlain(lines: string[], field: FieldLayout): void {
    const name = variable(field);
    const absent = this.#literalOrList(field);
    lines.push(`if (${name} === undefined) ${name} = ${absent};`);
    if (field.type.kind === "struct" && field.nullable) {
      lines.push(`if (${name} === null) w.writeInt8(-1); else { w.writeInt8(1);`);
      this.#encodeFrom(lines, name, field.type, { ...field, nullable: false });
      lines.push("}");
    } else {
      this.#encodeFrom(lines, name, field.type, field);
    }
  }

  #literalOrList(field: FieldLayout): string {
    return this.#literal(defaultOf(field, this.#exact));
  }

  #encodeTagged(lines: string[], layout: StructLayout): void {
    const { tagged } = layout;
    if (tagged.length === 0 && !this.#keep) {
      lines.push("w.writeUnsignedVarint(0);");
      return;
    }
    lines.push(`let tags = ${this.#keep ? "unknown.length" : "0"};`);
    for (const field of tagged) {
      const name = variable(field);
      lines.push(`const has${name} = !(${this.#isDefault(field, name)}); if (has${name}) tags++;`);
    }
    lines.push("w.writeUnsignedVarint(tags);");
    if (this.#keep) lines.push("let next = 0;");
    for (const field of tagged) {
      const name = variable(field);
      if (this.#keep) {
        lines.push(`next = w.writeUnknownTaggedFields(unknown, next, ${field.tag});`);
      }
      lines.push(`if (has${name}) { w.writeUnsignedVarint(${field.tag});`);
      lines.push("const mark = w.beginSized();");
      if (field.type.kind === "struct" && field.nullable) {
        lines.push(`if (${name} === null) w.writeUnsignedVarint(0);`);
        lines.push("else { w.writeUnsignedVarint(1);");
        this.#encodeFrom(lines, name, field.type, { ...field, nullable: false });
        lines.push("}");
      } else {
        this.#encodeFrom(lines, name, field.type, field);
      }
      lines.push("w.endSized(mark); }");
    }
    if (this.#keep) lines.push("w.writeUnknownTaggedFields(unknown, next, Infinity);");
  }

  #encodeFrom(lines: string[], name: string, type: TypeLayout, field: FieldLayout): void {
    const { compact } = field;
    switch (type.kind) {
      case "string":
        return this.#orNull(lines, name, field, "String", `w.writeString(${name}, ${compact});`);
      case "bytes":
        return this.#orNull(lines, name, field, "Bytes", `w.writeBytes(${name}, ${compact});`);
      case "records":
        return this.#orNull(lines, name, field, "Bytes", `w.writeRecords(${name}, ${compact});`);
      case "struct":
        lines.push(`${this.encoderOf(type.struct)}(w, ${name});`);
        return;
      case "array": {
        const list: string[] = [];
        const index = this.#fresh("i");
        const item = this.#fresh("item");
        list.push(`if (!Array.isArray(${name})) w.failType("an array", ${name});`);
        list.push(`w.writeArrayLength(${name}.length, ${compact});`);
        list.push(`for (let ${index} = 0; ${index} < ${name}.length; ${index}++) {`);
        list.push(`const ${item} = ${name}[${index}];`);
        this.#encodeFrom(list, item, type.element, { ...field, nullable: false });
        list.push("}");
        return this.#orNull(lines, name, field, "Array", list.join("\n"));
      }
      default:
        lines.push(`w.${this.#method("write", type)}(${name});`);
    }
  }

  #orNull(
    lines: string[],
    name: string,
    field: FieldLayout,
    what: string,
    otherwise: string,
  ): void {
    const nothing = field.nullable ? `w.write${what}Length(-1, ${field.compact})` : "w.failNull()";
    lines.push(`if (${name} === null) ${nothing}; else { ${otherwise} }`);
  }
}

function key(field: FieldLayout): string {
  assert(/^[a-zA-Z][a-zA-Z0-9]*$/.test(field.name), "a field has a plain name", {
    name: field.name,
  });
  return field.name;
}

function variable(field: FieldLayout): string {
  return `$${key(field)}`;
}

function word(bytes: string, at: string, offset: number): string {
  const byte = (n: number): string => `${bytes}[${at} + ${offset + n}]`;
  return `(${byte(0)} << 24 | ${byte(1)} << 16 | ${byte(2)} << 8 | ${byte(3)})`;
}

function fixedRead(type: TypeLayout, bytes: string, at: string, offset: number): string {
  const byte = (n: number): string => `${bytes}[${at} + ${offset + n}]`;
  switch (type.kind) {
    case "bool":
      return `${byte(0)} !== 0`;
    case "int8":
      return `${byte(0)} << 24 >> 24`;
    case "int16":
      return `${byte(0)} << 24 >> 16 | ${byte(1)}`;
    case "uint16":
      return `${byte(0)} << 8 | ${byte(1)}`;
    case "int32":
      return word(bytes, at, offset);
    case "uint32":
      return `${word(bytes, at, offset)} >>> 0`;
    case "uuid":
      return `uuidAt(${bytes}, ${at} + ${offset})`;
    case "int64": {
      const words = `${word(bytes, at, offset)}, ${word(bytes, at, offset + 4)} >>> 0`;
      return type.saturates ? `saturated(${words})` : `r.int64From(${words})`;
    }
    default:
      return assertNever(type);
  }
}

function fixedCheck(type: TypeLayout, name: string): string {
  const outside = {
    int8: `(${name} << 24) >> 24 !== ${name}`,
    int16: `(${name} << 16) >> 16 !== ${name}`,
    uint16: `(${name} & 65535) !== ${name}`,
    int32: `(${name} | 0) !== ${name}`,
    uint32: `${name} >>> 0 !== ${name}`,
    int64: `!Number.isSafeInteger(${name})`,
  };
  if (type.kind === "bool") {
    return `if (typeof ${name} !== "boolean") w.failType("a boolean", ${name});`;
  }
  if (type.kind === "uuid") return "";
  if (!(type.kind in outside)) return assertNever(type);
  const test = Object.entries(outside).find(([kind]) => kind === type.kind)?.[1] ?? "";
  return `if (${test}) w.failRange("${type.kind}", ${name});`;
}

function fixedWrite(
  type: TypeLayout,
  bytes: string,
  at: string,
  offset: number,
  name: string,
): string {
  const put = (n: number, value: string): string => `${bytes}[${at} + ${offset + n}] = ${value};`;
  const putWord = (n: number, value: string): string =>
    put(n, `${value} >> 24`) +
    put(n + 1, `${value} >> 16`) +
    put(n + 2, `${value} >> 8`) +
    put(n + 3, value);
  switch (type.kind) {
    case "bool":
      return put(0, `${name} ? 1 : 0`);
    case "int8":
      return put(0, name);
    case "int16":
    case "uint16":
      return put(0, `${name} >> 8`) + put(1, name);
    case "int32":
    case "uint32":
      return putWord(0, name);
    case "int64": {
      const high = `high${name}${offset}`;
      return `const ${high} = Math.floor(${name} / 4294967296);${putWord(0, high)}${putWord(4, name)}`;
    }
    case "uuid":
      return `w.putUuid(${name}, ${at} + ${offset});`;
    default:
      return assertNever(type);
  }
}

function assertNever(type: TypeLayout): never {
  assert(false, "a type of fixed size", { kind: type.kind });
}
