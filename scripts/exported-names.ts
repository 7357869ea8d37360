/** What modules export, read from their sources: where each name is declared, as what, and what is said of it. */
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { parseSync, type ESTree } from "vite";
import { root } from "./lib.ts";

/** A name with its declaration. */
export interface ExportedName {
  readonly name: string;
  readonly kind: "class" | "function" | "constant" | "interface" | "type";
  /** Of the declaration, relative to the clone. */
  readonly file: string;
  /** The text of its doc comment; empty without one. */
  readonly doc: string;
  /** Of a class its head; of functions what comes before the body, one for each overload. */
  readonly signature: string;
  /** Of a class, in order; private ones left out. */
  readonly members: readonly Member[];
}

/** A member of a class. */
export interface Member {
  readonly name: string;
  readonly doc: string;
  readonly signature: string;
  /** Takes the place of one of the class above, which says what there is to say. */
  readonly isOverride: boolean;
  /** A method without a body: one of several ways to call it. */
  readonly isOverload: boolean;
}

/** Names of the declarations of a module, and what it takes from others. */
interface Module {
  readonly file: string;
  readonly text: string;
  readonly comments: readonly {
    readonly value: string;
    readonly start: number;
    readonly end: number;
  }[];
  readonly declarations: Map<string, Declaration[]>;
  readonly imports: Map<string, Source>;
  readonly exports: Map<string, Source>;
  readonly stars: string[];
}

/** A name of another module, or without `from` of this one. */
interface Source {
  readonly name: string;
  readonly from: string | undefined;
}

interface Declaration {
  readonly node: ESTree.Node;
  /** Where the statement begins, `export` included. */
  readonly start: number;
}

/** Constants that are longer are shown without their value. */
const CONSTANT_LINES_MAX = 24;

/** Reads modules once, however many names lead to them. */
export class SourceReader {
  readonly #modules = new Map<string, Module>();

