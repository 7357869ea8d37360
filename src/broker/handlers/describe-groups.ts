import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeGroupsRequest,
  DescribeGroupsResponseInput,
} from "../../protocol/messages/describe-groups.ts";
import { GROUP_OPERATIONS } from "../../security/authorized-operations.ts";
import type { Broker } from "../broker.ts";
import { groupContext, type RequestContext } from "../request-context.ts";

/** DescribeGroups, versions 0 to 6. v3 authorized operations. v4 static members. v5 flexible. v6 GROUP_ID_NOT_FOUND (KIP-1043). */
export function handleDescribeGroups(
  broker: Broker,
  context: RequestContext,
  request: DescribeGroupsRequest,
): DescribeGroupsResponseInput {
  const response = broker.groups.describeGroups(groupContext(context), request);
  if (!request.includeAuthorizedOperations) return response;
  return {
    ...response,
    groups: (response.groups ?? []).map((group) =>
      group.errorCode === ErrorCode.NONE
        ? { ...group, authorizedOperations: GROUP_OPERATIONS }
        : group,
    ),
  };
}
