import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from "../../protocol/messages/offset-commit.ts";
import { Pending, type Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** From here topics are named by id (KIP-848). */
const TOPIC_ID_VERSION = 10;

/** OffsetCommit, versions 2 to 10. v6 leader epochs. v7 static members. v8 flexible. v9 new group protocol (KIP-848). v10 topic ids (KIP-848). */
export function handleOffsetCommit(
  broker: Broker,
  context: RequestContext,
  request: OffsetCommitRequest,
): Answer<OffsetCommitResponseInput> {
  broker.observer?.committed(
    context,
    request.groupId,
    request.topics.map(({ name, topicId, partitions }) => ({
      name: context.apiVersion >= TOPIC_ID_VERSION ? (broker.topicName(topicId) ?? "") : name,
      partitions,
    })),
  );
  const pending = new Pending<OffsetCommitResponseInput>();
  broker.groups.offsetCommit(groupContext(context), request, (response) =>
    pending.complete(response),
  );
  return pending;
}
