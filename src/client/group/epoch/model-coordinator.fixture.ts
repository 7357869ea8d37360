import type { Network } from "../../../platform/network.ts";
import { ErrorCode, errorName } from "../../../protocol/error-code.ts";
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from "../../../protocol/messages/consumer-group-heartbeat.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../../protocol/messages/find-coordinator.ts";
import { metadataRequest, metadataResponse } from "../../../protocol/messages/metadata.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
} from "../../../protocol/messages/offset-commit.ts";
import { FakeBroker } from "../../cluster/fake-broker.fixture.ts";
import { ModelGroup, type ModelTopic } from "./model-group.fixture.ts";

/** A broker that coordinates one group of the new protocol, on a host of a (simulated) network. */
export class ModelCoordinator {
  readonly group: ModelGroup;
  readonly topics: ModelTopic[];
  /** A topic of which the broker has not heard yet. */
  hidden: string | undefined;
  /** What heartbeats are answered with instead, such as NOT_COORDINATOR. */
  refusal: number = ErrorCode.NONE;
  /** What commits were answered with. */
  readonly commits: string[] = [];

  constructor(
    options: ConstructorParameters<typeof ModelGroup>[0] & {
      readonly topics: readonly ModelTopic[];
    },
  ) {
    this.topics = [...options.topics];
    this.group = new ModelGroup({ ...options, topics: this.topics });
  }

  /** Begins to listen: for the first time, or after a restart, when sessions begin anew. */
  async start(network: Network, host: string): Promise<void> {
    const broker = await FakeBroker.start(network, host);
    this.group.resume();
    broker.serve(metadataRequest, metadataResponse, ({ topics }) => ({
      brokers: [{ nodeId: 1, host, port: broker.port }],
      clusterId: "cluster",
      controllerId: 1,
      topics: this.#topicsOf(topics),
    }));
    broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host, port: broker.port })),
    }));
    broker.serve(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, (request) =>
      this.refusal === ErrorCode.NONE
        ? this.group.heartbeat(request)
        : { errorCode: this.refusal, memberId: request.memberId },
    );
    broker.serve(offsetCommitRequest, offsetCommitResponse, (request) => {
      const { memberId, generationIdOrMemberEpoch: epoch, topics } = request;
      const errorCode = this.group.checkCommit(memberId, epoch);
      this.commits.push(errorName(errorCode));
      return {
        topics: topics.map(({ name, topicId, partitions }) => ({
          name,
          topicId,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
        })),
      };
    });
  }

  #topicsOf(asked: readonly { readonly name: string | null; readonly topicId: string }[] | null) {
    const named = (topic: ModelTopic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: Array.from({ length: topic.partitions }, (_, partitionIndex) => ({
        partitionIndex,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
      })),
    });
    if (asked === null) return this.topics.map(named);
    return asked.map(({ name, topicId }) => {
      const topic = this.topics.find(
        (one) => one.name !== this.hidden && (one.name === name || one.topicId === topicId),
      );
      if (topic !== undefined) return named(topic);
      return { name, topicId, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, partitions: [] };
    });
  }
}
