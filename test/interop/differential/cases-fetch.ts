import type { InputOf, ValueOf } from "../../../src/protocol/schema.ts";
import type { fetchRequest, fetchResponse } from "../../../src/protocol/messages/fetch.ts";
import { deleteRecords, fetch, listOffsets, offsetForLeaderEpoch } from "./exchanges.ts";
import {
  batch,
  baseTime,
  noSuchId,
  topic,
  write,
  type Group,
  type Scenario,
  type Topic,
} from "./scenario.ts";
import type { Lane, Session } from "./session.ts";

type FetchBody = InputOf<typeof fetchRequest>;
type FetchAnswer = ValueOf<typeof fetchResponse>;
type Wanted = NonNullable<NonNullable<FetchBody["topics"]>[number]["partitions"]>[number];

/** One topic in the form of the version. */
function from(
  version: number,
  of: Topic,
  ...partitions: Wanted[]
): NonNullable<FetchBody["topics"]> {
  return [{ ...(version >= 13 ? { topicId: of.id } : { topic: of.name }), partitions }];
}

function part(partition: number, fetchOffset: number, more: Partial<Wanted> = {}): Wanted {
  return { partition, fetchOffset, partitionMaxBytes: 1_000_000, ...more };
}

const usual = { maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000 };

const everyVersion: Scenario = {
  name: "fetch in every version",
  async run(s) {
    const t = await topic(s, "t", { partitions: 2 });
    for (let i = 0; i < 5; i++) await write(s, t, batch(4, { bytes: 50 }));
    await write(s, t, batch(3, { compression: "zstd" }), 1);
    const missing = { name: `${s.prefix}missing`, id: noSuchId };
    for (const version of fetch.versions) {
      const ask = (
        note: string,
        topics: FetchBody["topics"],
        more: FetchBody = {},
      ): Promise<unknown> => s.ask(fetch, version, { ...usual, topics, ...more }, { note });
      for (const offset of [0, 1, 3, 4, 19, 20, 21, -1, -2, 2 ** 52]) {
        await ask(`offset ${offset}`, from(version, t, part(0, offset)));
      }
      await ask("zstd", from(version, t, part(1, 0)));
      await ask("both", from(version, t, part(1, 0), part(0, 16)));
      for (const index of [2, -1, 0x7fffffff]) {
        await ask(`no partition ${index}`, from(version, t, part(index, 0)));
      }
      await ask("no topic", from(version, missing, part(0, 0)));
      await ask("no topic and one", [
        ...from(version, missing, part(0, 0)),
        ...from(version, t, part(0, 16)),
      ]);
      await ask("nothing", []);
      await ask("no partitions", from(version, t));
      for (const epoch of [-1, -2, 0, 1, 0x7fffffff]) {
        const more = { currentLeaderEpoch: epoch };
        await ask(`leader epoch ${epoch}`, from(version, t, part(0, 16, more)));
        const last = { lastFetchedEpoch: epoch };
        await ask(`last fetched epoch ${epoch}`, from(version, t, part(0, 16, last)));
        await ask(`last fetched epoch ${epoch} at the end`, from(version, t, part(0, 20, last)));
        await ask(`last fetched epoch ${epoch} beyond`, from(version, t, part(0, 25, last)));
      }
      for (const isolationLevel of [1, 2, -1]) {
        await ask(`isolation ${isolationLevel}`, from(version, t, part(0, 16)), { isolationLevel });
      }
      for (const logStartOffset of [0, 5, -1]) {
        await ask(`log start ${logStartOffset}`, from(version, t, part(0, 16, { logStartOffset })));
      }
      await ask("rack", from(version, t, part(0, 16)), { rackId: "r1" });
    }
  },
};

