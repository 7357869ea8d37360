import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  offsetCommitRequest,
  offsetCommitResponse,
} from "../../protocol/messages/offset-commit.ts";
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchResponse,
} from "../../protocol/messages/offset-fetch.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Position } from "../consumer/assigned-consumer.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { throwOnError } from "../errors.ts";
import { groupBy } from "../partitions.ts";

// From version 10 on topics go by id.
const offsetCommitCall = apiCall(
  ApiKey.OFFSET_COMMIT,
  offsetCommitRequest,
  offsetCommitResponse,
  9,
);
const offsetFetchCall = apiCall(ApiKey.OFFSET_FETCH, offsetFetchRequest, offsetFetchResponse, 9);
const OFFSET_FETCH_GROUPS_VERSION = 8;
/** What stands for "no offset". */
const NO_OFFSET = -1;

export interface CommittedOffset extends Position {
  readonly metadata: string;
}

/** Everything that a group has committed. Retries while the coordinator moves. */
export async function fetchCommitted(
  cluster: Cluster,
  group: string,
  deadline: Deadline,
): Promise<readonly CommittedOffset[]> {
  const attempt = async (): Promise<CommittedOffset[]> => {
    const connection = await cluster.coordinatorOf(group, deadline);
    const inList = (connection.versionOf(offsetFetchCall) ?? 0) >= OFFSET_FETCH_GROUPS_VERSION;
    const response = await connection.request(
      offsetFetchCall,
      {
        groupId: inList ? "" : group,
        topics: inList ? [] : null,
        groups: inList ? [{ groupId: group, topics: null }] : [],
        requireStable: false,
      },
      cluster.bounds(deadline),
    );
    return committedOf(group, inList ? response.groups[0] : response);
  };
  return deadline.retry(attempt, (thrown) => cluster.forget(thrown));
}

function committedOf(
  group: string,
  answer: Pick<OffsetFetchResponse, "errorCode" | "topics"> | undefined,
): CommittedOffset[] {
  if (answer === undefined) return [];
  throwOnError(answer.errorCode, { group });
  const offsets: CommittedOffset[] = [];
  for (const { name: topic, partitions } of answer.topics) {
    for (const { partitionIndex: partition, committedOffset, metadata, errorCode } of partitions) {
      throwOnError(errorCode, { group, topic, partition });
      if (committedOffset === NO_OFFSET) continue;
      offsets.push({ topic, partition, offset: committedOffset, metadata: metadata ?? "" });
    }
  }
  return offsets;
}

/** Who commits: a member of a generation, or nobody in particular for a group without members. */
export interface Committer {
  readonly memberId: string;
  readonly generationId: number;
}

export const NO_MEMBER: Committer = { memberId: "", generationId: -1 };

/** Commits where a group is to go on. Throws what the group says to it, such as ILLEGAL_GENERATION. */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  positions: readonly Position[],
  by: Committer,
  deadline: Deadline,
): Promise<void> {
  if (positions.length === 0) return;
  const attempt = async (): Promise<void> => {
    const connection = await cluster.coordinatorOf(group, deadline);
    const response = await connection.request(
      offsetCommitCall,
      {
        groupId: group,
        generationIdOrMemberEpoch: by.generationId,
        memberId: by.memberId,
        groupInstanceId: null,
        topics: [...groupBy(positions, ({ topic }) => topic)].map(([name, of]) => ({
          name,
          partitions: of.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: "",
          })),
        })),
      },
      cluster.bounds(deadline),
    );
    for (const { partitions } of response.topics) {
      const failed = partitions.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
      if (failed !== undefined) throwOnError(failed.errorCode, { group });
    }
  };
  await deadline.retry(attempt, (thrown) => cluster.forget(thrown));
}