  /** All names that a module exports, sorted; `file` is relative to the clone. */
  exportedNames(file: string): ExportedName[] {
    const names = [...this.#namesOf(file, new Set())].sort((a, b) => (a < b ? -1 : 1));
    return names.map((name) => {
      const found = this.#find(file, name, new Set());
      if (found === undefined) throw new Error(`${file} exports ${name}, which nobody declares`);
      // It may be declared under another name.
      return { ...found, name };
    });
  }

  #namesOf(file: string, seen: Set<string>): Set<string> {
    const names = new Set<string>();
    if (seen.has(file)) return names;
    seen.add(file);
    const module = this.#module(file);
    for (const name of module.exports.keys()) names.add(name);
    for (const star of module.stars) for (const name of this.#namesOf(star, seen)) names.add(name);
    return names;
  }

  #find(file: string, name: string, seen: Set<string>): ExportedName | undefined {
    if (seen.has(`${file} ${name}`)) return undefined;
    seen.add(`${file} ${name}`);
    const module = this.#module(file);
    const source = module.exports.get(name);
    if (source === undefined) {
      for (const star of module.stars) {
        const found = this.#find(star, name, seen);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    if (source.from !== undefined) return this.#find(source.from, source.name, seen);
    const declarations = module.declarations.get(source.name);
    if (declarations !== undefined) return describe(module, name, declarations);
    const imported = module.imports.get(source.name);
    if (imported?.from === undefined) return undefined;
    return this.#find(imported.from, imported.name, seen);
  }

  #module(file: string): Module {
    let module = this.#modules.get(file);
    if (module === undefined) {
      module = readModule(file, fs.readFileSync(join(root, file), "utf8"));
      this.#modules.set(file, module);
    }
    return module;
  }
}

/** What a module declares, imports and exports. */
export function readModule(file: string, text: string): Module {
  const { program, comments, errors } = parseSync(file, text, { sourceType: "module" });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const module: Module = {
    file,
    text,
    comments: comments.filter(({ type, value }) => type === "Block" && value.startsWith("*")),
    declarations: new Map(),
    imports: new Map(),
    exports: new Map(),
    stars: [],
  };
  for (const statement of program.body) readStatement(module, statement);
  return module;
}

function readStatement(module: Module, statement: ESTree.Node): void {
  const { file, imports, exports, stars } = module;
  switch (statement.type) {
    case "ImportDeclaration": {
      const from = resolved(file, statement.source.value);
      for (const specifier of statement.specifiers) {
        if (specifier.type !== "ImportSpecifier") continue;
        imports.set(specifier.local.name, { name: nameOf(specifier.imported), from });
      }
      return;
    }
    case "ExportAllDeclaration": {
      const from = resolved(file, statement.source.value);
      if (from !== undefined) stars.push(from);
      return;
    }
    case "ExportNamedDeclaration": {
      const from = statement.source === null ? undefined : resolved(file, statement.source.value);
      for (const { exported, local } of statement.specifiers) {
        exports.set(nameOf(exported), { name: nameOf(local), from });
      }
      if (statement.declaration === null) return;
      for (const name of declare(module, statement.declaration, statement.start)) {
        exports.set(name, { name, from: undefined });
      }
      return;
    }
    default:
      declare(module, statement, statement.start);
  }
}

/** Remembers the names that a statement declares. */
function declare(module: Module, node: ESTree.Node, start: number): string[] {
  const names: string[] = [];
  const add = (name: string, declared: ESTree.Node): void => {
    names.push(name);
    const before = module.declarations.get(name);
    if (before === undefined) module.declarations.set(name, [{ node: declared, start }]);
    else before.push({ node: declared, start });
  };
  if (node.type === "VariableDeclaration") {
    for (const one of node.declarations) {
      if (one.id.type === "Identifier") add(one.id.name, node);
    }
  } else if (isNamed(node) && node.id !== null) add(node.id.name, node);
  return names;
}

type NamedDeclaration =
  | ESTree.Class
  | ESTree.Function
  | ESTree.TSInterfaceDeclaration
  | ESTree.TSTypeAliasDeclaration;

function isNamed(node: ESTree.Node): node is NamedDeclaration {
  return (
    node.type === "ClassDeclaration" ||
    node.type === "FunctionDeclaration" ||
    node.type === "TSDeclareFunction" ||
    node.type === "TSInterfaceDeclaration" ||
    node.type === "TSTypeAliasDeclaration"
  );
}

function nameOf(name: ESTree.ModuleExportName): string {
  return name.type === "Literal" ? name.value : name.name;
}

/** The file that a relative import means; undefined for packages. */
function resolved(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? join(dirname(file), specifier) : undefined;
}

/** A name may be a constant and a type: the type says what there is to say, if it says anything. */
function describe(
  module: Module,
  name: string,
  declarations: readonly Declaration[],
): ExportedName {
  const docs = declarations.map(({ start }) => docBefore(module, start));
  const doc = docs.find((text) => text !== "") ?? "";
  const [first] = declarations;
  if (first === undefined) throw new Error(`${module.file}: ${name} is not declared`);
  const { node } = first;
  const base = { name, file: module.file, doc, members: [] };
  switch (node.type) {
    case "ClassDeclaration":
      return {
        ...base,
        kind: "class",
        signature: module.text.slice(node.start, node.body.start).trim(),
        members: joinOverloads(node.body.body.flatMap((member) => memberOf(module, member))),
      };
    case "FunctionDeclaration":
    case "TSDeclareFunction": {
      const signatures = declarations.map((one) => functionHead(module, one.node));
      // What comes with a body after overloads is for this program alone.
      const shown = signatures.length > 1 ? signatures.slice(0, -1) : signatures;
      return { ...base, kind: "function", signature: shown.join("\n") };
    }
    case "TSInterfaceDeclaration":
      return { ...base, kind: "interface", signature: textOf(module, node) };
    case "TSTypeAliasDeclaration":
      return { ...base, kind: "type", signature: textOf(module, node) };
    default: {
      const texts = declarations.map((one) => constantText(module, one.node));
      return { ...base, kind: "constant", signature: texts.join("\n") };
    }
  }
}

function textOf(module: Module, node: ESTree.Node): string {
  return module.text.slice(node.start, node.end);
}

function functionHead(module: Module, node: ESTree.Node): string {
  const end = node.type === "FunctionDeclaration" && node.body ? node.body.start : node.end;
  return withSemicolon(module.text.slice(node.start, end).replace(/^async /, ""));
}

function withSemicolon(text: string): string {
  return `${text.trim().replace(/;$/, "")};`;
}

function constantText(module: Module, node: ESTree.Node): string {
  const text = textOf(module, node);
  if (node.type !== "VariableDeclaration") return text;
  if (text.split("\n").length <= CONSTANT_LINES_MAX) return text;
  const [first] = node.declarations;
  return withSemicolon(module.text.slice(node.start, first?.id.end));
}

/** Nothing for what is private. */
function memberOf(module: Module, member: ESTree.ClassElement): Member[] {
  if (member.type !== "MethodDefinition" && member.type !== "PropertyDefinition") return [];
  const isPrivate = member.key.type === "PrivateIdentifier" || member.accessibility === "private";
  if (isPrivate) return [];
  const head = module.text.slice(member.start, headEnd(member)).replace(/^async /, "");
  return [
    {
      name: module.text.slice(member.key.start, member.key.end),
      doc: docBefore(module, member.start),
      signature: dedent(withSemicolon(head), module, member.start),
      isOverride: member.override === true,
      isOverload: member.value?.type === "TSEmptyBodyFunctionExpression",
    },
  ];
}

/** The ways to call a method as one member; what has the body is for the class alone. */
function joinOverloads(members: readonly Member[]): Member[] {
  const overloaded = new Set(
    members.filter(({ isOverload }) => isOverload).map(({ name }) => name),
  );
  const joined = new Map<string, Member>();
  for (const [index, member] of members.entries()) {
    if (!overloaded.has(member.name)) joined.set(`${member.name} ${index}`, member);
    else if (member.isOverload) {
      const before = joined.get(member.name);
      const signature = [before?.signature, member.signature].filter((one) => one !== undefined);
      const doc = before?.doc || member.doc;
      joined.set(member.name, { ...member, doc, signature: signature.join("\n") });
    }
  }
  return [...joined.values()];
}

/** Where a member ends that has neither body nor value. */
function headEnd(member: ESTree.MethodDefinition | ESTree.PropertyDefinition): number {
  if (member.type === "PropertyDefinition") return member.typeAnnotation?.end ?? member.end;
  const { value } = member;
  return value?.type === "FunctionExpression" ? (value.body?.start ?? member.end) : member.end;
}

/** Takes the indentation of its first line from all lines. */
function dedent(text: string, module: Module, start: number): string {
  const lineStart = module.text.lastIndexOf("\n", start - 1) + 1;
  const indent = " ".repeat(start - lineStart);
  return text
    .split("\n")
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join("\n");
}

/** The doc comment right before a place, without its marks. */
function docBefore({ comments, text }: Module, start: number): string {
  const comment = comments.findLast(({ end }) => end <= start);
  if (comment === undefined || text.slice(comment.end, start).trim() !== "") return "";
  // The comment at the top of a file is about the file.
  if (comment.start === 0 && /\n\s*\n/.test(text.slice(comment.end, start))) return "";
  return comment.value
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}
