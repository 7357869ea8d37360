import { recordBatch, WireConnection } from "../../../bench/wire.ts";
import { apiOf } from "../../../src/protocol/apis.ts";
import { decodeResponse, encodeRequest } from "../../../src/protocol/framing.ts";
import * as p from "../../../src/protocol/index.ts";
import type { AnyMessage, InputOf, ValueOf } from "../../../src/protocol/schema.ts";
import type { Context, Part } from "../part.ts";

const name = "versions";
const part = 0;
const none = 0;
const memberIdRequired = 79;

/** A connection of our own on which any version of any request can be sent. */
class Caller {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** On a connection of its own, so that one that is closed tells which request it was. */
  async call<Q extends AnyMessage, R extends AnyMessage>(
    api: Api<Q, R>,
    version: number,
    input: InputOf<Q>,
  ): Promise<ValueOf<R>> {
    const connection = await WireConnection.open(this.#port);
    try {
      const options = { correlationId: 7, clientId: "versions" };
      const frame = Buffer.concat(encodeRequest(api.request, version, options, input));
      const late = new Promise<never>((_, reject) => {
        const timer = setTimeout(() => reject(new Error("no answer within 15 s")), 15_000);
        timer.unref();
      });
      const bytes = await Promise.race([connection.send(frame), late]);
      const { correlationId, body } = decodeResponse(api.response, version, bytes);
      if (correlationId !== options.correlationId) throw new Error(`correlation ${correlationId}`);
      return body;
    } finally {
      connection.close();
    }
  }
}

interface Api<Q extends AnyMessage, R extends AnyMessage> {
  readonly request: Q;
  readonly response: R;
}

/** Every `errorCode` of a response, wherever it stands. */
function errorsIn(value: unknown): number[] {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return [];
  if (Array.isArray(value)) return value.flatMap(errorsIn);
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "errorCode" && typeof inner === "number" ? [inner] : errorsIn(inner),
  );
}

interface Subject {
  readonly topic: string;
  readonly topicId: string;
  readonly group: string;
}

/** One API: what to send in a version. Versions that are advertised are all tried. */
interface Probe {
  readonly api: string;
  readonly versions: readonly number[];
  send(caller: Caller, version: number, subject: Subject): Promise<unknown>;
}

function probe<Q extends AnyMessage, R extends AnyMessage>(
  request: Q,
  response: R,
  input: (version: number, subject: Subject) => InputOf<Q>,
): Probe {
  const api = apiOf(request.traits.apiKey ?? -1);
  if (api === undefined) throw new Error(request.name);
  // Of Produce, versions below 3 are announced for old clients' sake and cannot be sent.
  const [first, last] = [Math.max(api.advertised[0], api.minVersion), api.advertised[1]];
  return {
    api: api.name,
    versions: Array.from({ length: last - first + 1 }, (_, i) => first + i),
    send: (caller, version, subject) =>
      caller.call({ request, response }, version, input(version, subject)),
  };
}

const oldest = recordBatch([Buffer.from("value")]);
const timeoutMs = 10_000;
const topicResource = 2;
const noTopicId = "AAAAAAAAAAAAAAAAAAAAAA";

/** By name up to a version, by id from the next on. */
function topicKey(
  version: number,
  lastByName: number,
  subject: Subject,
): { name: string; topicId: string } {
  return version <= lastByName
    ? { name: subject.topic, topicId: noTopicId }
    : { name: "", topicId: subject.topicId };
}

