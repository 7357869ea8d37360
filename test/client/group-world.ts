import assert from "node:assert/strict";
import { topicPartitionName, type TopicPartition } from "../../src/core/topic-partition.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { createMembership } from "../../src/client/group/create-membership.ts";
import type {
  Membership,
  MembershipOptions,
  RevocationReason,
} from "../../src/client/group/membership.ts";
import type { SimHost, SimWorld } from "../../src/simulator/sim-platform.ts";
import { SimRandom } from "../../src/simulator/sim-random.ts";
import { silentLogger, type LogFields, type Logger } from "../../src/telemetry/logger.ts";

export const BROKER = "broker";
export const BROKER_PORT = 9092;

/** Members under a seed: their hosts may be cut off and die, and nothing waits but by the virtual clock. */
export class GroupWorld {
  readonly world: SimWorld;
  readonly random: SimRandom;
  readonly members: WorldMember[] = [];
  readonly owners = new Map<string, WorldMember>();
  readonly violations: string[] = [];
  #hosts = 0;

  constructor(world: SimWorld) {
    this.world = world;
    this.random = new SimRandom(world.seed, "group world");
  }

  /** Notes what happens, for whoever asks for a trace of a seed. */
  note(what: string): void {
    if (process.env["MOLDAU_GROUP_TRACE"] === undefined) return;
    console.log(`${Math.round(this.world.clock.monotonicMs())} ${what}`);
  }

  /** Members that are neither dead nor gone. */
  get present(): WorldMember[] {
    return this.members.filter((member) => member.isPresent);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.clock.setTimer(delayMs, resolve);
    });
  }

  /** A member on a host of its own; it takes part from now on. */
  async join(options: WorldMemberOptions): Promise<WorldMember> {
    const host = this.world.host(`client-${this.#hosts++}`);
    const member = new WorldMember(this, host, options);
    this.members.push(member);
    await member.begin();
    return member;
  }

  /** Waits until each of these partitions has an owner, and nothing else has. */
  async allOwned(partitions: readonly TopicPartition[], withinMs: number): Promise<void> {
    const wanted = new Set(partitions.map((one) => topicPartitionName(one.topic, one.partition)));
    const endMs = this.world.clock.monotonicMs() + withinMs;
    for (;;) {
      const isSo =
        this.owners.size === wanted.size && [...wanted].every((name) => this.owners.has(name));
      if (isSo) return;
      if (this.world.clock.monotonicMs() > endMs) assert.fail(this.describe());
      await this.sleep(100);
    }
  }

  describe(): string {
    const members = this.members.map(
      (member) => `${member.name}${member.isPresent ? "" : " (gone)"}: ${member.owned.join()}`,
    );
    const failures = this.members.flatMap(({ name, failures: of }) =>
      of.map((failure) => `${name} failed: ${failure}`),
    );
    return [`seed ${this.world.seed}`, ...members, ...failures].join("; ");
  }
}

export interface WorldMemberOptions extends Partial<MembershipOptions> {
  readonly group: string;
  readonly topics: readonly string[];
  /** What a listener takes at most; a failure of a commit is left alone. */
  readonly listenerMs: number;
}

/** A member in the world, and what it owns. */
export class WorldMember {
  readonly name: string;
  readonly failures: string[] = [];
  readonly owned: string[] = [];
  readonly #world: GroupWorld;
  readonly #host: SimHost;
  readonly #options: WorldMemberOptions;
  #cluster: Cluster | undefined;
  #membership: Membership | undefined;
  isPresent = true;

  constructor(world: GroupWorld, host: SimHost, options: WorldMemberOptions) {
    this.#world = world;
    this.#host = host;
    this.#options = options;
    this.name = host.name;
  }

  get host(): SimHost {
    return this.#host;
  }

  get membership(): Membership | undefined {
    return this.#membership;
  }

  async begin(): Promise<void> {
    const cluster = await this.#connect();
    this.#cluster = cluster;
    this.#membership = await createMembership(
      cluster,
      {
        protocol: "classic",
        subscription: { kind: "topics", topics: this.#options.topics },
        assignors: ["range"],
        sessionTimeoutMs: 6_000,
        heartbeatIntervalMs: 1_000,
        rebalanceTimeoutMs: 12_000,
        maxPollIntervalMs: 3_600_000,
        ...this.#options,
      },
      {
        onAssigned: (partitions) => this.#assigned(partitions),
        onRevoked: (partitions, reason, signal) => this.#revoked(partitions, reason, signal),
        onFailed: (error) => void this.failures.push(error.message),
      },
    );
    this.#membership.join(cluster.deadline({ timeoutMs: Infinity })).catch((thrown: Error) => {
      if (this.isPresent) this.failures.push(thrown.message);
    });
  }

  /** A process that starts while nobody answers tries again. */
  async #connect(): Promise<Cluster> {
    const { platform } = this.#host.start();
    for (;;) {
      try {
        return await Cluster.connect({
          platform,
          bootstrap: [`${BROKER}:${BROKER_PORT}`],
          requestTimeoutMs: 3_000,
          logger: this.#logger(),
        });
      } catch {
        await this.#world.sleep(500);
      }
    }
  }

  #logger(): Logger {
    const note = (message: string, fields: LogFields = {}): void =>
      this.#world.note(`${this.name} ${message} ${JSON.stringify(fields)}`);
    return { ...silentLogger, debug: note, trace: note, warn: note, info: note, error: note };
  }

  async leave(): Promise<void> {
    this.isPresent = false;
    this.#world.note(`${this.name} leaves`);
    const { clock } = this.#world.world;
    await this.#membership?.leave(this.#cluster!.deadline({ timeoutMs: 20_000 }));
    this.#cluster?.close();
    // What could not be finished in time is nobody's any more when the process ends.
    this.#release();
    assert.ok(clock.monotonicMs() >= 0);
  }

  kill(): void {
    this.isPresent = false;
    this.#world.note(`${this.name} is killed`);
    this.#host.kill();
    this.#release();
  }

  #release(): void {
    for (const [name, owner] of this.#world.owners) {
      if (owner === this) this.#world.owners.delete(name);
    }
    this.owned.length = 0;
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { owners, violations, world } = this.#world;
    this.#world.note(`${this.name} gets ${partitions.map(({ partition }) => partition).join()}`);
    for (const { topic, partition } of partitions) {
      const name = topicPartitionName(topic, partition);
      const owner = owners.get(name);
      if (owner !== undefined) {
        const atMs = Math.round(world.clock.monotonicMs());
        violations.push(`${atMs}: ${this.name} gets ${name}, which ${owner.name} owns`);
      }
      owners.set(name, this);
      this.owned.push(name);
    }
    await this.#work();
  }

  async #revoked(
    partitions: readonly TopicPartition[],
    reason: RevocationReason,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const numbers = partitions.map(({ partition }) => partition).join();
    this.#world.note(`${this.name} gives ${numbers} up (${reason})`);
    if (reason !== "lost") {
      const lost = new Promise<void>((resolve) =>
        signal?.addEventListener("abort", () => resolve()),
      );
      await Promise.race([this.#work(), lost]);
    }
    for (const { topic, partition } of partitions) {
      const name = topicPartitionName(topic, partition);
      if (this.#world.owners.get(name) === this) this.#world.owners.delete(name);
      const at = this.owned.indexOf(name);
      if (at >= 0) this.owned.splice(at, 1);
    }
  }

  async #work(): Promise<void> {
    const delayMs = this.#world.random.below(this.#options.listenerMs + 1);
    if (delayMs > 0) await this.#world.sleep(delayMs);
  }
}
