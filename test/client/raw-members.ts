import { apiCall } from "../../src/client/cluster/api-call.ts";
import type { Cluster } from "../../src/client/cluster/cluster.ts";
import { throwOnError } from "../../src/client/errors.ts";
import { ApiKey } from "../../src/protocol/apis.ts";
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
} from "../../src/protocol/messages/share-group-heartbeat.ts";
import {
  streamsGroupHeartbeatRequest,
  streamsGroupHeartbeatResponse,
} from "../../src/protocol/messages/streams-group-heartbeat.ts";

const shareCall = apiCall(
  ApiKey.SHARE_GROUP_HEARTBEAT,
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
);
const streamsCall = apiCall(
  ApiKey.STREAMS_GROUP_HEARTBEAT,
  streamsGroupHeartbeatRequest,
  streamsGroupHeartbeatResponse,
);
/** Epochs of heartbeats that join and leave. */
const JOINING = 0;
const LEAVING = -1;

/** A member of a group that this client has no class for: one heartbeat at a time, by hand. */
export interface RawMember {
  readonly memberId: string;
  beat(): Promise<void>;
  leave(): Promise<void>;
}

/** Joins a share group. */
export async function joinShareGroup(
  cluster: Cluster,
  group: string,
  memberId: string,
  topic: string,
): Promise<RawMember> {
  const say = async (memberEpoch: number): Promise<number> => {
    const deadline = cluster.deadline();
    const connection = await cluster.coordinatorOf(group, deadline);
    const subscribedTopicNames = memberEpoch === JOINING ? [topic] : null;
    const body = { groupId: group, memberId, memberEpoch, subscribedTopicNames };
    const answer = await connection.request(shareCall, body, cluster.bounds(deadline));
    throwOnError(answer.errorCode, { group }, answer.errorMessage);
    return answer.memberEpoch;
  };
  return member(memberId, say);
}

/** Joins a streams group whose topology counts the words of a topic. */
export async function joinStreamsGroup(
  cluster: Cluster,
  group: string,
  memberId: string,
  topic: string,
): Promise<RawMember> {
  const say = async (memberEpoch: number): Promise<number> => {
    const deadline = cluster.deadline();
    const connection = await cluster.coordinatorOf(group, deadline);
    const joining = {
      rebalanceTimeoutMs: 10_000,
      processId: "process-1",
      clientTags: [{ key: "zone", value: "a" }],
      topology: { epoch: 1, subtopologies: [{ subtopologyId: "0", sourceTopics: [topic] }] },
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
    };
    const body = {
      groupId: group,
      memberId,
      memberEpoch,
      ...(memberEpoch === JOINING ? joining : {}),
    };
    const answer = await connection.request(streamsCall, body, cluster.bounds(deadline));
    throwOnError(answer.errorCode, { group }, answer.errorMessage);
    return answer.memberEpoch;
  };
  return member(memberId, say);
}

async function member(
  memberId: string,
  say: (memberEpoch: number) => Promise<number>,
): Promise<RawMember> {
  let epoch = await say(JOINING);
  return {
    memberId,
    async beat() {
      epoch = await say(epoch);
    },
    async leave() {
      await say(LEAVING);
    },
  };
}
