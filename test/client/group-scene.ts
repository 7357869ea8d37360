import assert from "node:assert/strict";
import { topicPartitionName, type TopicPartition } from "../../src/core/topic-partition.ts";
import { apiCall } from "../../src/client/cluster/api-call.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { brokerError, type KafkaError } from "../../src/client/errors.ts";
import { createMembership } from "../../src/client/group/create-membership.ts";
import type {
  Membership,
  MembershipOptions,
  OffsetToCommit,
  RevocationReason,
} from "../../src/client/group/membership.ts";
import { uniqueName } from "./target.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import { ErrorCode, errorName } from "../../src/protocol/error-code.ts";
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from "../../src/protocol/messages/create-partitions.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../src/protocol/messages/create-topics.ts";
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
} from "../../src/protocol/messages/delete-topics.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../../src/protocol/messages/incremental-alter-configs.ts";

const createTopicsCall = apiCall(ApiKey.CREATE_TOPICS, createTopicsRequest, createTopicsResponse);
const createPartitionsCall = apiCall(
  ApiKey.CREATE_PARTITIONS,
  createPartitionsRequest,
  createPartitionsResponse,
);
const deleteTopicsCall = apiCall(ApiKey.DELETE_TOPICS, deleteTopicsRequest, deleteTopicsResponse);
const alterConfigsCall = apiCall(
  ApiKey.INCREMENTAL_ALTER_CONFIGS,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
);
const SET = 0;
const GROUP_RESOURCE = 32;
const LOOK_MS = 10;
const REST_MS = 500;

/** A cluster as its groups see it: topics, members, and who owns what at the moment. */
export class GroupScene {
  readonly bootstrap: string;
  readonly admin: Cluster;
  readonly owners = new Map<string, SceneMember>();
  readonly members: SceneMember[] = [];
  /** What broke the rule that a partition has one owner at most. */
  readonly violations: string[] = [];

  private constructor(bootstrap: string, admin: Cluster) {
    this.bootstrap = bootstrap;
    this.admin = admin;
  }

  static async open(bootstrap: string): Promise<GroupScene> {
    return new GroupScene(bootstrap, await connectTo(bootstrap));
  }

  async createTopic(name: string, numPartitions: number): Promise<void> {
    const deadline = this.admin.deadline();
    const connection = await this.admin.controllerConnection(deadline);
    const { topics } = await connection.request(
      createTopicsCall,
      { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: 10_000 },
      this.admin.bounds(deadline),
    );
    assert.equal(errorName(topics[0]?.errorCode ?? -1), "NONE");
    // Brokers learn of a topic a moment after it was made.
    for (;;) {
      const [found] = await this.admin.metadataOf([name]);
      if (found?.errorCode === ErrorCode.NONE) return;
      deadline.check();
      await sleep(LOOK_MS);
    }
  }

  /** A topic with a name of its own. */
  async newTopic(numPartitions: number): Promise<string> {
    const name = uniqueName("topic");
    await this.createTopic(name, numPartitions);
    return name;
  }