const sizes: Scenario = {
  name: "sizes of answers",
  async run(s) {
    const t = await topic(s, "t", { partitions: 3 });
    const other = await topic(s, "o");
    for (let i = 0; i < 4; i++) {
      for (let p = 0; p < 3; p++) await write(s, t, batch(1, { bytes: 400 }), p);
      await write(s, other, batch(1, { bytes: 10_000 }));
    }
    for (const version of [4, 12, 13, 18]) {
      const all = [
        ...from(version, t, part(0, 0), part(1, 0), part(2, 0)),
        ...from(version, other, part(0, 0)),
      ];
      const backwards = [
        ...from(version, other, part(0, 0)),
        ...from(version, t, part(2, 0), part(0, 0)),
      ];
      for (const maxBytes of [-1, 0, 1, 460, 500, 1000, 2000, 6000, 20_000, 0x7fffffff]) {
        await s.ask(
          fetch,
          version,
          { ...usual, maxBytes, topics: all },
          { note: `max ${maxBytes}` },
        );
        const body = { ...usual, maxBytes, topics: backwards };
        await s.ask(fetch, version, body, { note: `max ${maxBytes} backwards` });
      }
      for (const partitionMaxBytes of [-1, 0, 1, 470, 480, 481, 1000, 0x7fffffff]) {
        const topics = [
          ...from(version, t, part(0, 0, { partitionMaxBytes }), part(1, 2, { partitionMaxBytes })),
          ...from(version, other, part(0, 0, { partitionMaxBytes })),
        ];
        await s.ask(
          fetch,
          version,
          { ...usual, topics },
          { note: `partition max ${partitionMaxBytes}` },
        );
      }
      for (const minBytes of [-1, 0, 1, 100, 100_000]) {
        for (const offset of [0, 3, 4]) {
          const topics = from(version, t, part(0, offset));
          const body = { ...usual, maxWaitMs: 20, minBytes, topics };
          await s.ask(fetch, version, body, { note: `min ${minBytes}` });
        }
      }
      const late = [...from(version, t, part(0, 4)), ...from(version, other, part(0, 4))];
      for (const maxWaitMs of [-1, 0, 5, 50]) {
        const body = { maxWaitMs, minBytes: 1, maxBytes: 1000, topics: late };
        await s.ask(fetch, version, body, { note: `wait ${maxWaitMs}` });
      }
    }
  },
};

const waiting: Scenario = {
  name: "fetches that wait",
  async run(s) {
    const t = await topic(s, "t", { partitions: 2 });
    const lane = s.lane();
    for (const version of [4, 11, 12, 13, 18]) {
      const wait = (minBytes: number, ...partitions: Wanted[]): Promise<unknown> =>
        s.ask(
          fetch,
          version,
          {
            maxWaitMs: 8000,
            minBytes,
            maxBytes: 1_000_000,
            topics: from(version, t, ...partitions),
          },
          { on: lane },
        );
      const end = await endOf(s, t);
      const first = wait(1, part(0, end));
      await write(s, t, batch(1));
      await first;
      const both = wait(1, part(1, 0), part(0, end + 1));
      if (version === 4) await write(s, t, batch(2), 1);
      await both;
      const large = wait(200, part(0, end + 1));
      await write(s, t, batch(1, { bytes: 50 }));
      await write(s, t, batch(1, { bytes: 50 }));
      await large;
      // One partition that cannot be read ends the wait.
      await wait(1, part(0, end + 1000), part(7, 0));
      await wait(1, part(0, end + 4), part(1, 1000));
    }
  },
};

async function endOf(s: Session, t: Topic): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -1 }];
  const body = { replicaId: -1, topics: [{ name: t.name, partitions }] };
  const answer = await s.must(listOffsets, 7, body, { quiet: true });
  return answer.topics[0]!.partitions[0]!.offset;
}

/** Sends fetches of one session; keeps its id and epoch. */
class SessionClient {
  readonly #s: Session;
  readonly #version: number;
  readonly #lane: Lane;
  id = 0;
  epoch = 0;

  constructor(s: Session, version: number) {
    this.#s = s;
    this.#version = version;
    this.#lane = s.lane();
  }

  async fetch(
    note: string,
    topics: FetchBody["topics"],
    more: FetchBody = {},
  ): Promise<FetchAnswer | undefined> {
    const body = { ...usual, sessionId: this.id, sessionEpoch: this.epoch, topics, ...more };
    const answer = await this.#s.ask(fetch, this.#version, body, { note, on: this.#lane });
    if (answer !== undefined && answer.errorCode === 0) {
      if (this.id === 0) this.id = answer.sessionId;
      this.epoch = this.id === 0 ? 0 : this.epoch + 1;
    }
    return answer;
  }
}

