import type { Content, NewTopic, OffsetsReset, ProduceRequest, ReplayRequest } from "../../api.ts";
import { at, literal, program, word, type Snippets } from "./snippets.ts";

/** What a change does, as commands and as a program. Commands ask before they delete. */
export function createTopicSnippets(topic: NewTopic): Snippets {
  const { name, partitions, replicationFactor, config = {} } = topic;
  const settings = Object.entries(config);
  const flags = [
    ...(partitions === undefined ? [] : [` -p ${partitions}`]),
    ...(replicationFactor === undefined ? [] : [` -r ${replicationFactor}`]),
    ...settings.map(([key, value]) => ` -c ${word(`${key}=${value}`)}`),
  ];
  const fields = [
    `name: ${literal(name)}`,
    ...(partitions === undefined ? [] : [`partitions: ${partitions}`]),
    ...(replicationFactor === undefined ? [] : [`replicationFactor: ${replicationFactor}`]),
    ...(settings.length === 0 ? [] : [`configs: ${JSON.stringify(config)}`]),
  ];
  return {
    cli: `moldau topic create ${word(name)}${flags.join("")}${at()}`,
    typescript: program(`await kafka.admin.createTopic({ ${fields.join(", ")} });`),
  };
}

export function deleteTopicSnippets(topic: string): Snippets {
  return {
    cli: `moldau topic delete ${word(topic)}${at()}`,
    typescript: program(`await kafka.admin.deleteTopic(${literal(topic)});`),
  };
}

export function morePartitionsSnippets(topic: string, count: number): Snippets {
  return {
    cli: `moldau topic alter ${word(topic)} -p ${count}${at()}`,
    typescript: program(`await kafka.admin.createPartitions(${literal(topic)}, ${count});`),
  };
}

export function deleteGroupSnippets(group: string): Snippets {
  return {
    cli: `moldau group delete ${word(group)}${at()}`,
    typescript: program(`await kafka.admin.deleteGroup(${literal(group)});`),
  };
}

export function configSnippets(
  noun: "topic" | "broker" | "group",
  name: string,
  setting: string,
  value: string,
): Snippets {
  return {
    cli: `moldau config set ${noun} ${word(name)} ${word(`${setting}=${value}`)}${at()}`,
    typescript: program(
      `await kafka.admin.alterConfigs(
  { type: ConfigResourceType.${noun}, name: ${literal(name)} },
  { ${literal(setting)}: ${literal(value)} },
);`,
      "ConfigResourceType, connect",
    ),
  };
}

export function produceSnippets(topic: string, request: ProduceRequest): Snippets {
  const { repeat } = request;
  const one = produceCommand(topic, request, repeat !== undefined);
  const pauseS = repeat === undefined ? 0 : Number((1 / repeat.perSecond).toPrecision(3));
  return {
    cli:
      repeat === undefined
        ? one
        : `for i in $(seq 0 ${repeat.count - 1}); do\n  ${one}\n  sleep ${pauseS}\ndone`,
    typescript: program(produceProgram(topic, request, Math.round(pauseS * 1000))),
  };
}

function produceCommand(topic: string, request: ProduceRequest, isRepeated: boolean): string {
  const { key, value, headers = [], partition } = request;
  const textHeaders = headers.flatMap(({ key: name, value: content }) =>
    typeof content === "string" ? [` -H ${word(`${name}=${content}`)}`] : [],
  );
  const encoded = [
    ...(isBytes(key) ? [" --encode key=base64"] : []),
    ...(isBytes(value) ? [" --encode value=base64"] : []),
  ];
  const left = headers.length - textHeaders.length;
  const note = left === 0 ? "" : `# headers that are no text are left out: ${left}\n`;
  const words = [
    `moldau produce ${word(topic)}`,
    key === null ? "" : ` -k ${filledWord(plain(key), isRepeated)}`,
    partition === undefined ? "" : ` -p ${partition}`,
    ...textHeaders,
    ...encoded,
    value === null ? " --tombstone" : "",
    at(),
    // What begins with a dash is no option after these.
    value === null ? "" : ` -- ${filledWord(plain(value), isRepeated)}`,
  ];
  return note + words.join("");
}

