import type { InputOf } from "../../../src/protocol/schema.ts";
import type { DescribeTopicPartitionsResponse } from "../../../src/protocol/messages/describe-topic-partitions.ts";
import type { createTopicsRequest } from "../../../src/protocol/messages/create-topics.ts";
import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopicPartitions,
  metadata,
} from "./exchanges.ts";
import {
  noSuchId,
  tooLongName,
  topic,
  until,
  untilServed,
  type Group,
  type Scenario,
} from "./scenario.ts";
import type { Session } from "./session.ts";

type NewTopic = NonNullable<InputOf<typeof createTopicsRequest>["topics"]>[number];

const one = { numPartitions: 1, replicationFactor: 1 };
const byAssignment = { numPartitions: -1, replicationFactor: -1 };

/** Topics to create, wrong in all ways there are; each name is made of the prefix and the note. */
const wanted: readonly [note: string, topic: Partial<NewTopic>][] = [
  ["good", one],
  ["3 partitions", { ...one, numPartitions: 3 }],
  ["defaults", byAssignment],
  ["0 partitions", { ...one, numPartitions: 0 }],
  ["-2 partitions", { ...one, numPartitions: -2 }],
  ["10001 partitions", { ...one, numPartitions: 10_001 }],
  ["replication 0", { ...one, replicationFactor: 0 }],
  ["replication 2", { ...one, replicationFactor: 2 }],
  ["replication -2", { ...one, replicationFactor: -2 }],
  ["replication 32767", { ...one, replicationFactor: 32_767 }],
  ["assigned", { ...byAssignment, assignments: [{ partitionIndex: 0, brokerIds: [1] }] }],
  [
    "assigned two",
    {
      ...byAssignment,
      assignments: [
        { partitionIndex: 1, brokerIds: [1] },
        { partitionIndex: 0, brokerIds: [1] },
      ],
    },
  ],
  ["assigned and counted", { ...one, assignments: [{ partitionIndex: 0, brokerIds: [1] }] }],
  ["assigned to nobody", { ...byAssignment, assignments: [{ partitionIndex: 0, brokerIds: [] }] }],
  ["assigned to 2", { ...byAssignment, assignments: [{ partitionIndex: 0, brokerIds: [2] }] }],
  ["assigned twice", { ...byAssignment, assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] }],
  ["assigned from 1", { ...byAssignment, assignments: [{ partitionIndex: 1, brokerIds: [1] }] }],
  ["assigned -1", { ...byAssignment, assignments: [{ partitionIndex: -1, brokerIds: [1] }] }],
  [
    "assigned the same twice",
    {
      ...byAssignment,
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 0, brokerIds: [1] },
      ],
    },
  ],
  [
    "assigned unevenly",
    {
      ...byAssignment,
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 1, brokerIds: [1, 2] },
      ],
    },
  ],
  ["a setting", { ...one, configs: [{ name: "retention.ms", value: "1000" }] }],
  ["an unknown setting", { ...one, configs: [{ name: "no.such", value: "1" }] }],
  ["a null setting", { ...one, configs: [{ name: "retention.ms", value: null }] }],
  ["an empty setting", { ...one, configs: [{ name: "retention.ms", value: "" }] }],
  ["a wrong setting", { ...one, configs: [{ name: "retention.ms", value: "x" }] }],
  ["a setting out of range", { ...one, configs: [{ name: "segment.bytes", value: "1" }] }],
  ["a wrong policy", { ...one, configs: [{ name: "cleanup.policy", value: "compress" }] }],
  ["two policies", { ...one, configs: [{ name: "cleanup.policy", value: "compact, delete" }] }],
  ["no policy", { ...one, configs: [{ name: "cleanup.policy", value: "" }] }],
  ["a boolean", { ...one, configs: [{ name: "preallocate", value: "TRUE" }] }],
  ["a wrong boolean", { ...one, configs: [{ name: "preallocate", value: "yes" }] }],
  [
    "min and max lag",
    { ...one, configs: [{ name: "min.compaction.lag.ms", value: "9223372036854775807" }] },
  ],
  ["a broker setting", { ...one, configs: [{ name: "log.retention.ms", value: "1" }] }],
  ["an unnamed setting", { ...one, configs: [{ name: "", value: "1" }] }],
  [
    "a setting twice",
    {
      ...one,
      configs: [
        { name: "retention.ms", value: "1000" },
        { name: "retention.ms", value: "2000" },
      ],
    },
  ],
  ["remote storage", { ...one, configs: [{ name: "remote.storage.enable", value: "true" }] }],
  ["spaces in a value", { ...one, configs: [{ name: "retention.ms", value: " 1000 " }] }],
];

