import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import type { Assignment, AssignorMember, AssignorName, TopicLayouts } from "./assignor.ts";
import { assignors } from "./assignors.ts";
import { encodeSticky, stickyClaim } from "./sticky-claims.ts";

interface FixtureMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rack: string | null;
  readonly topics: readonly string[];
}

interface FixtureCase {
  readonly topics: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly members: readonly FixtureMember[];
  readonly range: Readonly<Record<string, readonly string[]>>;
  readonly roundrobin: Readonly<Record<string, readonly string[]>>;
  readonly stickyCounts: readonly number[];
}

interface Fixture {
  readonly userData: {
    readonly generation: number;
    readonly had: readonly string[];
    readonly sticky: string;
    readonly "cooperative-sticky": string;
  };
  readonly cases: readonly FixtureCase[];
}

const fixturePath = new URL(
  "../../../../test/fixtures/assignments/assignments.json",
  import.meta.url,
);
const fixture: Fixture = JSON.parse(readFileSync(fixturePath, "utf8"));

function memberOf(about: Partial<AssignorMember> & { readonly memberId: string }): AssignorMember {
  return {
    instanceId: null,
    topics: [],
    owned: [],
    generation: -1,
    rack: null,
    userData: null,
    ...about,
  };
}

function layoutsOf(topics: FixtureCase["topics"]): TopicLayouts {
  return new Map(
    Object.entries(topics)
      .filter(([, partitions]) => partitions.length > 0)
      .map(([name, partitions]) => [
        name,
        partitions.map((racks, partition) => ({ partition, racks })),
      ]),
  );
}

function namesOf(assignment: Assignment): Record<string, string[]> {
  return Object.fromEntries(
    [...assignment].map(([memberId, partitions]) => [
      memberId,
      partitions.map(({ topic, partition }) => topicPartitionName(topic, partition)).sort(),
    ]),
  );
}

for (const name of ["range", "roundrobin"] as const) {
  test(`${name} deals out what Kafka's does`, () => {
    for (const [index, { topics, members, ...expected }] of fixture.cases.entries()) {
      const assignment = assignors[name].assign(members.map(memberOf), layoutsOf(topics));
      assert.deepEqual(namesOf(assignment), expected[name], `case ${index}`);
    }
  });
}

test("sticky comes out as even as Kafka's", () => {
  for (const [index, { topics, members, stickyCounts }] of fixture.cases.entries()) {
    const assignment = assignors.sticky.assign(members.map(memberOf), layoutsOf(topics));
    const counts = [...assignment.values()].map(({ length }) => length);
    assert.ok(
      squares(counts) <= squares(stickyCounts),
      `case ${index}: ${counts.sort().join()}, Kafka's ${stickyCounts.join()}`,
    );
  }
});

function squares(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count * count, 0);
}

test("user data of sticky members is read and written as Kafka's", () => {
  const { generation, had, sticky, "cooperative-sticky": cooperative } = fixture.userData;
  const bytes = Buffer.from(sticky, "hex");
  const claim = stickyClaim(memberOf({ memberId: "m", userData: bytes }));
  assert.equal(claim.generation, generation);
  const names = claim.partitions.map(({ topic, partition }) =>
    topicPartitionName(topic, partition),
  );
  assert.deepEqual(names.sort(), [...had].sort());
  // The same topics in the same order are the same bytes.
  assert.equal(encodeSticky(claim)?.toString("hex"), sticky);
  assert.equal(
    assignors["cooperative-sticky"].userData([], generation)?.toString("hex"),
    cooperative,
  );
});

test("user data of version 0 tells partitions without a generation, and other bytes tell nothing", () => {
  const version1 = Buffer.from(fixture.userData.sticky, "hex");
  const version0 = version1.subarray(0, version1.length - 4);
  const claim = stickyClaim(memberOf({ memberId: "m", userData: version0 }));
  assert.equal(claim.generation, -1);
  assert.equal(claim.partitions.length, 3);
  const nothing = { partitions: [], generation: -1 };
  for (const userData of [Buffer.from("garbage"), Buffer.alloc(3), null]) {
    assert.deepEqual(stickyClaim(memberOf({ memberId: "m", userData })), nothing);
  }
});

