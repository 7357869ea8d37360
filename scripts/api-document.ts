/** `docs/api/`, from what the entry points of the package export. */
import * as fs from "node:fs";
import { join } from "node:path";
import { SourceReader, type ExportedName, type Member } from "./exported-names.ts";
import { root } from "./lib.ts";

const FOLDER = "docs/api";

/** A page, and the folders whose names are on it; the first page that fits counts. */
interface Page {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly folders: readonly string[];
}

const pages: readonly Page[] = [
  {
    name: "admin",
    title: "Admin",
    about: "What `kafka.admin` does, and what it takes and gives.",
    folders: ["src/client/admin"],
  },
  {
    name: "producer",
    title: "Producer and transactions",
    about: "What `kafka.producer()` and `kafka.transaction()` give.",
    folders: ["src/client/producer"],
  },
  {
    name: "consumer",
    title: "Consumer",
    about: "What `kafka.consume()` gives, alone and as a member of a group.",
    folders: ["src/client/consumer", "src/client/group"],
  },
  {
    name: "share",
    title: "Share groups",
    about: "What `kafka.share()` gives: records one by one, as from a queue.",
    folders: ["src/client/share"],
  },
  {
    name: "topics",
    title: "Typed topics",
    about: "Topics as a program knows them: names, codecs, headers.",
    folders: ["src/client/topics"],
  },
  {
    name: "testing",
    title: "Test kit",
    about: "`moldau/testing`: a real broker in the process of a test.",
    folders: ["src/testing", "src/simulator"],
  },
  {
    name: "protocol",
    title: "Protocol",
    about:
      "`moldau/protocol`: the messages and stored records of Apache Kafka, and codecs for them.",
    folders: ["src/protocol"],
  },
  {
    name: "client",
    title: "Client",
    about: "Connecting, errors, diagnostics, security.",
    folders: ["src"],
  },
];

/** Schemas are all of one kind: what there is to say of one is its fields, which `docs/formats.md` lists. */
const SCHEMA_FOLDERS = ["src/protocol/messages", "src/protocol/records"];
const SCHEMAS = `## Schemas

Every message and stored record is a schema \`name\`, the type \`Name\` of what it decodes to, and the type \`NameInput\` of what it
encodes. [formats.md](../formats.md) lists them with their versions; their fields are in the files.
`;

const kinds: readonly (readonly [kind: ExportedName["kind"], title: string])[] = [
  ["function", "Functions"],
  ["class", "Classes"],
  ["constant", "Constants"],
  ["interface", "Interfaces"],
  ["type", "Types"],
];

/** The source of each entry point, by the name that it is imported by. */
export function entryPoints(): ReadonlyMap<string, string> {
  const { name, exports } = JSON.parse(
    fs.readFileSync(join(root, "package.json"), "utf8"),
  ) as PackageFile;
  const found = new Map<string, string>();
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    found.set(join(name, path), target.default.replace("./dist/", "src/").replace(/js$/, "ts"));
  }
  return found;
}

interface PackageFile {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** All exported names, each once, with the entry points that export it. */
export function everyName(): ReadonlyMap<ExportedName, readonly string[]> {
  const reader = new SourceReader();
  const byPlace = new Map<string, { readonly found: ExportedName; readonly from: string[] }>();
  for (const [entry, file] of entryPoints()) {
    for (const found of reader.exportedNames(file)) {
      const place = `${found.file} ${found.name}`;
      const before = byPlace.get(place);
      if (before === undefined) byPlace.set(place, { found, from: [entry] });
      else before.from.push(entry);
    }
  }
  return new Map([...byPlace.values()].map(({ found, from }) => [found, from]));
}

/** Whether a name is one of a schema. */
export function isSchema({ file }: ExportedName): boolean {
  return SCHEMA_FOLDERS.some((folder) => file.startsWith(`${folder}/`));
}

/** The pages by their paths. */
export function apiDocuments(): ReadonlyMap<string, string> {
  const names = [...everyName()];
  const book = new Book(names.map(([name]) => name));
  const documents = new Map([[`${FOLDER}/README.md`, index(names, book)]]);
  for (const page of pages) {
    const own = names.filter(([name]) => book.pageOf(name) === page);
    if (own.length > 0) documents.set(`${FOLDER}/${page.name}.md`, pageText(page, own, book));
  }
  return documents;
}

/** Where names are told of. */
class Book {
  readonly #names = new Map<string, ExportedName>();

