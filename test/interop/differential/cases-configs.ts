import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import {
  alterConfigs,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from "./exchanges.ts";
import { topic, type Group, type Scenario } from "./scenario.ts";
import type { Session } from "./session.ts";

const Type = { topic: 2, broker: 4, logger: 8, metrics: 16, group: 32 } as const;
const SETTLED_WITHIN_MS = 300;
/** Where a value comes from that somebody has set: topic, broker, cluster, client metrics, group. */
const ownSources: ReadonlySet<number> = new Set([1, 2, 3, 7, 8]);
const Op = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

const described: Scenario = {
  name: "configs described",
  async run(s) {
    const t = await topic(s, "t", {
      configs: { "retention.ms": "1000", "cleanup.policy": "compact,delete" },
    });
    const resources: Resource[] = [
      { resourceType: Type.topic, resourceName: t.name },
      { resourceType: Type.broker, resourceName: "1" },
      { resourceType: Type.broker, resourceName: "" },
    ];
    for (const version of describeConfigs.versions) {
      for (const resource of resources) {
        for (const includeSynonyms of [false, true]) {
          for (const includeDocumentation of [false, true]) {
            const body = { includeSynonyms, includeDocumentation };
            await s.ask(describeConfigs, version, {
              ...body,
              resources: [{ ...resource, configurationKeys: null }],
            });
          }
        }
        for (const configurationKeys of [
          [],
          ["retention.ms"],
          ["retention.ms", "no.such", "retention.ms", ""],
          ["log.retention.ms", "num.io.threads", "listeners", "node.id"],
        ]) {
          await s.ask(describeConfigs, version, {
            resources: [{ ...resource, configurationKeys }],
            includeSynonyms: true,
          });
        }
      }
      await s.ask(describeConfigs, version, { resources: [] });
    }
  },
};

const strange: Scenario = {
  name: "configs of what there is not",
  async run(s) {
    const t = await topic(s, "t");
    const list: Resource[] = [];
    for (const resourceName of [`${s.prefix}missing`, "bad name", "", ".."]) {
      list.push({ resourceType: Type.topic, resourceName });
    }
    for (const resourceName of ["2", "x", "-1", "01", " 1", "1.0"]) {
      list.push({ resourceType: Type.broker, resourceName });
    }
    for (const resourceName of ["", "x", s.prefix]) {
      for (const resourceType of [0, 1, 3, -1, 127, Type.metrics, Type.group]) {
        list.push({ resourceType, resourceName });
      }
    }
    list.push({ resourceType: Type.logger, resourceName: "2" });
    list.push({ resourceType: Type.logger, resourceName: "" });
    for (const version of describeConfigs.versions) {
      for (const resource of list) {
        await s.ask(describeConfigs, version, {
          resources: [{ ...resource, configurationKeys: null }],
        });
      }
      const both = [
        { resourceType: Type.topic, resourceName: t.name, configurationKeys: ["retention.ms"] },
        { resourceType: Type.topic, resourceName: "", configurationKeys: ["retention.ms"] },
        { resourceType: Type.topic, resourceName: t.name, configurationKeys: ["segment.ms"] },
      ];
      await s.ask(describeConfigs, version, { resources: both }, { note: "several" });
    }
    for (const version of alterConfigs.versions) {
      for (const resource of list) {
        for (const validateOnly of [true, false]) {
          const resources = [{ ...resource, configs: [{ name: "retention.ms", value: "1" }] }];
          await s.ask(alterConfigs, version, { resources, validateOnly });
          await s.ask(alterConfigs, version, {
            resources: [{ ...resource, configs: [] }],
            validateOnly,
          });
        }
      }
    }
    for (const version of incrementalAlterConfigs.versions) {
      for (const resource of list) {
        for (const validateOnly of [true, false]) {
          const configs = [{ name: "retention.ms", configOperation: Op.set, value: "1" }];
          await s.ask(incrementalAlterConfigs, version, {
            resources: [{ ...resource, configs }],
            validateOnly,
          });
          await s.ask(incrementalAlterConfigs, version, {
            resources: [{ ...resource, configs: [] }],
            validateOnly,
          });
        }
      }
    }
  },
};

const loggers: Scenario = {
  name: "levels of loggers",
  async run(s) {
    const resource = { resourceType: Type.logger, resourceName: "1" };
    const described = { ...resource, configurationKeys: null };
    await s.ask(describeConfigs, 4, { resources: [described] });
    await s.ask(incrementalAlterConfigs, 1, {
      resources: [{ ...resource, configs: [] }],
      validateOnly: true,
    });
    const configs = [{ name: "retention.ms", configOperation: Op.set, value: "1" }];
    const change = { resources: [{ ...resource, configs }], validateOnly: true };
    await s.ask(incrementalAlterConfigs, 1, change);
  },
};

/** Sends one change; where it was accepted, waits until the broker has heard of it. */
async function change(
  s: Session,
  version: number,
  resource: Resource,
  config: { name: string; configOperation: number; value: string | null },
): Promise<void> {
  const { name, configOperation, value } = config;
  const body = { resources: [{ ...resource, configs: [config] }], validateOnly: false };
  const note = `${resource.resourceName.replace(s.prefix, "")} ${configOperation} ${name}=${value}`;
  const answer = await s.ask(incrementalAlterConfigs, version, body, { note });
  if (answer?.responses[0]?.errorCode !== ErrorCode.NONE) return;
  await settled(s, resource, name, configOperation === Op.delete ? null : value);
}

/** Waits until a config has that value, or for `null` none of its own; not long, it may never. */
async function settled(
  s: Session,
  resource: Resource,
  name: string,
  value: string | null,
): Promise<void> {
  const resources = [{ ...resource, configurationKeys: null }];
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await s.must(describeConfigs, 4, { resources }, { quiet: true });
    const found = answer.results[0]!.configs.find((config) => config.name === name);
    const isOwn = found !== undefined && ownSources.has(found.configSource);
    if (value === null ? !isOwn : isOwn && (found.isSensitive || found.value === value)) return;
    await sleep(5);
  }
}

