import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ZERO_UUID } from "../core/uuid.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { decideAllocateProducerIds } from "./allocate-producer-ids.ts";
import {
  decideControlledShutdown,
  decideFenceBroker,
  decideUnfenceBroker,
} from "./broker-registration.ts";
import { decideCreatePartitions } from "./create-partitions.ts";
import { decideCreateTopics } from "./create-topics.ts";
import { decideDeleteTopics } from "./delete-topics.ts";
import { ConfigOperation } from "./config-change.ts";
import { decideIncrementalAlterConfigs } from "./incremental-alter-configs.ts";
import { Machine } from "./machine.fixture.ts";
import { ConfigResourceType } from "../metadata/image.ts";

const BROKERS = 4;

/** What is expected of the topics. */
type Model = Map<string, number>;

const topicName = fc.nat(7).map((n) => (n % 2 === 0 ? `topic.${n}` : `topic-${n}`));
const brokerId = fc.integer({ min: 1, max: BROKERS });

const step = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    name: topicName,
    partitions: fc.integer({ min: -1, max: 4 }),
    factor: fc.integer({ min: -1, max: 5 }),
    minimum: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    validateOnly: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("delete" as const), name: topicName }),
  fc.record({
    kind: fc.constant("grow" as const),
    name: topicName,
    count: fc.integer({ min: 0, max: 6 }),
    validateOnly: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("minimum" as const), name: topicName, value: fc.nat(3) }),
  fc.record({ kind: fc.constant("fence" as const), id: brokerId }),
  fc.record({ kind: fc.constant("shutdown" as const), id: brokerId }),
  fc.record({ kind: fc.constant("return" as const), id: brokerId, clean: fc.boolean() }),
  fc.record({ kind: fc.constant("producer ids" as const), id: brokerId }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function createTopic(
  machine: Machine,
  model: Model,
  given: Extract<Step, { kind: "create" }>,
): void {
  const { name, partitions, factor, minimum, validateOnly } = given;
  const configs =
    minimum === undefined ? [] : [{ name: "min.insync.replicas", value: String(minimum) }];
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor: factor,
    assignments: [],
    configs,
  };
  const request = { topics: [topic], timeoutMs: 0, validateOnly };
  const { records, reply } = machine.decide((state) => decideCreateTopics(state, request));
  const [result] = reply.topics;
  const active = [...machine.image.brokers.values()].some(
    (broker) => !broker.fenced && !broker.inControlledShutdown,
  );
  const usable = [...machine.image.brokers.values()].filter((b) => !b.inControlledShutdown);
  let expected: number = ErrorCode.NONE;
  if (model.has(name)) expected = ErrorCode.TOPIC_ALREADY_EXISTS;
  else if (factor === 0) expected = ErrorCode.INVALID_REPLICATION_FACTOR;
  else if (partitions === 0) expected = ErrorCode.INVALID_PARTITIONS;
  else if (!active || factor > usable.length) expected = ErrorCode.INVALID_REPLICATION_FACTOR;
  assert.equal(result?.errorCode, expected, result?.errorMessage ?? "");
  if (expected !== ErrorCode.NONE || validateOnly) assert.equal(records.length, 0);
  else {
    model.set(name, partitions === -1 ? 1 : partitions);
    assert.equal(machine.image.topic(name)?.id, result.topicId);
  }
}

function returnBroker(machine: Machine, id: number, clean: boolean): void {
  const broker = machine.image.brokers.get(id)!;
  if (!broker.fenced) machine.run((state) => decideFenceBroker(state, id));
  assert.equal(machine.register(id, broker.rack, clean ? broker.epoch : -1), ErrorCode.NONE);
  machine.run((state) => decideUnfenceBroker(state, id));
  const stillLeaderless = [...machine.image.topicsById.values()].flatMap(({ partitions }) =>
    partitions.filter(({ leader, isr }) => leader === -1 && isr.includes(id)),
  );
  assert.deepEqual(stillLeaderless, []);
}

function take(machine: Machine, model: Model, given: Step): void {
  switch (given.kind) {
    case "create":
      return createTopic(machine, model, given);
    case "delete": {
      const topics = [{ name: given.name, topicId: ZERO_UUID }];
      const request = { topics, topicNames: [], timeoutMs: 0 };
      const reply = machine.run((state) => decideDeleteTopics(state, request, 6));
      const existed = model.delete(given.name);
      const expected = existed ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      assert.equal(reply.responses[0]?.errorCode, expected);
      assert.equal(machine.image.configsOf(ConfigResourceType.TOPIC, given.name).size, 0);
      return;
    }
    case "grow": {
      const { name, count, validateOnly } = given;
      const topics = [{ name, count, assignments: null }];
      const request = { topics, timeoutMs: 0, validateOnly };
      const reply = machine.run((state) => decideCreatePartitions(state, request));
      const error = reply.results[0]?.errorCode;
      if (error === ErrorCode.NONE && !validateOnly) {
        assert.ok(count > (model.get(name) ?? Infinity));
        model.set(name, count);
      } else if (!model.has(name)) assert.equal(error, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      return;
    }
    case "minimum": {
      const change = { name: "min.insync.replicas", configOperation: ConfigOperation.SET };
      const resources = [
        {
          resourceType: ConfigResourceType.TOPIC,
          resourceName: given.name,
          configs: [{ ...change, value: String(given.value) }],
        },
      ];
      const request = { resources, validateOnly: false };
      const reply = machine.run((state) => decideIncrementalAlterConfigs(state, request));
      const known = model.has(given.name);
      const expected = given.value < 1 ? ErrorCode.INVALID_CONFIG : ErrorCode.NONE;
      const unknown = given.value < 1 ? expected : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      assert.equal(reply.responses[0]?.errorCode, known ? expected : unknown);
      return;
    }
    case "fence":
      return machine.run((state) => decideFenceBroker(state, given.id));
    case "shutdown":
      return machine.run((state) => decideControlledShutdown(state, given.id));
    case "return":
      return returnBroker(machine, given.id, given.clean);
    case "producer ids": {
      const brokerEpoch = machine.image.brokers.get(given.id)!.epoch;
      const before = Math.max(0, machine.image.nextProducerId);
      const request = { brokerId: given.id, brokerEpoch };
      const reply = machine.run((state) => decideAllocateProducerIds(state, request));
      assert.deepEqual([reply.producerIdStart, reply.producerIdLen], [before, 1000]);
      assert.equal(machine.image.nextProducerId, before + 1000);
    }
  }
}

test("whatever is decided keeps replicas, in-sync sets and leaders in order", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 40 }), (seed, steps) => {
      const machine = new Machine({ seed });
      const model: Model = new Map();
      for (let id = 1; id <= BROKERS; id++) machine.addBroker(id, { rack: id % 2 ? "a" : "b" });
      for (const given of steps) {
        take(machine, model, given);
        const topics = [...machine.image.topicsByName].map(([name, topic]) => {
          return [name, topic.partitions.length] as const;
        });
        assert.deepEqual(new Map(topics.sort()), new Map([...model].sort()));
      }
    }),
    { numRuns: 100 },
  );
});

test("the same state, request and random numbers give the same decision", () => {
  const decide = (): unknown => {
    const machine = new Machine({ seed: 42 });
    for (let id = 1; id <= 3; id++) machine.addBroker(id);
    const topic = {
      name: "t",
      numPartitions: 7,
      replicationFactor: 2,
      assignments: [],
      configs: [],
    };
    const request = { topics: [topic], timeoutMs: 0, validateOnly: false };
    return machine.decide((state) => decideCreateTopics(state, request));
  };
  assert.deepEqual(decide(), decide());
});