const topicNames = ["t0", "t1", "t2"];
const racks = ["a", "b", "c"];

/** A group with topics that members may or may not want alike. */
const anyGroup = fc.record({
  counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }),
  members: fc.array(
    fc.record({
      topics: fc.subarray(topicNames),
      rack: fc.option(fc.constantFrom(...racks), { nil: null }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  isAlike: fc.boolean(),
});
type AnyGroup = typeof anyGroup extends fc.Arbitrary<infer G> ? G : never;

function groupOf({ counts, members, isAlike }: AnyGroup): {
  readonly topics: TopicLayouts;
  readonly members: AssignorMember[];
} {
  const topics: TopicLayouts = new Map(
    topicNames.map((name, i) => [
      name,
      Array.from({ length: counts[i]! }, (_, partition) => ({
        partition,
        racks: [racks[partition % 3]!],
      })),
    ]),
  );
  return {
    topics,
    members: members.map(({ topics: some, rack }, i) =>
      memberOf({ memberId: `m${i}`, topics: isAlike ? topicNames : some, rack }),
    ),
  };
}

/** Every partition that somebody wants has one member, which wants its topic. */
function assertWhole(
  assignment: Assignment,
  members: readonly AssignorMember[],
  topics: TopicLayouts,
) {
  const seen = new Set<string>();
  for (const [memberId, partitions] of assignment) {
    const member = members.find((one) => one.memberId === memberId);
    for (const { topic, partition } of partitions) {
      assert.ok(member?.topics.includes(topic));
      const name = topicPartitionName(topic, partition);
      assert.ok(!seen.has(name), `${name} is given twice`);
      seen.add(name);
    }
  }
  let wanted = 0;
  for (const [topic, { length }] of topics) {
    if (members.some((member) => member.topics.includes(topic))) wanted += length;
  }
  assert.equal(seen.size, wanted);
  assert.equal(assignment.size, members.length);
}

for (const name of ["range", "roundrobin", "sticky", "cooperative-sticky"] as const) {
  test(`${name}: every partition that somebody wants has exactly one member, which wants its topic`, () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const { topics, members } = groupOf(group);
        assertWhole(assignors[name].assign(members, topics), members, topics);
      }),
    );
  });
}

/** The members with what an assignment gave them, as they say it in the next rebalance. */
function holding(
  name: AssignorName,
  members: readonly AssignorMember[],
  assignment: Assignment,
  generation: number,
): AssignorMember[] {
  return members.map((member) => {
    const had = assignment.get(member.memberId) ?? [];
    const userData = assignors[name].userData(had, generation);
    const owned = name === "cooperative-sticky" ? had : [];
    return { ...member, owned, userData, generation };
  });
}

function keptCount(before: Assignment, after: Assignment): number {
  let kept = 0;
  for (const [memberId, partitions] of before) {
    const now = new Set(namesOf(after)[memberId]);
    for (const { topic, partition } of partitions) {
      if (now.has(topicPartitionName(topic, partition))) kept++;
    }
  }
  return kept;
}

function countOf(assignment: Assignment): number {
  return [...assignment.values()].reduce((sum, { length }) => sum + length, 0);
}

test("sticky: members that differ by two could not be closer", () => {
  fc.assert(
    fc.property(anyGroup, (group) => {
      const { topics, members } = groupOf(group);
      const assignment = assignors.sticky.assign(members, topics);
      for (const more of members) {
        const own = assignment.get(more.memberId) ?? [];
        for (const less of members) {
          if ((assignment.get(less.memberId)?.length ?? 0) + 2 > own.length) continue;
          assert.ok(!own.some(({ topic }) => less.topics.includes(topic)));
        }
      }
    }),
  );
});

test("sticky: without a change nothing moves; one that leaves moves only what it had", () => {
  for (const name of ["sticky", "cooperative-sticky"] as const) {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const { topics, members } = groupOf({ ...group, isAlike: true });
        const first = assignors[name].assign(members, topics);
        const again = assignors[name].assign(holding(name, members, first, 1), topics);
        assert.deepEqual(namesOf(again), namesOf(first));
        const rest = holding(name, members, first, 1).slice(1);
        const without = assignors[name].assign(rest, topics);
        const left = first.get(members[0]!.memberId)?.length ?? 0;
        assert.equal(keptCount(first, without), countOf(first) - left);
      }),
    );
  }
});