/** What stands in the topic's own configuration. */
async function readBack(s: Session, name: string): Promise<void> {
  const resources = [{ resourceType: Type.topic, resourceName: name, configurationKeys: null }];
  const answer = await s.must(describeConfigs, 4, { resources }, { quiet: true });
  const own = answer.results[0]!.configs.filter(({ configSource }) => configSource === 1);
  const lines = own.map((config) => `${config.name}=${config.value}`);
  s.note("own configs", lines.sort());
}

/** Values of topic settings, right and wrong. */
const values: readonly [name: string, value: string | null][] = [
  ["retention.ms", "5000"],
  ["retention.ms", "-1"],
  ["retention.ms", "-2"],
  ["retention.ms", "9223372036854775807"],
  ["retention.ms", "9223372036854775808"],
  ["retention.ms", "1.5"],
  ["retention.ms", "1e3"],
  ["retention.ms", "+5"],
  ["retention.ms", " 7 "],
  ["retention.ms", "0x10"],
  ["retention.ms", null],
  ["retention.bytes", "-5"],
  ["cleanup.policy", "compact"],
  ["cleanup.policy", "COMPACT"],
  ["cleanup.policy", "compact,compact"],
  ["cleanup.policy", "compact,,delete"],
  ["cleanup.policy", ",compact"],
  ["cleanup.policy", ""],
  ["cleanup.policy", "none"],
  ["compression.type", "gzip"],
  ["compression.type", "GZIP"],
  ["compression.type", "brotli"],
  ["compression.gzip.level", "10"],
  ["compression.gzip.level", "0"],
  ["compression.gzip.level", "9"],
  ["compression.zstd.level", "99"],
  ["compression.lz4.level", "17"],
  ["message.timestamp.type", "LogAppendTime"],
  ["message.timestamp.type", "logAppendTime"],
  ["message.timestamp.before.max.ms", "-1"],
  ["min.cleanable.dirty.ratio", "0.7"],
  ["min.cleanable.dirty.ratio", "1.1"],
  ["min.cleanable.dirty.ratio", "NaN"],
  ["min.cleanable.dirty.ratio", ".5"],
  ["min.insync.replicas", "0"],
  ["min.insync.replicas", "2"],
  ["max.message.bytes", "-1"],
  ["max.message.bytes", "2147483648"],
  ["segment.bytes", "1048576"],
  ["segment.bytes", "1048575"],
  ["segment.ms", "0"],
  ["segment.index.bytes", "3"],
  ["index.interval.bytes", "-1"],
  ["flush.messages", "0"],
  ["flush.ms", "-1"],
  ["file.delete.delay.ms", "-1"],
  ["preallocate", "True"],
  ["preallocate", "1"],
  ["preallocate", "true "],
  ["unclean.leader.election.enable", "true"],
  ["leader.replication.throttled.replicas", "*"],
  ["leader.replication.throttled.replicas", "0:1,1:2"],
  ["leader.replication.throttled.replicas", "x"],
  ["leader.replication.throttled.replicas", ""],
  ["follower.replication.throttled.replicas", "0:1:2"],
  ["min.compaction.lag.ms", "100"],
  ["max.compaction.lag.ms", "50"],
  ["delete.retention.ms", "-1"],
  ["remote.storage.enable", "true"],
  ["local.retention.ms", "99999999999"],
  ["local.retention.bytes", "-2"],
  ["remote.log.delete.on.disable", "true"],
  ["message.format.version", "3.0"],
  ["message.downconversion.enable", "true"],
  ["no.such.setting", "1"],
  ["", "1"],
  ["log.retention.ms", "1"],
];

