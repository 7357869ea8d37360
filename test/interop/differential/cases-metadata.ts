import { apiVersions, describeCluster, findCoordinator, metadata } from "./exchanges.ts";
import { noSuchId, tooLongName, topic, untilServed, type Group } from "./scenario.ts";

const apiVersionsScenario = {
  name: "api versions",
  async run(s) {
    for (const version of apiVersions.versions) {
      for (const name of ["differential", "a", "", "with space", "dot.ted-1", ".x", "ü", "x/y"]) {
        const body = { clientSoftwareName: name, clientSoftwareVersion: "1.0" };
        await s.ask(apiVersions, version, body, { note: JSON.stringify(name) });
        if (version < 3) break;
      }
      for (const software of ["", "1.0-SNAPSHOT", "1.0 beta", "-"]) {
        const body = { clientSoftwareName: "x", clientSoftwareVersion: software };
        await s.ask(apiVersions, version, body, { note: `version ${JSON.stringify(software)}` });
        if (version < 3) break;
      }
    }
    const software = { clientSoftwareName: "x", clientSoftwareVersion: "1" };
    for (const nodeId of [-1, 0, 1, 2, 99, -5]) {
      for (const clusterId of [null, "", "other", s.own.clusterId]) {
        await s.ask(apiVersions, 5, { ...software, nodeId, clusterId });
      }
    }
  },
} as const satisfies Group["scenarios"][number];

const byName = {
  name: "metadata by name",
  async run(s) {
    const one = await topic(s, "one", { partitions: 3 });
    const two = await topic(s, "two");
    for (const version of metadata.versions) {
      const names = [
        one.name,
        two.name,
        `${s.prefix}missing`,
        "",
        "bad name",
        ".",
        "..",
        tooLongName,
      ];
      for (const name of names) {
        await s.ask(metadata, version, { topics: [{ name }], allowAutoTopicCreation: false });
      }
      if (version >= 4) {
        const allowAutoTopicCreation = false;
        await s.ask(metadata, version, {
          topics: [two.name, one.name, two.name].map((name) => ({ name })),
          allowAutoTopicCreation,
        });
        await s.ask(metadata, version, {
          topics: [{ name: `${s.prefix}missing` }, { name: one.name }, { name: "bad name" }],
          allowAutoTopicCreation,
          includeClusterAuthorizedOperations: version <= 10,
          includeTopicAuthorizedOperations: version >= 8,
        });
      }
      // Version 0 takes no topics for all; the others for none.
      if (version > 0) await s.ask(metadata, version, { topics: [] });
      await s.ask(metadata, version, {
        topics: [{ name: one.name }],
        includeClusterAuthorizedOperations: true,
        includeTopicAuthorizedOperations: true,
      });
    }
  },
} as const satisfies Group["scenarios"][number];

const byId = {
  name: "metadata by id",
  async run(s) {
    const one = await topic(s, "one", { partitions: 2 });
    const two = await topic(s, "two");
    for (const version of [10, 11, 12, 13]) {
      for (const name of [null, one.name, two.name, "bad name", `${s.prefix}missing`]) {
        for (const topicId of [
          one.id,
          noSuchId,
          "AAAAAAAAAAAAAAAAAAAAAA",
          "AAAAAAAAAAAAAAAAAAAAAQ",
        ]) {
          const body = { topics: [{ name, topicId }], allowAutoTopicCreation: false };
          const isNothing = name === null && topicId === "AAAAAAAAAAAAAAAAAAAAAA";
          await s.ask(metadata, version, body, { note: isNothing ? "nothing named" : "" });
        }
      }
      await s.ask(metadata, version, {
        topics: [two.id, noSuchId, one.id, two.id].map((topicId) => ({ topicId, name: null })),
      });
      await s.ask(metadata, version, {
        topics: [
          { topicId: two.id, name: null },
          { topicId: "AAAAAAAAAAAAAAAAAAAAAA", name: one.name },
        ],
      });
    }
  },
} as const satisfies Group["scenarios"][number];

const autoCreation = {
  name: "topics created on first use",
  async run(s) {
    for (const version of metadata.versions) {
      const name = `${s.prefix}auto-${version}`;
      await s.ask(metadata, version, { topics: [{ name }] }, { note: "first" });
      await untilServed(s, name, 1);
      await s.ask(metadata, version, { topics: [{ name }] }, { note: "again" });
    }
    const names = ["bad name", "", "..", tooLongName, "__consumer_offset", `${s.prefix}a.b`];
    for (const name of names) {
      await s.ask(metadata, 12, { topics: [{ name }] }, { note: "first" });
    }
    await untilServed(s, `${s.prefix}a.b`, 1);
    await s.ask(metadata, 12, { topics: [{ name: `${s.prefix}a_b` }] }, { note: "collides" });
    await s.ask(metadata, 12, {
      topics: [{ name: `${s.prefix}x` }, { name: `${s.prefix}x` }, { name: "b d" }],
      allowAutoTopicCreation: false,
    });
  },
} as const satisfies Group["scenarios"][number];

const all = {
  name: "metadata of all topics",
  alone: true,
  async run(s) {
    for (const version of metadata.versions) {
      await s.ask(metadata, version, { topics: version === 0 ? [] : null });
    }
  },
} as const satisfies Group["scenarios"][number];

const cluster = {
  name: "describe cluster",
  async run(s) {
    for (const version of describeCluster.versions) {
      for (const includeClusterAuthorizedOperations of [false, true]) {
        for (const endpointType of [1, 2, 0, 3, -1]) {
          for (const includeFencedBrokers of [false, true]) {
            await s.ask(describeCluster, version, {
              includeClusterAuthorizedOperations,
              endpointType,
              includeFencedBrokers,
            });
          }
        }
      }
    }
  },
} as const satisfies Group["scenarios"][number];

const coordinators = {
  name: "find coordinator",
  async run(s) {
    for (const version of findCoordinator.versions) {
      for (const keyType of [0, 2, 3, -1]) {
        for (const key of ["g", "", "g:x:y"]) {
          await s.ask(findCoordinator, version, { key, keyType });
          await s.ask(findCoordinator, version, { coordinatorKeys: [key], keyType });
        }
        await s.ask(findCoordinator, version, { coordinatorKeys: [], keyType });
        await s.ask(findCoordinator, version, { coordinatorKeys: ["a", "b", "a"], keyType });
      }
    }
  },
} as const satisfies Group["scenarios"][number];

export const metadataCases: Group = {
  name: "metadata, cluster, api versions",
  scenarios: [apiVersionsScenario, byName, byId, autoCreation, cluster, coordinators, all],
};