const probes: readonly Probe[] = [
  probe(p.apiVersionsRequest, p.apiVersionsResponse, () => ({
    clientSoftwareName: "interop",
    clientSoftwareVersion: "1",
  })),
  probe(p.metadataRequest, p.metadataResponse, (version, { topic }) => ({
    topics: [{ name: topic }],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: version >= 8 && version <= 10,
    includeTopicAuthorizedOperations: version >= 8,
  })),
  probe(p.produceRequest, p.produceResponse, (version, subject) => {
    const partitionData = [{ index: part, records: [oldest] }];
    const topicData = [{ ...topicKey(version, 12, subject), partitionData }];
    return { acks: 1, timeoutMs, topicData };
  }),
  probe(p.fetchRequest, p.fetchResponse, (version, subject) => {
    const { name: topic, topicId } = topicKey(version, 12, subject);
    const partitions = [{ partition: part, fetchOffset: 0, partitionMaxBytes: 1_000_000 }];
    const topics = [{ topic, topicId, partitions }];
    return { maxWaitMs: 100, minBytes: 1, topics, forgottenTopicsData: [] };
  }),
  ...[-1, -2, 0].map((timestamp) =>
    probe(p.listOffsetsRequest, p.listOffsetsResponse, (_, { topic }) => ({
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: part, timestamp }] }],
    })),
  ),
  probe(p.offsetForLeaderEpochRequest, p.offsetForLeaderEpochResponse, (_, { topic }) => ({
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition: part, leaderEpoch: 0 }] }],
  })),
  probe(p.findCoordinatorRequest, p.findCoordinatorResponse, (version, { group }) =>
    version < 4 ? { key: group } : { coordinatorKeys: [group] },
  ),
  probe(p.offsetCommitRequest, p.offsetCommitResponse, (version, subject) => ({
    groupId: subject.group,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [
      {
        ...topicKey(version, 9, subject),
        partitions: [{ partitionIndex: part, committedOffset: version, committedMetadata: "m" }],
      },
    ],
  })),
  probe(p.offsetFetchRequest, p.offsetFetchResponse, (version, subject) => {
    const partitionIndexes = [part];
    if (version < 8) {
      return { groupId: subject.group, topics: [{ name: subject.topic, partitionIndexes }] };
    }
    const topics = [{ ...topicKey(version, 9, subject), partitionIndexes }];
    return { groups: [{ groupId: subject.group, topics }] };
  }),
  probe(p.describeGroupsRequest, p.describeGroupsResponse, (version, { group }) => ({
    groups: [group],
    includeAuthorizedOperations: version >= 3,
  })),
  probe(p.listGroupsRequest, p.listGroupsResponse, () => ({})),
  probe(p.createTopicsRequest, p.createTopicsResponse, (version, { topic }) => ({
    topics: [
      {
        name: `${topic}.v${version}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: "retention.ms", value: "100000000" }],
      },
    ],
    timeoutMs,
  })),
  probe(p.createPartitionsRequest, p.createPartitionsResponse, (version, { topic }) => ({
    topics: [{ name: topic, count: 2 + version, assignments: null }],
    timeoutMs,
    validateOnly: false,
  })),
  probe(p.describeConfigsRequest, p.describeConfigsResponse, (version, { topic }) => ({
    resources: [
      { resourceType: topicResource, resourceName: topic, configurationKeys: null },
      { resourceType: 4, resourceName: "1", configurationKeys: ["log.retention.hours"] },
    ],
    includeSynonyms: true,
    includeDocumentation: version >= 3,
  })),
  probe(p.alterConfigsRequest, p.alterConfigsResponse, (_, { topic }) => ({
    resources: [
      {
        resourceType: topicResource,
        resourceName: topic,
        configs: [{ name: "retention.ms", value: "7200000" }],
      },
    ],
    validateOnly: false,
  })),
  probe(p.incrementalAlterConfigsRequest, p.incrementalAlterConfigsResponse, (_, { topic }) => ({
    resources: [
      {
        resourceType: topicResource,
        resourceName: topic,
        configs: [{ name: "retention.ms", configOperation: 0, value: "7300000" }],
      },
    ],
    validateOnly: false,
  })),
  probe(p.describeLogDirsRequest, p.describeLogDirsResponse, (_, { topic }) => ({
    topics: [{ topic, partitions: [part] }],
  })),
  probe(p.initProducerIdRequest, p.initProducerIdResponse, () => ({
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  })),
  probe(p.describeProducersRequest, p.describeProducersResponse, (_, { topic }) => ({
    topics: [{ name: topic, partitionIndexes: [part] }],
  })),
  probe(p.describeClusterRequest, p.describeClusterResponse, () => ({
    includeClusterAuthorizedOperations: true,
  })),
  probe(p.describeTopicPartitionsRequest, p.describeTopicPartitionsResponse, (_, { topic }) => ({
    topics: [{ name: topic }],
  })),
  probe(p.describeQuorumRequest, p.describeQuorumResponse, () => ({
    topics: [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }],
  })),
  probe(p.listConfigResourcesRequest, p.listConfigResourcesResponse, (version) => ({
    resourceTypes: version === 0 ? [] : [topicResource],
  })),
  probe(p.updateFeaturesRequest, p.updateFeaturesResponse, (version) => ({
    featureUpdates: [],
    validateOnly: version >= 1,
  })),
  probe(p.deleteRecordsRequest, p.deleteRecordsResponse, (version, { topic }) => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: part, offset: 1 + version }] }],
    timeoutMs,
  })),
  probe(p.offsetDeleteRequest, p.offsetDeleteResponse, (_, { group, topic }) => ({
    groupId: group,
    topics: [{ name: topic, partitions: [{ partitionIndex: part }] }],
  })),
  probe(p.deleteTopicsRequest, p.deleteTopicsResponse, (version, { topic }) => {
    const topicName = `${topic}.v${version + 1}`;
    return version < 6
      ? { topicNames: [topicName], timeoutMs }
      : { topics: [{ name: topicName }], timeoutMs };
  }),
];

async function makeSubject(caller: Caller): Promise<Subject> {
  const topic = `versions.${Date.now() % 1_000_000}`;
  const api = { request: p.createTopicsRequest, response: p.createTopicsResponse };
  const one = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const created = await caller.call(api, 7, { topics: [one], timeoutMs });
  const topicId = created.topics[0]?.topicId ?? "";
  const subject = { topic, topicId, group: `${topic}.group` };
  // The coordinator's topic comes into being with the first question for it.
  const find = { request: p.findCoordinatorRequest, response: p.findCoordinatorResponse };
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await caller.call(find, 4, { coordinatorKeys: [subject.group] });
    const metadata = { request: p.metadataRequest, response: p.metadataResponse };
    const seen = await caller.call(metadata, 9, { topics: [{ name: topic }] });
    if ([...errorsIn(found), ...errorsIn(seen)].every((code) => code === none)) return subject;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no coordinator");
}

async function retrying(what: () => Promise<unknown>): Promise<number[]> {
  let errors: number[] = [];
  // 14 to 16: the coordinator is loading or not there yet.
  for (let tries = 0; tries < 100; tries += 1) {
    errors = errorsIn(await what());
    if (!errors.some((code) => code >= 14 && code <= 16)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return errors;
}

async function everyVersion(one: Probe, caller: Caller, subject: Subject): Promise<void> {
  const wrong: string[] = [];
  for (const version of one.versions) {
    try {
      const errors = await retrying(() => one.send(caller, version, subject));
      if (errors.some((code) => code !== none))
        wrong.push(`v${version}: errors ${errors.join(", ")}`);
    } catch (error) {
      wrong.push(`v${version}: ${String(error)}`);
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

function clean(response: unknown, what: string): void {
  const errors = errorsIn(response).filter((code) => code !== none);
  if (errors.length > 0) throw new Error(`${what}: errors ${errors.join(", ")}`);
}

/** Join, sync, heartbeat, leave: each in this version, or the highest it has. */
async function groupWith(version: number, caller: Caller, subject: Subject): Promise<void> {
  const groupId = `${subject.group}.v${version}`;
  const join = { request: p.joinGroupRequest, response: p.joinGroupResponse };
  const protocols = [{ name: "range", metadata: Buffer.from("000000000000ffffffff", "hex") }];
  const rebalanceTimeoutMs = 10_000;
  const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs };
  const input = { groupId, ...timeouts, protocolType: "consumer", protocols };
  let joined = await caller.call(join, version, { ...input, memberId: "" });
  if (joined.errorCode === memberIdRequired) {
    joined = await caller.call(join, version, { ...input, memberId: joined.memberId });
  }
  clean(joined, `JoinGroup v${version}`);
  const { memberId, generationId } = joined;
  const at = { groupId, generationId, memberId };
  const syncVersion = Math.min(version, 5);
  const sync = { request: p.syncGroupRequest, response: p.syncGroupResponse };
  const assignments = [{ memberId, assignment: Buffer.from("assignment") }];
  const synced = await caller.call(sync, syncVersion, {
    ...at,
    assignments,
    protocolType: "consumer",
    protocolName: "range",
  });
  clean(synced, `SyncGroup v${syncVersion}`);
  if (String(synced.assignment) !== "assignment") throw new Error("another assignment came back");
  const heartbeat = { request: p.heartbeatRequest, response: p.heartbeatResponse };
  const beatVersion = Math.min(version, 4);
  clean(await caller.call(heartbeat, beatVersion, at), `Heartbeat v${beatVersion}`);
  const leave = { request: p.leaveGroupRequest, response: p.leaveGroupResponse };
  const leaveVersion = Math.min(version, 5);
  const leaver = leaveVersion < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] };
  clean(await caller.call(leave, leaveVersion, leaver), `LeaveGroup v${leaveVersion}`);
  const remove = { request: p.deleteGroupsRequest, response: p.deleteGroupsResponse };
  const removeVersion = Math.min(version, 3);
  const removed = await caller.call(remove, removeVersion, { groupsNames: [groupId] });
  clean(removed, `DeleteGroups v${removeVersion}`);
}

/** Older clients speak older versions: each one of each request is asked once and has to be answered. */
export const versionsPart: Part = {
  name,
  about: "every version of every request, on a raw connection",
  async run(context: Context) {
    const caller = new Caller(context.broker.port);
    const subject = await makeSubject(caller);
    for (const one of probes) {
      const title = `${one.api}, v${one.versions[0]} to v${one.versions.at(-1)}`;
      await context.report.test(name, title, () => everyVersion(one, caller, subject));
    }
    for (let version = 0; version <= 9; version += 1) {
      await context.report.test(
        name,
        `a group with JoinGroup v${version} and what goes with it`,
        () => groupWith(version, caller, subject),
      );
    }
  },
};
