import {
  alterConfigs,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from "./exchanges.ts";
import { topic, type Group, type Scenario } from "./scenario.ts";
import type { Session } from "./session.ts";

const Type = { topic: 2, broker: 4, logger: 8, metrics: 16, group: 32 } as const;
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
      for (const [name, value] of values) {
        for (const validateOnly of [true, false]) {
          const resources = [{ ...resource, configs: [{ name, value }] }];
          await s.ask(
            alterConfigs,
            version,
            { resources, validateOnly },
            { note: `${name}=${value}` },
          );
        }
        await readBack(s, t.name);
      }
      const twice = [
        { name: "retention.ms", value: "1" },
        { name: "retention.ms", value: "2" },
      ];
      await s.ask(alterConfigs, version, {
        resources: [{ ...resource, configs: twice }],
        validateOnly: false,
      });
      await readBack(s, t.name);
      const same = { ...resource, configs: [{ name: "retention.ms", value: "3" }] };
      await s.ask(alterConfigs, version, { resources: [same, same], validateOnly: false });
      await s.ask(alterConfigs, version, { resources: [], validateOnly: false });
      await s.ask(alterConfigs, version, {
        resources: [{ ...resource, configs: [] }],
        validateOnly: false,
      });
      await readBack(s, t.name);
    }
  },
};

const incremental: Scenario = {
  name: "topic configs changed one by one",
  async run(s) {
    for (const version of incrementalAlterConfigs.versions) {
      const t = await topic(s, `t${version}`, { configs: { "retention.ms": "77" } });
      const resource = { resourceType: Type.topic, resourceName: t.name };
      const ask = async (
        configs: { name: string; configOperation: number; value: string | null }[],
        validateOnly = false,
      ): Promise<void> => {
        const resources = [{ ...resource, configs }];
        await s.ask(incrementalAlterConfigs, version, { resources, validateOnly });
      };
      for (const [name, value] of values) {
        for (const configOperation of [Op.set, Op.delete, Op.append, Op.subtract, 4, -1]) {
          await ask([{ name, configOperation, value }], true);
          await ask([{ name, configOperation, value }]);
          await readBack(s, t.name);
        }
      }
      const policy = (configOperation: number, value: string | null): Promise<void> =>
        ask([{ name: "cleanup.policy", configOperation, value }]);
      await policy(Op.delete, null);
      await policy(Op.append, "compact");
      await readBack(s, t.name);
      await policy(Op.append, "compact");
      await policy(Op.append, "delete,compact");
      await readBack(s, t.name);
      await policy(Op.subtract, "delete");
      await readBack(s, t.name);
      await policy(Op.subtract, "delete");
      await policy(Op.subtract, "compact");
      await readBack(s, t.name);
      await policy(Op.append, null);
      await policy(Op.subtract, null);
      await ask([
        { name: "retention.ms", configOperation: Op.set, value: "1" },
        { name: "retention.ms", configOperation: Op.set, value: "2" },
      ]);
      await ask([
        { name: "retention.ms", configOperation: Op.set, value: "1" },
        { name: "segment.ms", configOperation: Op.set, value: "x" },
      ]);
      await readBack(s, t.name);
      const same = {
        ...resource,
        configs: [{ name: "retention.ms", configOperation: Op.set, value: "3" }],
      };
      await s.ask(incrementalAlterConfigs, version, {
        resources: [same, same],
        validateOnly: false,
      });
      const mixed = [
        same,
        { ...same, resourceName: `${s.prefix}missing` },
        { ...same, resourceType: 4, resourceName: "9" },
      ];
      await s.ask(incrementalAlterConfigs, version, { resources: mixed, validateOnly: false });
      await s.ask(incrementalAlterConfigs, version, { resources: [], validateOnly: false });
      await readBack(s, t.name);
    }
  },
};

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
    for (const version of incrementalAlterConfigs.versions) {
      for (const resourceName of ["1", ""]) {
        for (const [name, value] of brokerValues) {
          for (const [configOperation, validateOnly] of [
            [Op.set, true],
            [Op.append, true],
            [Op.set, false],
            [Op.delete, false],
          ] as const) {
            const configs = [{ name, configOperation, value }];
            const resources = [{ resourceType: Type.broker, resourceName, configs }];
            const note = `${configOperation} ${resourceName} ${name}=${value}`;
            await s.ask(incrementalAlterConfigs, version, { resources, validateOnly }, { note });
            if (validateOnly) continue;
            await s.ask(describeConfigs, 4, {
              resources: [{ resourceType: Type.broker, resourceName, configurationKeys: [name] }],
              includeSynonyms: true,
            });
          }
        }
      }
    }
    for (const version of alterConfigs.versions) {
      for (const resourceName of ["1", ""]) {
        for (const [name, value] of [...brokerValues.slice(0, 8), ["", null] as const]) {
          const configs = name === "" ? [] : [{ name, value }];
          const resources = [{ resourceType: Type.broker, resourceName, configs }];
          await s.ask(alterConfigs, version, { resources, validateOnly: true });
          await s.ask(alterConfigs, version, { resources, validateOnly: false });
          const described = [
            { resourceType: Type.broker, resourceName, configurationKeys: [name] },
          ];
          await s.ask(describeConfigs, 4, { resources: described, includeSynonyms: true });
        }
      }
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
        const configs = [{ name, configOperation, value }];
        const note = `${name}=${value}`;
        const body = { resources: [{ ...resource, configs }], validateOnly: false };
        await s.ask(incrementalAlterConfigs, 1, body, { note });
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
      const configs = [{ name, configOperation: Op.delete, value: null }];
      await s.ask(incrementalAlterConfigs, 1, {
        resources: [{ ...resource, configs }],
        validateOnly: false,
      });
    }
    await s.ask(listConfigResources, 1, { resourceTypes: [16, 32] });
  },
};

export const configCases: Group = {
  name: "configs",
  scenarios: [described, strange, replaced, incremental, brokers, others],
};