const sessions: Scenario = {
  name: "fetch sessions",
  async run(s) {
    const t = await topic(s, "t", { partitions: 3 });
    const other = await topic(s, "o");
    await write(s, t, batch(2));
    for (const version of [7, 11, 12, 13, 15, 17, 18]) {
      const forget = (of: Topic, ...partitions: number[]): FetchBody["forgottenTopicsData"] => [
        { ...(version >= 13 ? { topicId: of.id } : { topic: of.name }), partitions },
      ];
      const client = new SessionClient(s, version);
      await client.fetch("new", from(version, t, part(0, 0), part(1, 0), part(2, 0)));
      await client.fetch("nothing new", []);
      await client.fetch("further on", from(version, t, part(0, 2)));
      await client.fetch("nothing changed", []);
      await write(s, t, batch(1), 1);
      await client.fetch("one has grown", []);
      await client.fetch("unread", []);
      await client.fetch("read", from(version, t, part(1, await endOfPartition(s, t, 1))));
      await client.fetch("another topic", from(version, other, part(0, 0)));
      await client.fetch("a missing partition", from(version, t, part(9, 0)));
      await client.fetch("the missing one again", []);
      await client.fetch("forget it", [], { forgottenTopicsData: forget(t, 9) });
      await client.fetch("forget what is not there", [], { forgottenTopicsData: forget(t, 8) });
      await client.fetch("out of range", from(version, t, part(2, 100)));
      await client.fetch("still out of range", []);
      await client.fetch("back in range", from(version, t, part(2, 0)));
      await client.fetch("forget and ask", from(version, t, part(2, 0)), {
        forgottenTopicsData: forget(t, 2),
      });
      await client.fetch("forget all", [], {
        forgottenTopicsData: [...forget(t, 0, 1, 2)!, ...forget(other, 0)!],
      });
      await client.fetch("empty session", []);
      await client.fetch("wrong epoch", [], { sessionEpoch: client.epoch + 1 });
      await client.fetch("old epoch", [], { sessionEpoch: 1 });
      await client.fetch("still there", from(version, t, part(0, 0)));
      await client.fetch("unknown id", [], { sessionId: client.id ^ 1 });
      await client.fetch("unknown id, epoch 0", from(version, t, part(0, 0)), {
        sessionId: client.id ^ 1,
        sessionEpoch: 0,
      });
      await client.fetch("end it", from(version, t, part(0, 0)), { sessionEpoch: -1 });
      await client.fetch("after its end", []);
      const second = new SessionClient(s, version);
      await second.fetch("new with nothing", []);
      const third = new SessionClient(s, version);
      await third.fetch("new", from(version, t, part(0, 2), part(1, 100)));
      await third.fetch("replaced", from(version, t, part(0, 0)), { sessionEpoch: 0 });
      await third.fetch("session id with epoch -1 of none", [], { sessionId: 0, sessionEpoch: -1 });
      await third.fetch("id 0, epoch 5", from(version, t, part(0, 0)), {
        sessionId: 0,
        sessionEpoch: 5,
      });
      await third.fetch("id -1", from(version, t, part(0, 0)), { sessionId: -1, sessionEpoch: 1 });
      await third.fetch("epoch -2", from(version, t, part(0, 0)), { sessionEpoch: -2 });
    }
  },
};

async function endOfPartition(s: Session, t: Topic, partitionIndex: number): Promise<number> {
  const partitions = [{ partitionIndex, timestamp: -1 }];
  const body = { replicaId: -1, topics: [{ name: t.name, partitions }] };
  const answer = await s.must(listOffsets, 7, body, { quiet: true });
  return answer.topics[0]!.partitions[0]!.offset;
}

const sessionVersions: Scenario = {
  name: "sessions across versions and unknown ids",
  async run(s) {
    const t = await topic(s, "t");
    await write(s, t, batch(1));
    for (const [first, second] of [
      [12, 13],
      [13, 12],
      [7, 12],
      [13, 18],
    ] as const) {
      const a = new SessionClient(s, first);
      await a.fetch("new", from(first, t, part(0, 0)));
      const b = new SessionClient(s, second);
      b.id = a.id;
      b.epoch = a.epoch;
      await b.fetch("in another version", from(second, t, part(0, 0)));
      await b.fetch("in another version again", []);
    }
    for (const version of [13, 16]) {
      const client = new SessionClient(s, version);
      const missing = { name: "", id: noSuchId };
      await client.fetch("unknown id", from(version, missing, part(0, 0)));
      await client.fetch("unknown id again", []);
      await client.fetch("and a known one", from(version, t, part(0, 0)));
      await client.fetch(
        "zero id",
        from(version, { name: "", id: "AAAAAAAAAAAAAAAAAAAAAA" }, part(0, 0)),
      );
    }
  },
};

