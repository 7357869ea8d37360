import assert from "node:assert/strict";
import { test } from "node:test";
import { ZERO_UUID } from "../core/uuid.ts";
import { ConfigResourceType } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { decideAllocateProducerIds } from "./allocate-producer-ids.ts";
import { decideAssignDirectories } from "./assign-directories.ts";
import {
  decideFenceBroker,
  decideOnlineLogDirs,
  decideUnfenceBroker,
} from "./broker-registration.ts";
import { decideAlterConfigs } from "./alter-configs.ts";
import { ConfigOperation } from "./config-change.ts";
import { decideCreatePartitions } from "./create-partitions.ts";
import { decideCreateTopics } from "./create-topics.ts";
import { decideDeleteTopics } from "./delete-topics.ts";
import { decideIncrementalAlterConfigs } from "./incremental-alter-configs.ts";
import { directoryOf, Machine } from "./machine.fixture.ts";
import { placeReplicas } from "./replica-placer.ts";
import { seededRandom } from "./machine.fixture.ts";
import { decideUpdateFeatures } from "./update-features.ts";

interface TopicChange {
  readonly name?: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly assignments?: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
  readonly configs?: readonly { name: string; value: string | null }[];
}

function machineWith(brokers: number, settings: readonly string[] = []): Machine {
  const machine = new Machine({ settings });
  for (let id = 1; id <= brokers; id++) machine.addBroker(id);
  return machine;
}

function create(machine: Machine, ...topics: TopicChange[]) {
  const request = {
    topics: topics.map((topic) => ({
      name: "orders",
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [],
      configs: [],
      ...topic,
    })),
    timeoutMs: 0,
    validateOnly: false,
  };
  return machine.decide((state) => decideCreateTopics(state, request));
}

function configure(
  machine: Machine,
  type: number,
  resourceName: string,
  changes: readonly [string, number, string | null][],
  validateOnly = false,
) {
  const configs = changes.map(([name, configOperation, value]) => {
    return { name, configOperation, value };
  });
  const request = { resources: [{ resourceType: type, resourceName, configs }], validateOnly };
  const decision = machine.decide((state) => decideIncrementalAlterConfigs(state, request));
  return { ...decision, response: decision.reply.responses[0]! };
}

test("a topic is created as in the sample: its record, its configs, its partitions", () => {
  const machine = machineWith(1);
  const configs = [
    { name: "segment.bytes", value: "1048576" },
    { name: "min.insync.replicas", value: "1" },
  ];
  const { records, reply } = create(machine, { numPartitions: 2, configs });
  assert.deepEqual(
    records.map(({ kind, version }) => `${kind} ${version}`),
    [
      "TopicRecord 0",
      "ConfigRecord 0",
      "ConfigRecord 0",
      "ClearElrRecord 0",
      "PartitionRecord 2",
      "PartitionRecord 2",
    ],
  );
  const topic = machine.image.topic("orders")!;
  assert.deepEqual(topic.partitions[1]?.directories, [directoryOf(1)]);
  const [result] = reply.topics;
  assert.deepEqual(
    [result?.topicId, result?.numPartitions, result?.replicationFactor],
    [topic.id, 2, 1],
  );
  const own = result?.configs?.find(({ name }) => name === "segment.bytes");
  assert.deepEqual([own?.value, own?.configSource], ["1048576", 1]);
});

test("defaults of partitions and replicas are the controller's", () => {
  const machine = machineWith(3, ["num.partitions=5", "default.replication.factor=2"]);
  create(machine, {});
  const { partitions } = machine.image.topic("orders")!;
  assert.equal(partitions.length, 5);
  assert.ok(partitions.every(({ replicas }) => replicas.length === 2));
});