  async deleteTopic(name: string): Promise<void> {
    const deadline = this.admin.deadline();
    const connection = await this.admin.controllerConnection(deadline);
    const { responses } = await connection.request(
      deleteTopicsCall,
      { topics: [{ name }], topicNames: [name], timeoutMs: 10_000 },
      this.admin.bounds(deadline),
    );
    assert.equal(errorName(responses[0]?.errorCode ?? -1), "NONE");
    this.admin.forget(brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic: name }));
  }

  async addPartitions(name: string, count: number): Promise<void> {
    const deadline = this.admin.deadline();
    const connection = await this.admin.controllerConnection(deadline);
    const { results } = await connection.request(
      createPartitionsCall,
      { topics: [{ name, count, assignments: null }], timeoutMs: 10_000, validateOnly: false },
      this.admin.bounds(deadline),
    );
    assert.equal(errorName(results[0]?.errorCode ?? -1), "NONE");
  }

  /** Settings of a group of the new protocol. */
  async configureGroup(group: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(settings).map(([name, value]) => ({
      name,
      configOperation: SET,
      value,
    }));
    const { responses } = await this.admin.ask(
      alterConfigsCall,
      {
        resources: [{ resourceType: GROUP_RESOURCE, resourceName: group, configs }],
        validateOnly: false,
      },
      this.admin.deadline(),
    );
    assert.equal(errorName(responses[0]?.errorCode ?? -1), "NONE");
  }

  /** A member on connections of its own; it takes part from now on. */
  async member(options: SceneMemberOptions): Promise<SceneMember> {
    const member = await SceneMember.create(this, options);
    this.members.push(member);
    return member;
  }

  /** A member that takes the place of another one, which still believes to own its partitions. */
  async memberThatReplaces(options: SceneMemberOptions, old: SceneMember): Promise<SceneMember> {
    for (const [name, owner] of this.owners) if (owner === old) this.owners.delete(name);
    old.isReplaced = true;
    return this.member(options);
  }

  /** Waits until somebody owns something. */
  async someOwned(): Promise<void> {
    await eventually(
      () => this.owners.size > 0,
      () => this.describe(),
    );
  }

  /** Waits until no listener was called for a while. */
  async atRest(): Promise<void> {
    const { clock } = nodePlatform;
    let calls = -1;
    let sinceMs = clock.monotonicMs();
    await eventually(
      () => {
        const now = this.members.reduce((sum, member) => sum + member.calls.length, 0);
        if (now !== calls) sinceMs = clock.monotonicMs();
        calls = now;
        return clock.monotonicMs() - sinceMs > REST_MS;
      },
      () => this.describe(),
    );
  }

  /** Waits until somebody owns each of these partitions, and nobody anything else. */
  async allOwned(partitions: readonly TopicPartition[], timeoutMs = 30_000): Promise<void> {
    const wanted = partitions.map(({ topic, partition }) => topicPartitionName(topic, partition));
    wanted.sort();
    await eventually(
      () => JSON.stringify([...this.owners.keys()].sort()) === JSON.stringify(wanted),
      () => `${wanted.join()} are to be owned; ${this.describe()}`,
      timeoutMs,
    );
    this.check();
  }

  /** The same, and that these members share them as evenly as can be. */
  async evenlyOwned(
    partitions: readonly TopicPartition[],
    members: readonly SceneMember[],
    timeoutMs = 60_000,
  ): Promise<void> {
    const least = Math.floor(partitions.length / members.length);
    const isEven = (): boolean =>
      this.owners.size === partitions.length &&
      members.every(({ numbers }) => numbers.length === least || numbers.length === least + 1);
    await eventually(isEven, () => this.describe(), timeoutMs);
    await this.allOwned(partitions);
  }

  check(): void {
    assert.deepEqual(this.violations, []);
  }

  describe(): string {
    return this.members.map((member) => member.describe()).join("; ");
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
    this.admin.close();
  }
}

export interface SceneMemberOptions extends Partial<MembershipOptions> {
  readonly group: string;
  readonly topics?: readonly string[];
  /** Partitions are given up after so long. */
  readonly revocationMs?: number;
  /** The member does not wait for its first assignment. */
  readonly later?: boolean;
}

/** A member that writes down what it owns. */
export class SceneMember {
  readonly name: string;
  readonly cluster: Cluster;
  readonly #scene: GroupScene;
  readonly #options: SceneMemberOptions;
  #membership: Membership | undefined;
  readonly calls: string[] = [];
  readonly failures: KafkaError[] = [];
  isKilled = false;
  /** Another one has its partitions; its listener is yet to hear of it. */
  isReplaced = false;

  private constructor(scene: GroupScene, cluster: Cluster, options: SceneMemberOptions) {
    this.#scene = scene;
    this.cluster = cluster;
    this.#options = options;
    this.name = `member ${scene.members.length}`;
  }