const asReplica: Scenario = {
  name: "fetch as a replica or with a cluster id",
  async run(s) {
    const t = await topic(s, "t");
    await write(s, t, batch(1));
    for (const version of [4, 11, 14]) {
      for (const replicaId of [-2, -3, 0, 1, 2, 99]) {
        await s.ask(fetch, version, { ...usual, replicaId, topics: from(version, t, part(0, 0)) });
      }
    }
    for (const version of [15, 17, 18]) {
      for (const replicaId of [-1, -2, 0, 1, 2]) {
        for (const replicaEpoch of [-1, 0, 1, 1_000_000]) {
          const replicaState = { replicaId, replicaEpoch };
          await s.ask(fetch, version, {
            ...usual,
            replicaState,
            topics: from(version, t, part(0, 0)),
          });
        }
      }
    }
    for (const clusterId of ["", "other", s.own.clusterId]) {
      await s.ask(fetch, 12, { ...usual, clusterId, topics: from(12, t, part(0, 0)) });
    }
  },
};

const offsets: Scenario = {
  name: "list offsets",
  async run(s) {
    const t = await topic(s, "t", { partitions: 2 });
    const empty = await topic(s, "e");
    for (let i = 0; i < 3; i++) await write(s, t, batch(3));
    await write(s, t, batch(4, { compression: "gzip" }));
    await write(s, t, batch(2, { logAppendTimeMs: baseTime + 50 }));
    await write(s, t, batch(1), 1);
    const topics = [{ name: t.name, partitions: [{ partitionIndex: 0, offset: 2 }] }];
    await s.must(deleteRecords, 2, { topics, timeoutMs: 5000 });
    const times = [0, 1, baseTime - 1, baseTime, baseTime + 1, baseTime + 2, baseTime + 3];
    times.push(baseTime + 4, baseTime + 49, baseTime + 50, baseTime + 51, 2 ** 52);
    for (const version of listOffsets.versions) {
      for (const timestamp of [...times, -1, -2, -3, -4, -5, -6, -7, -100]) {
        const note = String(timestamp > baseTime / 2 ? timestamp - baseTime : timestamp);
        for (const isolationLevel of [0, 1]) {
          const named = [
            { name: t.name, partitions: [{ partitionIndex: 0, timestamp }] },
            { name: empty.name, partitions: [{ partitionIndex: 0, timestamp }] },
          ];
          await s.ask(
            listOffsets,
            version,
            { replicaId: -1, isolationLevel, topics: named },
            { note },
          );
        }
      }
      for (const name of [t.name, `${s.prefix}missing`, "bad name", ""]) {
        for (const partitionIndex of [0, 1, 2, -1]) {
          for (const timestamp of [-1, -3, baseTime, -9]) {
            const named = [{ name, partitions: [{ partitionIndex, timestamp }] }];
            await s.ask(listOffsets, version, { replicaId: -1, topics: named });
          }
        }
      }
      for (const currentLeaderEpoch of [-2, -1, 0, 1, 100]) {
        for (const timestamp of [-1, baseTime]) {
          const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch }];
          await s.ask(listOffsets, version, {
            replicaId: -1,
            topics: [{ name: t.name, partitions }],
          });
        }
      }
      for (const replicaId of [-2, -3, 0, 1, 5]) {
        for (const timestamp of [-1, -2, baseTime]) {
          const partitions = [{ partitionIndex: 0, timestamp }];
          await s.ask(listOffsets, version, { replicaId, topics: [{ name: t.name, partitions }] });
        }
      }
      for (const isolationLevel of [2, -1]) {
        const partitions = [{ partitionIndex: 0, timestamp: -1 }];
        const body = { replicaId: -1, isolationLevel, topics: [{ name: t.name, partitions }] };
        await s.ask(listOffsets, version, body, { note: `isolation ${isolationLevel}` });
      }
      await s.ask(listOffsets, version, { replicaId: -1, topics: [] });
      const doubled = [
        { partitionIndex: 0, timestamp: -1 },
        { partitionIndex: 0, timestamp: -2 },
      ];
      const body = { replicaId: -1, topics: [{ name: t.name, partitions: doubled }] };
      await s.ask(listOffsets, version, body, { note: "doubled" });
      await s.ask(listOffsets, version, { ...body, timeoutMs: 0 }, { note: "timeout 0" });
      await s.ask(listOffsets, version, { ...body, timeoutMs: -5 }, { note: "timeout -5" });
    }
  },
};