test("refused topics are told why in Kafka's words", () => {
  const machine = machineWith(1);
  create(machine, { name: "taken" }, { name: "with.dot" });
  const cases: [TopicChange, keyof typeof ErrorCode, string | null][] = [
    [
      { name: "" },
      "INVALID_TOPIC_EXCEPTION",
      "Topic name is invalid: the empty string is not allowed",
    ],
    [{ name: ".." }, "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: '..' is not allowed"],
    [
      { name: "a b" },
      "INVALID_TOPIC_EXCEPTION",
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [
      { name: "x".repeat(250) },
      "INVALID_TOPIC_EXCEPTION",
      `Topic name is invalid: the length of '${"x".repeat(250)}' is longer than the max allowed length 249`,
    ],
    [{ name: "taken" }, "TOPIC_ALREADY_EXISTS", "Topic 'taken' already exists."],
    [
      { name: "with_dot" },
      "INVALID_TOPIC_EXCEPTION",
      "Topic 'with_dot' collides with existing topic: with.dot",
    ],
    [
      { replicationFactor: 3 },
      "INVALID_REPLICATION_FACTOR",
      "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered.",
    ],
    [
      { replicationFactor: 0 },
      "INVALID_REPLICATION_FACTOR",
      "Replication factor must be larger than 0, or -1 to use the default value.",
    ],
    [
      { numPartitions: 0 },
      "INVALID_PARTITIONS",
      "Number of partitions was set to an invalid non-positive value.",
    ],
    [
      { numPartitions: 10_001 },
      "POLICY_VIOLATION",
      "Excessively large number of partitions per request.",
    ],
    [{ configs: [{ name: "retention.ms", value: "soon" }] }, "INVALID_CONFIG", null],
    [{ configs: [{ name: "no.such.config", value: "1" }] }, "INVALID_CONFIG", null],
    [
      { configs: [{ name: "retention.ms", value: null }] },
      "INVALID_CONFIG",
      "Null value not supported for topic configs: retention.ms",
    ],
    [
      { replicationFactor: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      "INVALID_REQUEST",
      "A manual partition assignment was specified, but replication factor was not set to -1.",
    ],
    [
      { assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      "INVALID_REPLICA_ASSIGNMENT",
      "partitions should be a consecutive 0-based integer sequence",
    ],
    [
      { assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] },
      "INVALID_REPLICA_ASSIGNMENT",
      "The manual partition assignment includes the broker 1 more than once.",
    ],
    [
      { assignments: [{ partitionIndex: 0, brokerIds: [7] }] },
      "INVALID_REPLICA_ASSIGNMENT",
      "The manual partition assignment includes broker 7, but no such broker is registered.",
    ],
    [
      { assignments: [{ partitionIndex: 0, brokerIds: [] }] },
      "INVALID_REPLICA_ASSIGNMENT",
      "The manual partition assignment includes an empty replica list.",
    ],
    [{ name: "__cluster_metadata" }, "INVALID_REQUEST", null],
  ];
  for (const [topic, error, message] of cases) {
    const { records, reply } = create(machine, topic);
    assert.deepEqual(records, []);
    assert.equal(reply.topics[0]?.errorCode, ErrorCode[error], JSON.stringify(topic));
    if (message !== null) assert.equal(reply.topics[0]?.errorMessage, message);
  }
});

test("a refused topic does not hinder the others, a repeated one is refused once", () => {
  const machine = machineWith(1);
  const { reply } = create(machine, { name: "a" }, { name: "b" }, { name: "c" }, { name: "b" });
  assert.deepEqual(
    reply.topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ["a", 0],
      ["b", ErrorCode.INVALID_REQUEST],
      ["c", 0],
    ],
  );
});

test("manual assignments are kept as they are", () => {
  const machine = machineWith(3);
  const assignments = [
    { partitionIndex: 1, brokerIds: [3, 1] },
    { partitionIndex: 0, brokerIds: [2, 3] },
  ];
  create(machine, { assignments });
  const replicas = machine.image.topic("orders")!.partitions.map((p) => p.replicas);
  assert.deepEqual(replicas, [
    [2, 3],
    [3, 1],
  ]);
});

test("fenced brokers get replicas last and are not in sync", () => {
  const machine = machineWith(2);
  machine.addBroker(3, { fenced: true });
  create(machine, { numPartitions: 6, replicationFactor: 3 });
  for (const { replicas, isr, leader } of machine.image.topic("orders")!.partitions) {
    assert.equal(replicas[2], 3);
    assert.deepEqual([...isr].sort(), [1, 2]);
    assert.equal(leader, replicas[0]);
  }
});

test("replicas are spread over racks and leaders over brokers", () => {
  const brokers = Array.from({ length: 6 }, (_, i) => {
    return { id: i, rack: `rack-${i % 3}`, fenced: false };
  });
  for (let seed = 0; seed < 20; seed++) {
    const placed = placeReplicas(brokers, 6, 3, seededRandom(seed));
    assert.ok(placed.ok);
    const leaders = new Map<number, number>();
    for (const replicas of placed.assignments) {
      assert.equal(new Set(replicas.map((id) => id % 3)).size, 3, "a rack twice");
      leaders.set(replicas[0]!, (leaders.get(replicas[0]!) ?? 0) + 1);
    }
    assert.equal(leaders.size, 6);
  }
});

test("topics are deleted by name or by id, unless deleting is off", () => {
  const machine = machineWith(1);
  create(machine, { name: "a" }, { name: "b" }, { name: "c" });
  const remove = (topics: readonly [string | null, string][], version = 6) => {
    const request = {
      topics: topics.map(([name, topicId]) => ({ name, topicId })),
      topicNames: [],
      timeoutMs: 0,
    };
    return machine.run((state) => decideDeleteTopics(state, request, version)).responses;
  };
  const b = machine.image.topic("b")!.id;
  const results = remove([
    ["a", ZERO_UUID],
    [null, b],
    [null, directoryOf(1)],
    ["unknown", ZERO_UUID],
    [null, ZERO_UUID],
    ["c", b],
    ["twice", ZERO_UUID],
    ["twice", ZERO_UUID],
  ]);
  assert.deepEqual(
    results.map(({ name, errorCode }) => [name, errorCode]),
    [
      [null, ErrorCode.INVALID_REQUEST],
      ["c", ErrorCode.INVALID_REQUEST],
      [null, ErrorCode.UNKNOWN_TOPIC_ID],
      ["unknown", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ["twice", ErrorCode.INVALID_REQUEST],
      ["b", ErrorCode.NONE],
      ["a", ErrorCode.NONE],
    ],
  );
  const c = machine.image.topic("c")!.id;
  const both = remove([
    ["c", ZERO_UUID],
    [null, c],
  ]);
  assert.deepEqual(
    both.map(({ name, errorCode }) => [name, errorCode]),
    [["c", ErrorCode.INVALID_REQUEST]],
  );
  assert.deepEqual([...machine.image.topicsByName.keys()], ["c"]);
  const fixed = machineWith(1, ["delete.topic.enable=false"]);
  create(fixed, { name: "kept" });
  const request = { topics: [], topicNames: ["kept"], timeoutMs: 0 };
  const reply = fixed.run((state) => decideDeleteTopics(state, request, 3));
  assert.equal(reply.responses[0]?.errorCode, ErrorCode.TOPIC_DELETION_DISABLED);
});

test("a topic grows, and only grows", () => {
  const machine = machineWith(1);
  create(machine, { numPartitions: 2 });
  const grow = (count: number, assignments: { brokerIds: number[] }[] | null = null) => {
    const request = {
      topics: [{ name: "orders", count, assignments }],
      timeoutMs: 0,
      validateOnly: false,
    };
    return machine.run((state) => decideCreatePartitions(state, request)).results[0]!;
  };
  assert.equal(grow(2).errorMessage, "Topic already has 2 partition(s).");
  assert.equal(
    grow(1).errorMessage,
    "The topic orders currently has 2 partition(s); 1 would not be an increase.",
  );
  assert.equal(
    grow(4, [{ brokerIds: [1] }]).errorMessage,
    "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
  );
  assert.equal(grow(3, [{ brokerIds: [1] }]).errorCode, ErrorCode.NONE);
  assert.equal(grow(5).errorCode, ErrorCode.NONE);
  assert.equal(machine.image.topic("orders")?.partitions.length, 5);
});

test("configs are set, deleted, extended and shortened", () => {
  const machine = machineWith(1);
  create(machine, {});
  const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;
  const topic = ConfigResourceType.TOPIC;
  const value = (name: string) => machine.image.configsOf(topic, "orders").get(name);
  configure(machine, topic, "orders", [["cleanup.policy", APPEND, "compact"]]);
  assert.equal(value("cleanup.policy"), "delete,compact");
  configure(machine, topic, "orders", [["cleanup.policy", SUBTRACT, "delete"]]);
  assert.equal(value("cleanup.policy"), "compact");
  const same = configure(machine, topic, "orders", [["cleanup.policy", SET, "compact"]]);
  assert.deepEqual([same.response.errorCode, same.records], [ErrorCode.NONE, []]);
  const tried = configure(machine, topic, "orders", [["retention.ms", SET, "1"]], true);
  assert.deepEqual([tried.response.errorCode, tried.records], [ErrorCode.NONE, []]);
  configure(machine, topic, "orders", [["cleanup.policy", DELETE, null]]);
  assert.equal(value("cleanup.policy"), undefined);
  const notList = configure(machine, topic, "orders", [["retention.ms", APPEND, "1"]]);
  assert.equal(
    notList.response.errorMessage,
    "Can't APPEND to key retention.ms because its type is not LIST.",
  );
  const noValue = configure(machine, topic, "orders", [["retention.ms", SET, null]]);
  assert.equal(noValue.response.errorMessage, "Null value not supported for : retention.ms");
  const unknown = configure(machine, topic, "nothing", [["retention.ms", SET, "1"]]);
  assert.equal(unknown.response.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test("broker settings: always written, loggers refused, the minimum of replicas is the cluster's", () => {
  const machine = machineWith(1);
  const { SET, DELETE } = ConfigOperation;
  const broker = ConfigResourceType.BROKER;
  for (let i = 0; i < 2; i++) {
    const { records } = configure(machine, broker, "", [["log.cleaner.threads", SET, "2"]]);
    assert.equal(records.length, 1);
  }
  const logger = configure(machine, ConfigResourceType.BROKER_LOGGER, "1", [
    ["kafka", SET, "INFO"],
  ]);
  assert.equal(logger.response.errorCode, ErrorCode.INVALID_REQUEST);
  const own = configure(machine, broker, "1", [["min.insync.replicas", SET, "2"]]);
  assert.equal(
    own.response.errorMessage,
    "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
  );
  const removed = configure(machine, broker, "", [["min.insync.replicas", DELETE, null]]);
  assert.equal(
    removed.response.errorMessage,
    "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
  );
  const changed = configure(machine, broker, "", [["min.insync.replicas", SET, "1"]]);
  assert.deepEqual(
    changed.records.map(({ kind }) => kind),
    ["ConfigRecord", "ClearElrRecord"],
  );
});

test("the old AlterConfigs resets what it does not name", () => {
  const machine = machineWith(1);
  create(machine, { configs: [{ name: "retention.ms", value: "1" }] });
  const configs = [{ name: "segment.ms", value: "5000" }];
  const resource = { resourceType: ConfigResourceType.TOPIC, resourceName: "orders", configs };
  const request = { resources: [resource], validateOnly: false };
  machine.run((state) => decideAlterConfigs(state, request));
  const stored = machine.image.configsOf(ConfigResourceType.TOPIC, "orders");
  assert.deepEqual([...stored], [["segment.ms", "5000"]]);
  const twice = { ...request, resources: [resource, resource] };
  const reply = machine.run((state) => decideAlterConfigs(state, twice));
  assert.equal(reply.responses[1]?.errorMessage, "Each resource must appear at most once.");
});

test("producer ids go to the broker that is registered, a thousand at a time", () => {
  const machine = machineWith(1);
  const brokerEpoch = machine.image.brokers.get(1)!.epoch;
  const allocate = (brokerId: number, epoch: number) =>
    machine.run((state) => {
      return decideAllocateProducerIds(state, { brokerId, brokerEpoch: epoch });
    });
  assert.equal(allocate(1, brokerEpoch).producerIdStart, 0);
  assert.equal(allocate(1, brokerEpoch).producerIdStart, 1000);
  assert.equal(allocate(1, brokerEpoch - 1).errorCode, ErrorCode.STALE_BROKER_EPOCH);
  assert.equal(allocate(9, 0).errorCode, ErrorCode.BROKER_ID_NOT_REGISTERED);
});

test("features move all together, within what every node supports", () => {
  const machine = machineWith(1);
  const update = (feature: string, level: number, upgradeType: number) => {
    const featureUpdates = [
      { feature, maxVersionLevel: level, allowDowngrade: false, upgradeType },
    ];
    const request = { timeoutMs: 0, featureUpdates, validateOnly: false };
    return machine.run((state) => decideUpdateFeatures(state, request, 2));
  };
  const prefix =
    "The update failed for all features since the following feature had an error: Invalid update version ";
  assert.equal(
    update("metadata.version", 34, 1).errorMessage,
    `${prefix}34 for feature metadata.version. Local controller 1 only supports versions 7-33`,
  );
  assert.equal(
    update("metadata.version", 32, 1).errorMessage,
    `${prefix}32 for feature metadata.version. Can't downgrade the version of this feature without ` +
      `setting the upgrade type to either safe or unsafe downgrade.`,
  );
  assert.match(update("metadata.version", 32, 2).errorMessage ?? "", /might delete metadata/);
  assert.match(update("no.such.version", 1, 1).errorMessage ?? "", /does not support this feature/);
  assert.equal(update("transaction.version", 1, 2).errorCode, ErrorCode.NONE);
  assert.equal(machine.image.featureLevel("transaction.version"), 1);
  assert.equal(update("transaction.version", 2, 1).errorCode, ErrorCode.NONE);
  assert.equal(update("group.version", 0, 2).errorCode, ErrorCode.NONE);
  assert.equal(machine.image.featureLevel("group.version"), 0);
});

test("a broker that cannot run the cluster's features, or is there already, is not registered", () => {
  const machine = machineWith(1);
  assert.equal(machine.register(1, null, -1), ErrorCode.DUPLICATE_BROKER_REGISTRATION);
  assert.equal(machine.register(2, null, -1), ErrorCode.NONE);
});

test("a broker that loses a directory stops leading what is in it, and comes back with it", () => {
  const machine = machineWith(2);
  const other = directoryOf(77);
  machine.run((state) => {
    const [broker] = state.image.brokers.values();
    const value = { brokerId: 1, brokerEpoch: broker!.epoch, fenced: 0, inControlledShutdown: 0 };
    const logDirs = [directoryOf(1), other];
    const change = { ...value, logDirs, cordonedLogDirs: null };
    const record = { kind: "BrokerRegistrationChangeRecord", version: 2, value: change } as const;
    return { records: [record], reply: undefined };
  });
  const assignments = [1, 1, 1].map((id, partitionIndex) => ({
    partitionIndex,
    brokerIds: [id, 2],
  }));
  create(machine, { assignments });
  const topicId = machine.image.topic("orders")!.id;
  machine.run((state) =>
    decideAssignDirectories(state, 1, [
      { topicId, partition: 0, directoryId: directoryOf(1) },
      { topicId, partition: 1, directoryId: other },
      { topicId, partition: 9, directoryId: other },
    ]),
  );
  machine.run((state) => decideOnlineLogDirs(state, 1, [directoryOf(1)]));
  const leaders = () => machine.image.topic("orders")!.partitions.map(({ leader }) => leader);
  assert.deepEqual(leaders(), [1, 2, 1]);
  machine.run((state) => decideFenceBroker(state, 2));
  machine.run((state) => decideFenceBroker(state, 1));
  machine.run((state) => decideUnfenceBroker(state, 1));
  assert.deepEqual(leaders(), [1, -1, 1]);
});
