import {
  CONSUMER_PROTOCOL_TYPE,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "../../client/group/classic/member-bytes.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { fetchRequest } from "../../protocol/messages/fetch.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import {
  joinGroupRequest,
  joinGroupResponse,
  type JoinGroupResponse,
} from "../../protocol/messages/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../../protocol/messages/leave-group.ts";
import { syncGroupRequest, syncGroupResponse } from "../../protocol/messages/sync-group.ts";
import type { PartitionHistory } from "../history.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";
import { Actor } from "./actor.ts";
import { FetchSession } from "./fetch-session.ts";
import { fetchFrom } from "./fetching.ts";
import { commitOffsets, fetchOffsets, type Committer } from "./offsets.ts";

const PROTOCOL = "range";
const INITIAL_DELAY_MS_MAX = 3000;
const STATIC_VERSION = 5;
const STATIC_SYNC_VERSION = 3;
const MEMBER_LIST_VERSION = 3;

/** What a member that must join again is told. */
const rejoinCodes: readonly number[] = [
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  // What a loss of power took of a group that is told so from version 9 of OffsetCommit on.
  ErrorCode.GROUP_ID_NOT_FOUND,
];

/** A member of a classic group: joins, reads what it is assigned, commits; leaves, or just vanishes. */
export class GroupMember extends Actor {
  readonly #group: string;
  readonly #instanceId: string | null;
  readonly #sessionTimeoutMs: number;
  readonly #rebalanceTimeoutMs: number;
  readonly #positions = new Map<PartitionHistory, number>();
  #memberId = "";
  #generation = -1;

  constructor(scene: Scene, name: string, group: string) {
    super(scene, name);
    this.#group = group;
    const { random } = this;
    this.#instanceId = random.chance(0.2) ? `instance of ${name}` : null;
    this.#sessionTimeoutMs = random.pick([1500, 6000, 10_000]);
    this.#rebalanceTimeoutMs = random.pick([2000, 8000]);
    if (this.#instanceId !== null) scene.checkers.generations.hasStaticMembers(group);
  }

  protected async act(): Promise<void> {
    const client = await this.coordinator(this.#group);
    if (client === undefined) return;
    if (this.#generation < 0) {
      await this.#join(client);
      return;
    }
    const { random } = this;
    const what = random.fraction();
    if (what < 0.03) await this.#leave(client);
    else if (what < 0.05) this.#vanish();
    else if (what < 0.06) await this.scene.sleep(this.#sessionTimeoutMs * 2);
    else if (what < 0.35) await this.#heartbeat(client);
    else if (what < 0.6) await this.#commit(client);
    else await this.#read(client);
  }

  get #committer(): Committer {
    return {
      group: this.#group,
      memberId: this.#memberId,
      generation: this.#generation,
      groupInstanceId: this.#instanceId,
    };
  }

  async #join(client: ActorConnection): Promise<void> {
    const { generations } = this.scene.checkers;
    const topics = this.scene.history.liveTopics().map(({ name }) => name);
    const latestWhenAsked = generations.latestOf(this.#group);
    const { incarnation } = this.scene.broker;
    const answer = await client.call(
      joinGroupRequest,
      joinGroupResponse,
      {
        groupId: this.#group,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        rebalanceTimeoutMs: this.#rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: this.#instanceId,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocols: [{ name: PROTOCOL, metadata: subscriptionTo(topics) }],
      },
      {
        version: client.versionOf(joinGroupRequest, this.#instanceId === null ? 0 : STATIC_VERSION),
        waitMs: JOIN_WAIT_MS,
      },
    );
    if (answer === LOST) return;
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#joinRefused(answer);
      return;
    }
    const { memberId, generationId: generation, leader } = answer;
    const members = answer.members.map((member) => member.memberId);
    this.#memberId = memberId;
    generations.joined({
      group: this.#group,
      generation,
      memberId,
      leader,
      members,
      latestWhenAsked,
      incarnation,
    });
    await this.#sync(client, answer);
  }

  #joinRefused({ errorCode, memberId }: JoinGroupResponse): void {
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = memberId;
      return;
    }
    this.scene.checkers.errors.told("JoinGroup", errorCode, undefined, [
      ...rejoinCodes,
      // Somebody with another way of joining was there first.
      ErrorCode.GROUP_MAX_SIZE_REACHED,
    ]);
    this.#forget();
  }

  async #sync(client: ActorConnection, joined: JoinGroupResponse): Promise<void> {
    const { memberId, generationId, leader } = joined;
    const { generations } = this.scene.checkers;
    const { incarnation } = this.scene.broker;
    const assignments = leader === memberId && !joined.skipAssignment ? this.#assign(joined) : [];
    if (assignments.length > 0) {
      generations.assigns(
        this.#group,
        generationId,
        new Map(assignments.map((one) => [one.memberId, one.assignment.toString("hex")])),
      );
    }
    const answer = await client.call(
      syncGroupRequest,
      syncGroupResponse,
      {
        groupId: this.#group,
        generationId,
        memberId,
        groupInstanceId: this.#instanceId,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocolName: PROTOCOL,
        assignments,
      },
      {
        version: client.versionOf(
          syncGroupRequest,
          this.#instanceId === null ? 0 : STATIC_SYNC_VERSION,
        ),
        waitMs: JOIN_WAIT_MS,
      },
    );
    if (answer === LOST) return;
    this.scene.checkers.errors.told("SyncGroup", answer.errorCode, undefined, rejoinCodes);
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#mustRejoin(answer.errorCode);
      return;
    }
    const { assignment } = answer;
    generations.assigned(this.#group, generationId, {
      id: memberId,
      assignment: assignment.toString("hex"),
      incarnation,
    });
    this.#generation = generationId;
    await this.#begin(client, assignment);
  }

  /** Deals out all partitions of what members subscribe to. */
  #assign({ members }: JoinGroupResponse): { memberId: string; assignment: Buffer }[] {
    const wanted = new Set(members.flatMap(({ metadata }) => decodeSubscription(metadata).topics));
    const partitions = this.scene.history
      .livePartitions()
      .filter(({ topic }) => wanted.has(topic.name));
    return members.map(({ memberId }, index) => ({
      memberId,
      assignment: encodeAssignment(
        partitions
          .filter((_, at) => at % members.length === index)
          .map(({ topic, index: partition }) => ({ topic: topic.name, partition })),
      ),
    }));
  }

  /** Goes on where the group has committed, or at the beginning. */
  async #begin(client: ActorConnection, assignment: Buffer): Promise<void> {
    const { scene } = this;
    const mine: PartitionHistory[] = [];
    for (const { topic, partition } of decodeAssignment(assignment)) {
      const found = scene.history.topicNamed(topic)?.partitions[partition];
      if (found?.isLive === true) mine.push(found);
    }
    this.#positions.clear();
    if (mine.length === 0) return;
    const offsets = await fetchOffsets(scene, client, this.#group, mine);
    if (offsets === undefined) {
      this.#generation = -1;
      return;
    }
    for (const [partition, offset] of offsets) {
      this.#positions.set(partition, Math.max(offset, partition.logStart));
    }
  }

  async #read(client: ActorConnection): Promise<void> {
    const { scene } = this;
    const wanted = [...this.#positions]
      .filter(([partition]) => partition.isLive)
      .map(([partition, fetchOffset]) => ({ partition, fetchOffset }));
    if (wanted.length === 0) return;
    const session = new FetchSession(client.versionOf(fetchRequest, 4), false);
    const outcome = await fetchFrom(scene, client, session, wanted, {
      maxWaitMs: 300,
      minBytes: 1,
      maxBytes: 1_000_000,
      partitionMaxBytes: 10_000,
    });
    if (outcome.kind !== "answered") return;
    for (const { partition, errorCode, batches } of outcome.fetched) {
      const last = batches.at(-1);
      if (last !== undefined) this.#positions.set(partition, last.nextOffset);
      if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        this.#positions.set(partition, partition.logStart);
      }
    }
  }

  async #commit(client: ActorConnection): Promise<void> {
    const offsets = new Map([...this.#positions].filter(([partition]) => partition.isLive));
    if (offsets.size === 0) return;
    const result = await commitOffsets(this.scene, client, this.#committer, offsets);
    if (result !== "lost") this.#mustRejoin(result);
  }

  async #heartbeat(client: ActorConnection): Promise<void> {
    const { generations, errors } = this.scene.checkers;
    const latest = generations.latestOf(this.#group);
    const { incarnation } = this.scene.broker;
    const answer = await client.call(
      heartbeatRequest,
      heartbeatResponse,
      {
        groupId: this.#group,
        generationId: this.#generation,
        memberId: this.#memberId,
        groupInstanceId: this.#instanceId,
      },
      {
        version: client.versionOf(
          heartbeatRequest,
          this.#instanceId === null ? 0 : STATIC_SYNC_VERSION,
        ),
      },
    );
    if (answer === LOST) return;
    errors.told("Heartbeat", answer.errorCode, undefined, rejoinCodes);
    if (answer.errorCode === ErrorCode.NONE && incarnation === this.scene.broker.incarnation) {
      generations.accepted("a heartbeat", this.#group, this.#generation, latest);
    }
    this.#mustRejoin(answer.errorCode);
  }

  async #leave(client: ActorConnection): Promise<void> {
    const version = client.versionOf(leaveGroupRequest);
    const inList = version >= MEMBER_LIST_VERSION;
    const answer = await client.call(
      leaveGroupRequest,
      leaveGroupResponse,
      {
        groupId: this.#group,
        memberId: inList ? "" : this.#memberId,
        members: inList ? [{ memberId: this.#memberId, groupInstanceId: this.#instanceId }] : [],
      },
      { version },
    );
    if (answer === LOST) return;
    this.scene.checkers.errors.told("LeaveGroup", answer.errorCode, undefined, rejoinCodes);
    this.#forget();
  }

  /** Ends as a client does that is killed: the group hears nothing of it. */
  #vanish(): void {
    this.close();
    this.#forget();
  }

  #mustRejoin(errorCode: number): void {
    if (!rejoinCodes.includes(errorCode)) return;
    this.#generation = -1;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.FENCED_INSTANCE_ID) {
      this.#forget();
    }
  }

  #forget(): void {
    this.#generation = -1;
    this.#memberId = "";
    this.#positions.clear();
  }
}

/** Members wait for one another: for those that vanished, and those that take their time. */
const JOIN_WAIT_MS = INITIAL_DELAY_MS_MAX + 10_000 + 8000;

/** Topics alone, as members said before there was more to say. */
function subscriptionTo(topics: readonly string[]): Buffer {
  return encodeSubscription({ topics, userData: null, owned: [], generation: -1, rack: null }, 0);
}
