import type {
  DescribeGroupsRequest,
  DescribeGroupsResponseInput,
} from "../../protocol/messages/describe-groups.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import type { RequestContext } from "../request-context.ts";

/** DescribeGroups, versions 0 to 6. v3 authorized operations. v4 static members. v5 flexible. v6 GROUP_ID_NOT_FOUND (KIP-1043). */
export function handleDescribeGroups(
  broker: Broker,
  context: RequestContext,
  request: DescribeGroupsRequest,
): Answer<DescribeGroupsResponseInput> {
  return broker.groups.describeGroups(context, request);
}
