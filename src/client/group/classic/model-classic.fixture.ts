import type { Network } from "../../../platform/network.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../../../protocol/messages/describe-groups.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../../protocol/messages/find-coordinator.ts";
import { heartbeatRequest, heartbeatResponse } from "../../../protocol/messages/heartbeat.ts";
import { joinGroupRequest, joinGroupResponse } from "../../../protocol/messages/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../../../protocol/messages/leave-group.ts";
import { metadataRequest, metadataResponse } from "../../../protocol/messages/metadata.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
} from "../../../protocol/messages/offset-commit.ts";
import {
  offsetFetchRequest,
  offsetFetchResponse,
} from "../../../protocol/messages/offset-fetch.ts";
import { syncGroupRequest, syncGroupResponse } from "../../../protocol/messages/sync-group.ts";
import { FakeBroker } from "../../cluster/fake-broker.fixture.ts";

export const MODEL_HOST = "broker";
export const MODEL_TOPIC = "topic";
export const MODEL_TOPIC_ID = "aaaaaaaaaaaaaaaaaaaaaA";
const PARTITIONS = 2;
/** Since this version groups are asked for in a list. */
const OFFSET_FETCH_GROUPS_VERSION = 8;
const LEAVE_LIST_VERSION = 3;
const FIND_COORDINATOR_LIST_VERSION = 4;

/** A broker with one topic, which coordinates a classic group of one member, in whatever versions. */
export class ModelClassic {
  readonly broker: FakeBroker;
  readonly left: string[] = [];
  readonly reasons: (string | null)[] = [];
  readonly offsets = new Map<number, { readonly offset: number; readonly metadata: string }>();
  /** What JoinGroup is answered with instead. */
  refusal: number = ErrorCode.NONE;
  groupState = "Dead";

  private constructor(broker: FakeBroker) {
    this.broker = broker;
    this.#serveCluster();
    this.#serveMembers();
    this.#serveOffsets();
  }

  static async start(network: Network): Promise<ModelClassic> {
    return new ModelClassic(await FakeBroker.start(network, MODEL_HOST));
  }

  #serveCluster(): void {
    const { broker } = this;
    const { host, port } = broker;
    broker.serve(metadataRequest, metadataResponse, () => ({
      brokers: [{ nodeId: 1, host, port }],
      controllerId: 1,
      topics: [
        {
          name: MODEL_TOPIC,
          topicId: MODEL_TOPIC_ID,
          partitions: Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
            partitionIndex,
            leaderId: 1,
            replicaNodes: [1],
            isrNodes: [1],
          })),
        },
      ],
    }));
    broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }, head) =>
      head.apiVersion < FIND_COORDINATOR_LIST_VERSION
        ? { nodeId: 1, host, port }
        : { coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host, port })) },
    );
    broker.serve(describeGroupsRequest, describeGroupsResponse, ({ groups }) => ({
      groups: groups.map((groupId) => ({ groupId, groupState: this.groupState })),
    }));
  }

  #serveMembers(): void {
    const { broker } = this;
    broker.serve(joinGroupRequest, joinGroupResponse, ({ memberId, protocols, reason }) => {
      if (this.refusal !== ErrorCode.NONE) {
        return { errorCode: this.refusal, protocolName: "", memberId };
      }
      this.reasons.push(reason);
      const [first] = protocols;
      const own = memberId === "" ? "given" : memberId;
      return {
        generationId: 1,
        protocolType: "consumer",
        protocolName: first?.name ?? "",
        leader: own,
        memberId: own,
        members: [{ memberId: own, metadata: first?.metadata }],
      };
    });
    broker.serve(syncGroupRequest, syncGroupResponse, ({ memberId, assignments }) => ({
      assignment: assignments.find((one) => one.memberId === memberId)?.assignment,
    }));
    broker.serve(heartbeatRequest, heartbeatResponse, () => ({}));
    broker.serve(leaveGroupRequest, leaveGroupResponse, ({ memberId, members }, head) => {
      const isList = head.apiVersion >= LEAVE_LIST_VERSION;
      this.left.push(...(isList ? members.map((one) => one.memberId) : [memberId]));
      return { members: members.map((one) => ({ memberId: one.memberId, groupInstanceId: null })) };
    });
  }

  #serveOffsets(): void {
    const { broker } = this;
    broker.serve(offsetCommitRequest, offsetCommitResponse, ({ topics }) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map((one) => {
          const metadata = one.committedMetadata ?? "";
          this.offsets.set(one.partitionIndex, { offset: one.committedOffset, metadata });
          return { partitionIndex: one.partitionIndex };
        }),
      })),
    }));
    broker.serve(offsetFetchRequest, offsetFetchResponse, ({ topics, groups }, head) => {
      const found = (asked: readonly number[]) =>
        asked.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: this.offsets.get(partitionIndex)?.offset ?? -1,
          metadata: this.offsets.get(partitionIndex)?.metadata ?? "",
        }));
      if (head.apiVersion < OFFSET_FETCH_GROUPS_VERSION) {
        return {
          topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
            name,
            partitions: found(partitionIndexes),
          })),
        };
      }
      return {
        groups: groups.map(({ groupId, topics: asked }) => ({
          groupId,
          topics: (asked ?? []).map(({ name, topicId, partitionIndexes }) => ({
            name,
            topicId,
            partitions: found(partitionIndexes),
          })),
        })),
      };
    });
  }
}