const creations: Scenario = {
  name: "topics created, and refused",
  async run(s) {
    for (const version of createTopics.versions) {
      for (const validateOnly of [true, false]) {
        for (const [note, how] of wanted) {
          const name = `${s.prefix}${version}-${note.replaceAll(" ", ".")}`;
          const topics = [{ name, ...how }];
          const body = { topics, timeoutMs: 10_000, validateOnly };
          await s.ask(createTopics, version, body, { note: `${note} ${validateOnly}` });
        }
      }
      const again = { topics: [{ name: `${s.prefix}${version}-good`, ...one }], timeoutMs: 5000 };
      await s.ask(createTopics, version, again, { note: "again" });
      await s.ask(createTopics, version, { ...again, validateOnly: true }, { note: "again" });
      await s.ask(createTopics, version, { ...again, timeoutMs: 0 }, { note: "again, timeout 0" });
    }
    await describeAll(s);
  },
};

const names: Scenario = {
  name: "names of topics",
  async run(s) {
    await topic(s, "with.dot");
    const list = ["", ".", "..", "with space", "ä", "a/b", "a:b", "a,b", "\t", tooLongName, "n\0l"];
    list.push(
      `${s.prefix}with_dot`,
      `${s.prefix}With.dot`,
      `${s.prefix}-._x`,
      "__consumer_offset_s",
    );
    for (const version of createTopics.versions) {
      for (const name of list) {
        for (const validateOnly of [true, false]) {
          const body = { topics: [{ name, ...one }], timeoutMs: 5000, validateOnly };
          await s.ask(createTopics, version, body);
        }
      }
      await s.ask(createTopics, version, { topics: [], timeoutMs: 5000 });
      const twice = [`a${version}`, `a${version}`, `b${version}`].map((name) => ({
        name: `${s.prefix}${name}`,
        ...one,
      }));
      await s.ask(createTopics, version, { topics: twice, timeoutMs: 5000 }, { note: "twice" });
      const mixed = [`c${version}`, "bad name", `with_dot`, `d${version}`].map((name) => ({
        name: name === "bad name" ? name : `${s.prefix}${name}`,
        ...one,
      }));
      await s.ask(createTopics, version, { topics: mixed, timeoutMs: 5000 }, { note: "mixed" });
      for (const timeoutMs of [0, -1]) {
        const body = {
          topics: [{ name: `${s.prefix}t${version}${timeoutMs}`, ...one }],
          timeoutMs,
        };
        await s.ask(createTopics, version, body, { note: `timeout ${timeoutMs}` });
      }
    }
    for (const name of ["__consumer_offsets", "__transaction_state", "__cluster_metadata"]) {
      const body = { topics: [{ name, ...one }], timeoutMs: 5000, validateOnly: true };
      await s.ask(createTopics, 7, body);
    }
  },
};