test("sticky: one that comes takes its share, and nothing else moves", () => {
  fc.assert(
    fc.property(anyGroup, (group) => {
      const { topics, members } = groupOf({ ...group, isAlike: true });
      const first = assignors.sticky.assign(members, topics);
      const more = [
        ...holding("sticky", members, first, 1),
        memberOf({ memberId: "new", topics: topicNames }),
      ];
      const after = assignors.sticky.assign(more, topics);
      const share = after.get("new")?.length ?? 0;
      assert.ok(share <= Math.ceil(countOf(first) / more.length));
      assert.equal(keptCount(first, after), countOf(first) - share);
    }),
  );
});

test("a claim of a later generation counts more; of the same generation neither does", () => {
  const topics: TopicLayouts = new Map([
    [
      "t",
      [
        { partition: 0, racks: [] },
        { partition: 1, racks: [] },
      ],
    ],
  ]);
  const claiming = (memberId: string, partitions: number[], generation: number): AssignorMember =>
    memberOf({
      memberId,
      topics: ["t"],
      userData: encodeSticky({
        partitions: partitions.map((partition) => ({ topic: "t", partition })),
        generation,
      }),
    });
  const stale = assignors.sticky.assign([claiming("a", [0, 1], 4), claiming("b", [0], 5)], topics);
  assert.deepEqual(namesOf(stale), { a: ["t-1"], b: ["t-0"] });
  const both = assignors.sticky.assign([claiming("a", [1], 5), claiming("b", [1], 5)], topics);
  assert.equal(countOf(both), 2);
});

test("cooperative: no partition goes to one while another has it, and in the end all are even", () => {
  fc.assert(
    fc.property(anyGroup, fc.array(fc.nat(7), { maxLength: 4 }), (group, leavers) => {
      const name = "cooperative-sticky";
      const { topics, members } = groupOf(group);
      let present = members.slice(0, 1);
      let held: Assignment = new Map();
      let generation = 1;
      const rebalance = (): void => {
        for (let rounds = 0; ; rounds++) {
          assert.ok(rounds < 4, "the group comes to rest");
          const before = held;
          held = assignors[name].assign(holding(name, present, before, generation++), topics);
          for (const [memberId, partitions] of held) {
            for (const other of present) {
              if (other.memberId === memberId) continue;
              const theirs = new Set(namesOf(before)[other.memberId]);
              const taken = partitions.filter((p) =>
                theirs.has(topicPartitionName(p.topic, p.partition)),
              );
              assert.deepEqual(taken, []);
            }
          }
          if (keptCount(before, held) === countOf(before) && countOf(held) === countOf(before))
            break;
        }
        assertWhole(held, present, topics);
      };
      rebalance();
      for (const member of members.slice(1)) {
        present = [...present, member];
        rebalance();
      }
      for (const leaver of leavers) {
        if (present.length === 1) break;
        const gone = present[leaver % present.length]!;
        present = present.filter((member) => member !== gone);
        held = new Map([...held].filter(([memberId]) => memberId !== gone.memberId));
        rebalance();
      }
    }),
  );
});

test("sticky: members in racks get what is near, when everybody gets as much as before", () => {
  const partitions: TopicPartition[] = Array.from({ length: 9 }, (_, partition) => ({
    topic: "t",
    partition,
  }));
  const topics: TopicLayouts = new Map([
    ["t", partitions.map(({ partition }) => ({ partition, racks: [racks[partition % 3]!] }))],
  ]);
  const members = racks.map((rack) => memberOf({ memberId: `in ${rack}`, topics: ["t"], rack }));
  const assignment = assignors.sticky.assign(members, topics);
  assert.deepEqual(namesOf(assignment), {
    "in a": ["t-0", "t-3", "t-6"],
    "in b": ["t-1", "t-4", "t-7"],
    "in c": ["t-2", "t-5", "t-8"],
  });
});