const replaced: Scenario = {
  name: "topic configs replaced",
  async run(s) {
    for (const version of alterConfigs.versions) {
      const t = await topic(s, `t${version}`, { configs: { "retention.ms": "77" } });
      const resource = { resourceType: Type.topic, resourceName: t.name };
      const ask = async (configs: { name: string; value: string | null }[]): Promise<void> => {
        const resources = [{ ...resource, configs }];
        const note = configs.map(({ name, value }) => `${name}=${value}`).join();
        await s.ask(alterConfigs, version, { resources, validateOnly: true }, { note });
        const body = { resources, validateOnly: false };
        const answer = await s.ask(alterConfigs, version, body, { note });
        if (answer?.responses[0]?.errorCode === ErrorCode.NONE) {
          const last = configs.at(-1);
          await settled(s, resource, last?.name ?? "retention.ms", last?.value ?? null);
        }
        await readBack(s, t.name);
      };
      for (const [name, value] of values) await ask([{ name, value }]);
      await ask([
        { name: "retention.ms", value: "1" },
        { name: "retention.ms", value: "2" },
      ]);
      await ask([
        { name: "retention.ms", value: "1" },
        { name: "segment.ms", value: "x" },
      ]);
      // A resource named twice gets no answer from Apache Kafka.
      await s.ask(alterConfigs, version, { resources: [], validateOnly: false });
      await ask([]);
    }
  },
};