const deletions: Scenario = {
  name: "topics deleted",
  async run(s) {
    for (const version of deleteTopics.versions) {
      const a = await topic(s, `a${version}`, { partitions: 2 });
      const b = await topic(s, `b${version}`);
      const c = await topic(s, `c${version}`);
      const d = await topic(s, `d${version}`);
      const ask = (note: string, topicNames: string[], timeoutMs = 5000): Promise<unknown> => {
        const topics = topicNames.map((name) => ({ name }));
        const body = version >= 6 ? { topics, timeoutMs } : { topicNames, timeoutMs };
        return s.ask(deleteTopics, version, body, { note });
      };
      await ask("one", [a.name]);
      await ask("again", [a.name]);
      await ask("unknown", [`${s.prefix}missing`]);
      await ask("bad", ["bad name", "", ".."]);
      await ask("nothing", []);
      await ask("twice", [b.name, b.name]);
      await ask("some", [b.name, `${s.prefix}missing`, c.name]);
      await ask("timeout 0", [d.name], 0);
      await ask("timeout -1", [d.name], -1);
      if (version < 6) continue;
      const e = await topic(s, `e${version}`);
      const f = await topic(s, `f${version}`);
      const zero = "AAAAAAAAAAAAAAAAAAAAAA";
      for (const topics of [
        [{ name: null, topicId: e.id }],
        [{ name: null, topicId: e.id }],
        [{ name: null, topicId: noSuchId }],
        [{ name: null, topicId: zero }],
        [{ name: f.name, topicId: f.id }],
        [{ name: f.name, topicId: noSuchId }],
        [
          { name: f.name, topicId: zero },
          { name: null, topicId: f.id },
        ],
        [
          { name: null, topicId: f.id },
          { name: null, topicId: f.id },
        ],
        [
          { name: null, topicId: f.id },
          { name: null, topicId: e.id },
        ],
      ]) {
        await s.ask(deleteTopics, version, { topics, timeoutMs: 5000 });
      }
    }
    await untilGone(s, `${s.prefix}a1`);
    const all = { topics: [{ name: `${s.prefix}a1` }], allowAutoTopicCreation: false };
    await s.ask(metadata, 12, all);
    // A name can be taken again at once.
    await topic(s, "a1");
    const id = await s.must(metadata, 12, all);
    await s.ask(metadata, 12, { topics: [{ topicId: id.topics[0]!.topicId, name: null }] });
  },
};

async function untilGone(s: Session, name: string): Promise<void> {
  await until(`${name} is gone`, async () => {
    const body = { topics: [{ name }], allowAutoTopicCreation: false };
    const answer = await s.must(metadata, 12, body, { quiet: true });
    return answer.topics[0]!.errorCode !== 0;
  });
}

const partitionCounts: Scenario = {
  name: "partitions added",
  async run(s) {
    for (const version of createPartitions.versions) {
      const t = await topic(s, `t${version}`, { partitions: 2 });
      const other = await topic(s, `o${version}`);
      const ask = (
        note: string,
        topics: { name: string; count: number; assignments?: { brokerIds: number[] }[] | null }[],
        more: { validateOnly?: boolean; timeoutMs?: number } = {},
      ): Promise<unknown> => {
        const body = {
          topics: topics.map((each) => ({ assignments: null, ...each })),
          timeoutMs: 5000,
          validateOnly: false,
          ...more,
        };
        return s.ask(createPartitions, version, body, { note });
      };
      await ask("check", [{ name: t.name, count: 3 }], { validateOnly: true });
      await ask("fewer", [{ name: t.name, count: 1 }]);
      await ask("as many", [{ name: t.name, count: 2 }]);
      for (const count of [0, -1, 100_000]) await ask(`count ${count}`, [{ name: t.name, count }]);
      await ask("more", [{ name: t.name, count: 3 }]);
      await untilServed(s, t.name, 3);
      const assigned = (...brokerIds: number[][]): { brokerIds: number[] }[] =>
        brokerIds.map((ids) => ({ brokerIds: ids }));
      for (const assignments of [
        [],
        assigned([1]),
        assigned([1], [1]),
        assigned([2]),
        assigned([]),
        assigned([1, 1]),
        assigned([1, 2]),
        assigned([-1]),
      ]) {
        await ask("assigned", [{ name: t.name, count: 4, assignments }], { validateOnly: true });
      }
      await ask("assigned", [{ name: t.name, count: 5, assignments: assigned([1], [1]) }]);
      for (const name of [`${s.prefix}missing`, "bad name", "", ".."]) {
        await ask(`no topic ${name}`, [{ name, count: 2 }]);
      }
      await ask("nothing", []);
      await ask("twice", [
        { name: other.name, count: 2 },
        { name: other.name, count: 3 },
      ]);
      await ask("some", [
        { name: other.name, count: 2 },
        { name: `${s.prefix}missing`, count: 2 },
        { name: t.name, count: 1 },
      ]);
      await ask("timeout 0", [{ name: other.name, count: 5 }], { timeoutMs: 0 });
      await ask("timeout -1", [{ name: other.name, count: 6 }], { timeoutMs: -1 });
    }
    await untilServed(s, `${s.prefix}t3`, 5);
    await s.ask(metadata, 12, { topics: [{ name: `${s.prefix}t3` }] });
  },
};