  constructor(names: readonly ExportedName[]) {
    for (const name of names) if (!isSchema(name)) this.#names.set(name.name, name);
  }

  pageOf({ file }: ExportedName): Page {
    const page = pages.find(({ folders }) =>
      folders.some((folder) => file.startsWith(`${folder}/`)),
    );
    if (page === undefined) throw new Error(`${file} is on no page`);
    return page;
  }

  /** A name as a link from a page, or as it is. */
  link(name: string, from: string): string {
    const [whole = ""] = name.split(".");
    const found = this.#names.get(whole);
    if (found === undefined) return `\`${name}\``;
    const page = this.pageOf(found).name;
    // As GitHub makes it from the heading. Names that differ in case alone are of different kinds.
    const anchor = `${whole.toLowerCase()}-${found.kind}`;
    return `[\`${name}\`](${page === from ? "" : `${page}.md`}#${anchor})`;
  }
}

type NameWithEntries = readonly [name: ExportedName, entries: readonly string[]];

function index(names: readonly NameWithEntries[], book: Book): string {
  const parts = [
    "# API\n",
    "Made by `npm run docs` from the sources; do not edit. Every exported name with its signature.\n",
  ];
  for (const page of pages) {
    const own = names.filter(([name]) => book.pageOf(name) === page && !isSchema(name));
    if (own.length === 0) continue;
    parts.push(`## [${page.title}](${page.name}.md)\n`, `${page.about}\n`);
    for (const [kind, title] of kinds) {
      const links = own
        .filter(([name]) => name.kind === kind)
        .map(([{ name }]) => book.link(name, "README"))
        .sort();
      if (links.length > 0) parts.push(`${title}: ${links.join(", ")}\n`);
    }
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

function pageText(page: Page, names: readonly NameWithEntries[], book: Book): string {
  const parts = [`# ${page.title}\n`, `${page.about} [All names](README.md).\n`];
  for (const [kind, title] of kinds) {
    const own = names
      .filter(([name]) => name.kind === kind && !isSchema(name))
      .sort(([a], [b]) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    if (own.length === 0) continue;
    parts.push(`## ${title}\n`);
    for (const [name, entries] of own) parts.push(nameText(name, entries, page, book));
  }
  const schemas = names.filter(([name]) => isSchema(name));
  if (schemas.length > 0) parts.push(SCHEMAS, schemaTable(schemas.map(([name]) => name)));
  return `${parts.join("\n").trimEnd()}\n`;
}

function nameText(
  { name, kind, doc, signature, members, file }: ExportedName,
  entries: readonly string[],
  page: Page,
  book: Book,
): string {
  const from = entries.map((entry) => `\`${entry}\``).join(", ");
  const parts = [`### \`${name}\` ${kind}\n`, `${prose(doc, page, book)}\n`, code(signature)];
  for (const member of members) {
    if (member.isOverride && member.doc === "") continue;
    parts.push(memberText(name, member, page, book));
  }
  parts.push(`From ${from}, in [${file}](../../${file}).\n`);
  return parts.join("\n");
}

function memberText(
  owner: string,
  { name, doc, signature }: Member,
  page: Page,
  book: Book,
): string {
  const title = name === "constructor" ? `new ${owner}` : `${owner}.${name}`;
  const parts = [`#### \`${title}\`\n`, code(signature)];
  if (doc !== "") parts.push(`${prose(doc, page, book)}\n`);
  return parts.join("\n");
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\`\n`;
}

/** A doc comment as Markdown. */
function prose(doc: string, page: Page, book: Book): string {
  return doc
    .replace(/\{@link ([\w.]+)\}/g, (_all, name: string) => book.link(name, page.name))
    .replace(/^@throws (\w+)/gm, (_all, name: string) => `\nThrows ${book.link(name, page.name)}`)
    .replace(/^@returns /gm, "\nReturns ")
    .replace(/\n{3,}/g, "\n\n");
}

/** The schemas by their files, which are by API or record. */
function schemaTable(names: readonly ExportedName[]): string {
  const byFile = new Map<string, string[]>();
  for (const { file, name, kind } of names) {
    if (kind !== "constant") continue;
    const schemas = byFile.get(file);
    if (schemas === undefined) byFile.set(file, [name]);
    else schemas.push(name);
  }
  const rows = [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, schemas]) => {
      const path = file.replace("src/protocol/", "");
      return `| [${path}](../../${file}) | ${schemas.map((name) => `\`${name}\``).join(", ")} |`;
    });
  return ["| file | schemas |", "|---|---|", ...rows, ""].join("\n");
}