const incremental: Scenario = {
  name: "topic configs changed one by one",
  async run(s) {
    for (const version of incrementalAlterConfigs.versions) {
      const t = await topic(s, `t${version}`, { configs: { "retention.ms": "77" } });
      const resource = { resourceType: Type.topic, resourceName: t.name };
      for (const [name, value] of values) {
        // Any other operation makes the controller of Apache Kafka resign, again and again.
        for (const configOperation of [Op.set, Op.delete, Op.append, Op.subtract]) {
          const configs = [{ name, configOperation, value }];
          const body = { resources: [{ ...resource, configs }], validateOnly: true };
          await s.ask(incrementalAlterConfigs, version, body, { note: `${name}=${value}` });
        }
        await change(s, version, resource, { name, configOperation: Op.set, value });
        await readBack(s, t.name);
        await change(s, version, resource, { name, configOperation: Op.delete, value });
        await readBack(s, t.name);
      }
      await changePolicies(s, version, t.name);
      const sameName = { name: "retention.ms", configOperation: Op.set };
      const lists = [
        [
          { ...sameName, value: "1" },
          { ...sameName, value: "2" },
        ],
        [
          { ...sameName, value: "1" },
          { ...sameName, name: "segment.ms", value: "x" },
        ],
      ];
      for (const configs of lists) {
        const body = { resources: [{ ...resource, configs }], validateOnly: false };
        await s.ask(incrementalAlterConfigs, version, body);
      }
      const same = { ...resource, configs: [{ ...sameName, value: "3" }] };
      const body = { resources: [same, same], validateOnly: false };
      await s.ask(incrementalAlterConfigs, version, body);
      const mixed = [
        same,
        { ...same, resourceName: `${s.prefix}missing` },
        { ...same, resourceType: Type.broker, resourceName: "9" },
      ];
      await s.ask(incrementalAlterConfigs, version, { resources: mixed, validateOnly: false });
      await s.ask(incrementalAlterConfigs, version, { resources: [], validateOnly: false });
      await settled(s, resource, "retention.ms", "3");
      await readBack(s, t.name);
    }
  },
};

/** A list that grows and shrinks. */
async function changePolicies(s: Session, version: number, resourceName: string): Promise<void> {
  const resource = { resourceType: Type.topic, resourceName };
  const steps: [operation: number, value: string | null, then: string | null][] = [
    [Op.delete, null, null],
    [Op.append, "compact", "delete,compact"],
    [Op.append, "compact", "delete,compact"],
    [Op.append, "delete,compact", "delete,compact"],
    [Op.subtract, "delete", "compact"],
    [Op.subtract, "delete", "compact"],
    [Op.subtract, "compact", ""],
    [Op.append, null, ""],
    [Op.subtract, null, ""],
    [Op.append, "delete", "delete"],
    [Op.append, "nonsense", "delete"],
    [Op.subtract, "nonsense", "delete"],
    [Op.delete, "", null],
  ];
  for (const [configOperation, value, then] of steps) {
    const configs = [{ name: "cleanup.policy", configOperation, value }];
    const body = { resources: [{ ...resource, configs }], validateOnly: false };
    const note = `${configOperation} ${value}`;
    await s.ask(incrementalAlterConfigs, version, body, { note });
    await settled(s, resource, "cleanup.policy", then);
    await readBack(s, resourceName);
  }
}

/** Broker settings that may be changed, and some that may not. */
const brokerValues: readonly [name: string, value: string | null][] = [
  ["log.retention.ms", "86400000"],
  ["log.retention.ms", "x"],
  ["log.retention.hours", "1"],
  ["log.cleaner.threads", "2"],
  ["log.cleaner.threads", "100"],
  ["message.max.bytes", "2000000"],
  ["message.max.bytes", "-1"],
  ["max.connections", "1000"],
  ["max.connections.per.ip", "500"],
  ["num.io.threads", "9"],
  ["num.io.threads", "100"],
  ["num.io.threads", "1"],
  ["num.network.threads", "4"],
  ["background.threads", "11"],
  ["num.partitions", "5"],
  ["auto.create.topics.enable", "false"],
  ["node.id", "2"],
  ["broker.id", "2"],
  ["listeners", "PLAINTEXT://127.0.0.1:1"],
  ["advertised.listeners", "PLAINTEXT://127.0.0.1:1"],
  ["log.dirs", "/tmp"],
  ["min.insync.replicas", "1"],
  ["compression.type", "snappy"],
  ["log.segment.bytes", "1048576"],
  ["unclean.leader.election.enable", "true"],
  ["leader.replication.throttled.rate", "1000"],
  ["follower.replication.throttled.rate", "-1"],
  ["group.coordinator.threads", "2"],
  ["group.consumer.session.timeout.ms", "60000"],
  ["transaction.partition.verification.enable", "false"],
  ["producer.id.expiration.ms", "1000"],
  ["ssl.keystore.location", "/x"],
  ["sasl.jaas.config", "x"],
  ["listener.name.plaintext.max.connections", "10"],
  ["listener.name.plaintext.num.network.threads", "2"],
  ["no.such.setting", "1"],
  ["log.message.timestamp.type", "LogAppendTime"],
  ["retention.ms", "5"],
  ["metric.reporters", ""],
  ["log.cleanup.policy", "compact"],
  ["log.retention.ms", null],
];