const epochs: Scenario = {
  name: "offsets for leader epochs",
  async run(s) {
    const t = await topic(s, "t", { partitions: 2 });
    await write(s, t, batch(5));
    for (const version of offsetForLeaderEpoch.versions) {
      for (const leaderEpoch of [-2, -1, 0, 1, 2, 0x7fffffff]) {
        for (const currentLeaderEpoch of [-2, -1, 0, 1]) {
          for (const partition of [0, 1]) {
            const partitions = [{ partition, leaderEpoch, currentLeaderEpoch }];
            const body = { topics: [{ topic: t.name, partitions }] };
            await s.ask(offsetForLeaderEpoch, version, body);
            await s.ask(offsetForLeaderEpoch, version, { ...body, replicaId: -1 });
            await s.ask(offsetForLeaderEpoch, version, { ...body, replicaId: 3 });
          }
        }
      }
      for (const name of [`${s.prefix}missing`, "bad name", "", t.name]) {
        for (const partition of [0, 5, -1]) {
          const partitions = [{ partition, leaderEpoch: 0 }];
          await s.ask(offsetForLeaderEpoch, version, { topics: [{ topic: name, partitions }] });
        }
      }
      await s.ask(offsetForLeaderEpoch, version, { topics: [] });
      await s.ask(offsetForLeaderEpoch, version, { topics: [{ topic: t.name, partitions: [] }] });
    }
  },
};

const deletions: Scenario = {
  name: "delete records",
  async run(s) {
    const compacted = await topic(s, "c", { configs: { "cleanup.policy": "compact" } });
    await write(s, compacted, batch(3));
    for (const version of deleteRecords.versions) {
      const t = await topic(s, `t${version}`, { partitions: 2 });
      for (let i = 0; i < 4; i++) await write(s, t, batch(5));
      for (const offset of [3, 0, 2, 3, -2, 21, 2 ** 52, 20, -1, 20]) {
        const partitions = [{ partitionIndex: 0, offset }];
        const body = { topics: [{ name: t.name, partitions }], timeoutMs: 5000 };
        await s.ask(deleteRecords, version, body, { note: `before ${offset}` });
        for (const timestamp of [-1, -2]) {
          const asked = [{ name: t.name, partitions: [{ partitionIndex: 0, timestamp }] }];
          await s.ask(listOffsets, 7, { replicaId: -1, topics: asked });
        }
        for (const fetchOffset of [0, 3, 20]) {
          await s.ask(fetch, 13, { ...usual, topics: from(13, t, part(0, fetchOffset)) });
        }
      }
      const partitions = [{ partitionIndex: 0, offset: 1 }];
      for (const name of [
        compacted.name,
        `${s.prefix}missing`,
        "bad name",
        "",
        "__consumer_offsets",
      ]) {
        await s.ask(deleteRecords, version, { topics: [{ name, partitions }], timeoutMs: 1000 });
      }
      for (const partitionIndex of [2, -1]) {
        const body = { topics: [{ name: t.name, partitions: [{ partitionIndex, offset: 0 }] }] };
        await s.ask(deleteRecords, version, { ...body, timeoutMs: 1000 });
      }
      await s.ask(deleteRecords, version, { topics: [], timeoutMs: 1000 });
      await s.ask(deleteRecords, version, {
        topics: [
          {
            name: t.name,
            partitions: [
              { partitionIndex: 1, offset: 0 },
              { partitionIndex: 0, offset: 20 },
            ],
          },
          { name: compacted.name, partitions },
        ],
        timeoutMs: 0,
      });
    }
  },
};

export const fetchCases: Group = {
  name: "fetch, offsets, records deleted",
  scenarios: [
    everyVersion,
    sizes,
    waiting,
    sessions,
    sessionVersions,
    asReplica,
    offsets,
    epochs,
    deletions,
  ],
};
