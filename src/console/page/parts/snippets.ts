import { cluster } from "../state/live.ts";

/** The same as the page shows or does: as commands for a shell, and as a program. */
export interface Snippets {
  readonly cli: string;
  readonly typescript: string;
}

/** The address that clients are given, for snippets. */
export function bootstrap(): string {
  return cluster.value?.bootstrap ?? "localhost:9092";
}

/** ` -b HOST:PORT` for our command line, nothing where it is the usual place. */
export function at(): string {
  const address = bootstrap();
  return address === "localhost:9092" || address === "127.0.0.1:9092" ? "" : ` -b ${address}`;
}

/** A word for a shell: quoted where it has to be. */
export function word(text: string): string {
  return /^[\w./:=@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A string of TypeScript. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** A program that does something with a client. */
export function program(body: string, imports = "connect"): string {
  return `import { ${imports} } from "moldau";

const kafka = await connect(${literal(bootstrap())});
${body.trim()}
await kafka.close();
`;
}

const LIST_LAGS = `const groups = await kafka.admin.listGroups();
for (const { name, value } of await kafka.admin.groupLagOf(groups)) {
  console.log(name, value?.lag);
}`;

export function overviewSnippets(): Snippets {
  return {
    cli: `moldau cluster describe${at()}
moldau cluster health${at()}
moldau topic list${at()}
moldau lag --once${at()}`,
    typescript: program(`console.log(await kafka.admin.describeCluster());
for (const topic of await kafka.admin.listTopics()) console.log(topic.name);
${LIST_LAGS}`),
  };
}

export function flowSnippets(): Snippets {
  return {
    cli: `moldau lag --once --by topic${at()}\nmoldau group describe -r '.*' --members${at()}`,
    typescript: program(`for (const { group } of await kafka.admin.listGroups()) {
  const { state, members } = await kafka.admin.describeGroup(group);
  console.log(group, state, members);
}`),
  };
}

export function topicsSnippets(): Snippets {
  return {
    cli: `moldau topic list${at()}`,
    typescript: program(`for (const topic of await kafka.admin.listTopics()) {
  console.log(topic.name, topic.partitions.length);
}`),
  };
}

export function topicSnippets(topic: string, tab: string): Snippets {
  const name = literal(topic);
  if (tab === "config") {
    const resource = `{ type: ConfigResourceType.topic, name: ${name} }`;
    return {
      cli: `moldau config describe topic ${word(topic)}${at()}`,
      typescript: program(
        `for (const { name, value, isDefault } of await kafka.admin.describeConfigs(${resource})) {
  console.log(name, value, isDefault);
}`,
        "ConfigResourceType, connect",
      ),
    };
  }
  if (tab === "groups") {
    return {
      cli: `moldau lag --once --by partition -o csv${at()} | grep ${word(topic)}`,
      typescript: program(`const groups = await kafka.admin.listGroups();
for (const { name, value } of await kafka.admin.groupLagOf(groups)) {
  const here = value?.partitions.filter(({ topic }) => topic === ${name}) ?? [];
  if (here.length > 0) console.log(name, here);
}`),
    };
  }
  return {
    cli: `moldau topic describe ${word(topic)}${at()}`,
    typescript: program(`console.log(await kafka.admin.describeTopic(${name}));`),
  };
}

export function groupsSnippets(): Snippets {
  return {
    cli: `moldau group list${at()}\nmoldau lag --once${at()}`,
    typescript: program(LIST_LAGS),
  };
}

export function groupSnippets(group: string): Snippets {
  return {
    cli: `moldau group describe ${word(group)}${at()}\nmoldau group describe ${word(group)} --members${at()}`,
    typescript: program(`console.log(await kafka.admin.describeGroup(${literal(group)}));
console.log(await kafka.admin.groupLag(${literal(group)}));`),
  };
}

export function brokersSnippets(): Snippets {
  return {
    cli: `moldau broker list${at()}\nmoldau log-dirs${at()}`,
    typescript: program(`console.log(await kafka.admin.describeCluster());
console.log(await kafka.admin.describeLogDirs(null));`),
  };
}

/** What a list of messages shows. */
export interface ListedMessages {
  readonly from: string;
  readonly partition: string;
  readonly search: string;
  readonly filter: string;
  readonly isTail: boolean;
}

/** Of the newest so many are shown first. */
const NEWEST = 50;

export function messagesSnippets(topic: string, wanted: ListedMessages): Snippets {
  const { from, partition, search, filter, isTail } = wanted;
  const only = partition === "" ? "" : ` -p ${partition}`;
  const grep = search === "" ? "" : ` --grep ${word(escapedForPattern(search))}`;
  const [kind = "", detail = ""] = from.split(":", 2);
  const place = { newest: `-${NEWEST}`, oldest: "earliest", offset: detail }[kind] ?? `s@${detail}`;
  const notes = [
    ...(search === "" ? [] : ["# here upper and lower case are told apart"]),
    ...(filter === "" ? [] : ["# a filter in JavaScript is for a program: see As TypeScript"]),
  ];
  const command = isTail
    ? `moldau tail ${word(topic)} --from latest${only}${grep}${at()}`
    : `moldau consume ${word(topic)} --from ${place}${only}${grep} --until-end${at()}`;
  const options = [
    `from: ${startOf(kind, detail, isTail)}`,
    ...(partition === "" ? [] : [`partitions: [${partition}]`]),
    ...(isTail ? [] : [`until: "end"`]),
  ];
  const fields = ["partition", "offset", "timestamp", "key", "value", "headers"];
  const tests = [
    ...(search === "" ? [] : [searchTest(search)]),
    ...(filter === "" ? [] : [`  if (!isWanted(${fields.join(", ")})) continue;`]),
  ];
  const taken =
    filter !== ""
      ? fields
      : fields.filter((field) => field !== "timestamp" && (search !== "" || field !== "headers"));
  return {
    cli: [...notes, command].join("\n"),
    typescript:
      program(`${filter === "" ? "" : filterFunction(filter)}const messages = kafka.consume(${literal(topic)}, { ${options.join(", ")} });
for await (const { ${taken.join(", ")} } of messages) {
${tests.map((line) => `${line}\n`).join("")}  console.log(partition, offset, key?.toString(), value?.toString());
}`),
  };
}

/** Keys, values and headers in which a text is. */
function searchTest(search: string): string {
  return `  const parts = [key, value, ...[...headers].flatMap((header) => [header.key, header.value])];
  const needle = ${literal(search.toLowerCase())};
  if (!parts.some((part) => part?.toString().toLowerCase().includes(needle))) continue;`;
}

/** The filter as a function of the same fields as in the page. */
function filterFunction(filter: string): string {
  const text = filter.trim();
  const body = /\breturn\b/.test(text) ? text : `return Boolean(${text.replace(/;$/, "")}\n    );`;
  return `/** JSON, or text. */
function contentOf(bytes: Uint8Array | null): any {
  if (bytes === null) return null;
  const text = Buffer.from(bytes).toString();
  try {
    return /^\\s*[[{]/.test(text) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

function isWanted(
  partition: number,
  offset: number,
  timestamp: number,
  keyBytes: Uint8Array | null,
  valueBytes: Uint8Array | null,
  headerList: Iterable<{ readonly key: string; readonly value: Uint8Array | null }>,
): unknown {
  const key = contentOf(keyBytes);
  const value = contentOf(valueBytes);
  const headers = Object.fromEntries([...headerList].map((one) => [one.key, contentOf(one.value)]));
  try {
    ${body}
  } catch {
    return false;
  }
}

`;
}

function startOf(kind: string, detail: string, isTail: boolean): string {
  if (isTail) return '"latest"';
  if (kind === "oldest") return '"earliest"';
  if (kind === "offset") return `{ offset: ${detail === "" ? 0 : detail} }`;
  return kind === "time" ? `{ time: ${detail} }` : `{ last: ${NEWEST} }`;
}

/** A regular expression that fits the text itself. */
function escapedForPattern(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");
}

/** One message by its place. */
export function messageSnippets(topic: string, partition: number, offset: number): Snippets {
  return {
    cli: `moldau consume ${word(topic)} -p ${partition} --from ${offset} -n 1 -o json${at()}`,
    typescript: program(`const messages = kafka.consume(${literal(topic)}, {
  partitions: [${partition}],
  from: { offset: ${offset} },
});
for await (const { key, value, headers, timestamp } of messages) {
  console.log(new Date(timestamp), key?.toString(), value?.toString(), [...headers]);
  break;
}`),
  };
}