function isBytes(content: Content): content is { readonly base64: string } {
  return typeof content === "object" && content !== null;
}

function plain(content: Exclude<Content, null>): string {
  return typeof content === "string" ? content : content.base64;
}

const SHELL_FILL: Readonly<Record<string, string>> = {
  i: "$i",
  uuid: "$(uuidgen)",
  now: "$(date -u +%FT%TZ)",
};

/** As {@link word}, with what is filled in for each message left to the shell. */
function filledWord(text: string, isRepeated: boolean): string {
  const parts = text.split(/\{\{(i|uuid|now)\}\}/);
  if (parts.length === 1) return word(text);
  return parts
    .map((part, index) => {
      if (index % 2 === 0) return part === "" ? "" : word(part);
      return part === "i" && !isRepeated ? "0" : `"${SHELL_FILL[part] ?? ""}"`;
    })
    .join("");
}

const PROGRAM_FILL: Readonly<Record<string, string>> = {
  i: "i",
  uuid: "crypto.randomUUID()",
  now: "new Date().toISOString()",
};

/** A string of TypeScript, with what is filled in for each message. */
function filledLiteral(content: Content, isRepeated: boolean): string {
  if (content === null) return "null";
  if (typeof content !== "string") return `Buffer.from(${literal(content.base64)}, "base64")`;
  const parts = content.split(/\{\{(i|uuid|now)\}\}/);
  if (parts.length === 1) return literal(content);
  const text = parts.map((part, index) => {
    if (index % 2 === 0) return part.replaceAll(/[\\`]|\$(?=\{)/g, "\\$&");
    return part === "i" && !isRepeated ? "0" : `\${${PROGRAM_FILL[part] ?? ""}}`;
  });
  return `\`${text.join("")}\``;
}

function produceProgram(topic: string, request: ProduceRequest, pauseMs: number): string {
  const { key, value, headers = [], partition, repeat } = request;
  const isRepeated = repeat !== undefined;
  const fields = [
    `key: ${filledLiteral(key, isRepeated)}`,
    `value: ${filledLiteral(value, isRepeated)}`,
    ...(partition === undefined ? [] : [`partition: ${partition}`]),
    ...(headers.length === 0
      ? []
      : [
          `headers: [${headers
            .map(
              ({ key: name, value: content }) =>
                `[${literal(name)}, ${filledLiteral(content, true)}]`,
            )
            .join(", ")}]`,
        ]),
  ];
  const send = `await producer.send(${literal(topic)}, {\n${fields.map((field) => `  ${field},\n`).join("")}});`;
  const indented = send.replaceAll(/^/gm, "  ");
  const body = !isRepeated
    ? send
    : `for (let i = 0; i < ${repeat.count}; i++) {
${indented}
  await new Promise((resolve) => setTimeout(resolve, ${pauseMs}));
}`;
  return `const producer = kafka.producer();\n${body}\nawait producer.close();`;
}

export function replaySnippets(
  topic: string,
  partitions: number,
  request: ReplayRequest,
): Snippets {
  const { target, partition, from, to, perSecond } = request;
  const cli = [
    `moldau replay ${word(topic)} ${word(target)} --create --keep-partitions`,
    partition === undefined ? "" : ` -p ${partition}`,
    from === "earliest" ? "" : ` --from ${placeWord(from)}`,
    to === "end" ? "" : ` --until ${placeWord(to)}`,
    perSecond === undefined ? "" : ` --rate ${perSecond}`,
    at(),
  ];
  const options = [
    `from: ${from === "earliest" ? '"earliest"' : "offset" in from ? `{ offset: ${from.offset} }` : `{ time: ${from.timeMs} }`}`,
    `until: "end"`,
    ...(partition === undefined ? [] : [`partitions: [${partition}]`]),
  ];
  const beyond =
    to === "end"
      ? ""
      : `  if (record.${"offset" in to ? `offset >= ${to.offset}` : `timestamp >= ${to.timeMs}`}) continue;\n`;
  const pause =
    perSecond === undefined
      ? "  await producer.ready();"
      : `  await new Promise((resolve) => setTimeout(resolve, ${Number((1000 / perSecond).toPrecision(3))}));`;
  return {
    cli: cli.join(""),
    typescript: program(`const topics = await kafka.admin.listTopics();
if (!topics.some(({ name }) => name === ${literal(target)})) {
  await kafka.admin.createTopic({ name: ${literal(target)}, partitions: ${partitions} });
}
const producer = kafka.producer();
for await (const record of kafka.consume(${literal(topic)}, { ${options.join(", ")} })) {
${beyond}  const { key, value, headers, timestamp, partition } = record;
  producer.post(${literal(target)}, { key, value, headers, timestamp, partition });
${pause}
}
await producer.close();`),
  };
}

/** As the command line's `--from` and `--until` take it. */
function placeWord(place: { readonly offset: number } | { readonly timeMs: number }): string {
  return "offset" in place ? String(place.offset) : `s@${place.timeMs}`;
}

export function resetSnippets(group: string, reset: OffsetsReset): Snippets {
  const { topics, to } = reset;
  const topic = topics?.[0]?.topic;
  const of = topic === undefined ? "" : ` -t ${word(topic)}`;
  const command = `moldau group reset ${word(group)}${of}`;
  const [before, place] = placeOfReset(to);
  return {
    cli: `${before}${command} ${place}${at()} --dry-run\n${command} ${place}${at()}`,
    typescript: program(`${targetsProgram(group, topic, to)}
console.log(await kafka.admin.alterGroupOffsets(${literal(group)}, offsets));`),
  };
}

function placeOfReset(to: OffsetsReset["to"]): readonly [before: string, place: string] {
  if (typeof to === "string") return ["", `--to ${to}`];
  if ("timeMs" in to) {
    return ["", `--to ${Number.isNaN(to.timeMs) ? "TIME" : new Date(to.timeMs).toISOString()}`];
  }
  if ("shift" in to) return ["", `--shift ${to.shift}`];
  const lines = to.offsets.map((one) => word(`${one.topic},${one.partition},${one.offset}`));
  return [`printf '%s\\n' ${lines.join(" ")} > offsets.csv\n`, "--from-file offsets.csv"];
}

function targetsProgram(group: string, topic: string | undefined, to: OffsetsReset["to"]): string {
  if (typeof to === "object" && "offsets" in to) {
    const lines = to.offsets.map(
      (one) =>
        `  { topic: ${literal(one.topic)}, partition: ${one.partition}, offset: ${one.offset} },\n`,
    );
    return `const offsets = [\n${lines.join("")}];`;
  }
  const only = topic === undefined ? "" : `.filter(({ topic }) => topic === ${literal(topic)})`;
  const committed = `const committed = (await kafka.admin.groupOffsets(${literal(group)}))${only};`;
  if (typeof to === "object" && "shift" in to) {
    return `${committed}
const offsets = committed.map(({ topic, partition, offset }) => {
  return { topic, partition, offset: Math.max(0, offset + ${to.shift}) };
});`;
  }
  const where = typeof to === "string" ? literal(to) : `{ timestamp: ${to.timeMs} }`;
  return `${committed}
const found = await kafka.admin.listOffsets(
  committed.map(({ topic, partition }) => ({ topic, partition, at: ${where} })),
);
const offsets = found.flatMap(({ topic, partition, value }) => {
  return value?.offset == null ? [] : [{ topic, partition, offset: value.offset }];
});`;
}