  static async create(scene: GroupScene, options: SceneMemberOptions): Promise<SceneMember> {
    const member = new SceneMember(scene, await connectTo(scene.bootstrap), options);
    try {
      await member.#begin();
    } catch (thrown) {
      member.cluster.close();
      throw thrown;
    }
    return member;
  }

  async #begin(): Promise<void> {
    const { topics = [], group, later } = this.#options;
    this.#membership = await createMembership(
      this.cluster,
      {
        protocol: "classic",
        subscription: { kind: "topics", topics },
        assignors: ["range"],
        sessionTimeoutMs: 6_000,
        heartbeatIntervalMs: 100,
        rebalanceTimeoutMs: 10_000,
        maxPollIntervalMs: 60_000,
        ...this.#options,
        group,
      },
      {
        onAssigned: (partitions) => this.#assigned(partitions),
        onRevoked: (partitions, reason) => this.#revoked(partitions, reason),
        onFailed: (error) => void this.failures.push(error),
      },
    );
    const joining = this.membership.join(this.cluster.deadline({ timeoutMs: 60_000 }));
    if (later === true) joining.catch((thrown: KafkaError) => this.failures.push(thrown));
    else await joining;
  }

  get membership(): Membership {
    assert.ok(this.#membership !== undefined);
    return this.#membership;
  }

  /** Partition numbers that it owns, all topics together. */
  get numbers(): number[] {
    return this.membership.assignment.map(({ partition }) => partition).sort((a, b) => a - b);
  }

  get names(): string[] {
    return this.membership.assignment
      .map(({ topic, partition }) => topicPartitionName(topic, partition))
      .sort();
  }

  commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.membership.commit(offsets, this.cluster.deadline());
  }

  leave(): Promise<void> {
    return this.membership.leave(this.cluster.deadline());
  }

  /** Ends as a process that is killed: the group hears nothing of it. */
  kill(): void {
    this.isKilled = true;
    for (const [name, owner] of this.#scene.owners) {
      if (owner === this) this.#scene.owners.delete(name);
    }
    this.cluster.close();
    void this.membership.leave(this.cluster.deadline({ timeoutMs: 0 }));
  }

  async close(): Promise<void> {
    if (!this.isKilled) await this.leave();
    this.cluster.close();
  }

  describe(): string {
    return `${this.name}${this.isKilled ? " (killed)" : ""}: ${this.names.join()}`;
  }

  #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.isKilled) return Promise.resolve();
    this.calls.push(`assigned ${partitions.length}`);
    for (const { topic, partition } of partitions) {
      const name = topicPartitionName(topic, partition);
      const owner = this.#scene.owners.get(name);
      if (owner !== undefined) {
        this.#scene.violations.push(`${this.name} gets ${name}, which ${owner.name} owns`);
      }
      this.#scene.owners.set(name, this);
    }
    return Promise.resolve();
  }

  async #revoked(partitions: readonly TopicPartition[], reason: RevocationReason): Promise<void> {
    if (this.isKilled) return;
    this.calls.push(`revoked ${partitions.length} (${reason})`);
    const { revocationMs = 0 } = this.#options;
    if (revocationMs > 0 && reason !== "lost") await sleep(revocationMs);
    for (const { topic, partition } of partitions) {
      const name = topicPartitionName(topic, partition);
      if (this.#scene.owners.get(name) === this) this.#scene.owners.delete(name);
    }
  }
}

export function connectTo(bootstrap: string): Promise<Cluster> {
  return Cluster.connect({ platform: nodePlatform, bootstrap: [bootstrap] });
}

/** The partitions of a topic. */
export function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    nodePlatform.clock.setTimer(delayMs, resolve);
  });
}

/** Waits for a condition. */
export async function eventually(
  isSo: () => boolean,
  describe: () => string,
  timeoutMs = 30_000,
): Promise<void> {
  const { clock } = nodePlatform;
  const endMs = clock.monotonicMs() + timeoutMs;
  while (!isSo()) {
    if (clock.monotonicMs() > endMs) assert.fail(`not so within ${timeoutMs} ms: ${describe()}`);
    await sleep(LOOK_MS);
  }
}