const pages: Scenario = {
  name: "topics described page by page",
  async run(s) {
    const a = await topic(s, "a", { partitions: 3 });
    const b = await topic(s, "b", { partitions: 1 });
    const c = await topic(s, "c", { partitions: 4 });
    const missing = `${s.prefix}bb`;
    const ask = (
      topics: string[],
      responsePartitionLimit: number,
      cursor: { topicName: string; partitionIndex: number } | null = null,
    ): Promise<unknown> =>
      s.ask(describeTopicPartitions, 0, {
        topics: topics.map((name) => ({ name })),
        responsePartitionLimit,
        cursor,
      });
    for (const limit of [-1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 2000, 3000, 0x7fffffff]) {
      await ask([a.name, b.name, c.name], limit);
      await ask([c.name, missing, a.name, "bad name", b.name], limit);
      for (const [topicName, partitionIndex] of [
        [a.name, 0],
        [a.name, 2],
        [a.name, 3],
        [a.name, 99],
        [b.name, 0],
        [b.name, 1],
        [c.name, 1],
        [missing, 0],
        [`${s.prefix}a0`, 0],
        [`${s.prefix}zz`, 0],
        ["", 0],
        [a.name, -1],
      ] as const) {
        await ask([a.name, b.name, c.name], limit, { topicName, partitionIndex });
        await ask([a.name, missing, c.name], limit, { topicName, partitionIndex });
      }
    }
    await ask([a.name, a.name], 10);
    await ask(["", ".."], 10);
  },
};

async function describeAll(s: Session): Promise<void> {
  const answer = await s.must(metadata, 12, { topics: null }, { quiet: true });
  const own = answer.topics
    .map(({ name }) => name ?? "")
    .filter((name) => name.startsWith(s.prefix))
    .sort();
  s.note(
    "topics there are",
    own.map((name) => name.slice(s.prefix.length)),
  );
  for (const name of own) {
    await s.ask(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
  }
}

const allPages: Scenario = {
  name: "all topics described page by page",
  alone: true,
  async run(s) {
    await topic(s, "a", { partitions: 3 });
    for (const limit of [0, 1, 7, 100, 2000, 5000]) {
      let cursor: { topicName: string; partitionIndex: number } | null = null;
      for (let i = 0; i < 5; i++) {
        const page: DescribeTopicPartitionsResponse = await s.must(describeTopicPartitions, 0, {
          topics: [],
          responsePartitionLimit: limit,
          cursor,
        });
        cursor = page.nextCursor;
        if (cursor === null) break;
      }
    }
    for (const topicName of ["", "zzz", `${s.prefix}a0`]) {
      const cursor = { topicName, partitionIndex: 0 };
      await s.ask(describeTopicPartitions, 0, { topics: [], cursor });
    }
    const cursor = { topicName: "a", partitionIndex: -1 };
    await s.ask(describeTopicPartitions, 0, { topics: [], cursor });
  },
};

export const topicCases: Group = {
  name: "topics and partitions",
  scenarios: [creations, names, deletions, partitionCounts, pages, allPages],
};