const brokers: Scenario = {
  name: "broker configs",
  alone: true,
  async run(s) {
    for (const resourceName of ["1", ""]) {
      const resource = { resourceType: Type.broker, resourceName };
      const look = (name: string): Promise<unknown> =>
        s.ask(describeConfigs, 4, {
          resources: [{ ...resource, configurationKeys: [name] }],
          includeSynonyms: true,
        });
      for (const [name, value] of brokerValues) {
        for (const configOperation of [Op.set, Op.append]) {
          const configs = [{ name, configOperation, value }];
          const note = `${configOperation} ${resourceName} ${name}=${value}`;
          const body = { resources: [{ ...resource, configs }], validateOnly: true };
          await s.ask(incrementalAlterConfigs, 1, body, { note });
        }
        await change(s, 1, resource, { name, configOperation: Op.set, value });
        await look(name);
        await change(s, 1, resource, { name, configOperation: Op.delete, value });
        await look(name);
      }
      for (const [name, value] of brokerValues.slice(0, 8)) {
        const resources = [{ ...resource, configs: [{ name, value }] }];
        await s.ask(alterConfigs, 2, { resources, validateOnly: true });
        const answer = await s.ask(alterConfigs, 2, { resources, validateOnly: false });
        if (answer?.responses[0]?.errorCode === ErrorCode.NONE) {
          await settled(s, resource, name, value);
        }
        await look(name);
      }
      const resources = [{ ...resource, configs: [] }];
      await s.ask(alterConfigs, 2, { resources, validateOnly: false });
    }
  },
};

const others: Scenario = {
  name: "configs of groups and client metrics",
  alone: true,
  async run(s) {
    const group = { resourceType: Type.group, resourceName: `${s.prefix}g` };
    const metrics = { resourceType: Type.metrics, resourceName: `${s.prefix}m` };
    const changes: [Resource, string, string | null][] = [
      [group, "consumer.session.timeout.ms", "50000"],
      [group, "consumer.session.timeout.ms", "1"],
      [group, "consumer.heartbeat.interval.ms", "6000"],
      [group, "share.auto.offset.reset", "earliest"],
      [group, "share.auto.offset.reset", "x"],
      [group, "share.isolation.level", "read_committed"],
      [group, "streams.num.standby.replicas", "1"],
      [group, "no.such", "1"],
      [group, "retention.ms", "1"],
      [metrics, "interval.ms", "1000"],
      [metrics, "interval.ms", "10"],
      [metrics, "metrics", "*"],
      [metrics, "match", "client_id=x"],
      [metrics, "match", "x"],
      [metrics, "no.such", "1"],
    ];
    for (const [resource, name, value] of changes) {
      for (const configOperation of [Op.set, Op.append]) {
        await change(s, 1, resource, { name, configOperation, value });
        await s.ask(describeConfigs, 4, {
          resources: [{ ...resource, configurationKeys: null }],
          includeSynonyms: true,
        });
      }
    }
    for (const version of listConfigResources.versions) {
      for (const resourceTypes of [
        [],
        [2],
        [4],
        [8],
        [16],
        [32],
        [16, 32],
        [0],
        [1],
        [99],
        [-1],
        [16, 16],
      ]) {
        await s.ask(listConfigResources, version, { resourceTypes });
      }
    }
    for (const [resource, name] of changes) {
      await change(s, 1, resource, { name, configOperation: Op.delete, value: null });
    }
    await s.ask(listConfigResources, 1, { resourceTypes: [16, 32] });
  },
};

export const configCases: Group = {
  name: "configs",
  scenarios: [described, strange, loggers, replaced, incremental, brokers, others],
};
