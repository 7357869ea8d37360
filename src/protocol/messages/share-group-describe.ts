import { array, bool, int16, int32, message, nested, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const shareGroupDescribeRequest = message(
  "ShareGroupDescribeRequest",
  { kind: "request", apiKey: 77, versions: "1", flexibleVersions: "0+" },
  {
    groupIds: array("0+", "string", { entityType: "groupId" }),
    includeAuthorizedOperations: bool("0+"),
  },
);
export type ShareGroupDescribeRequest = ValueOf<typeof shareGroupDescribeRequest>;
export type ShareGroupDescribeRequestInput = InputOf<typeof shareGroupDescribeRequest>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  topicName: string("0+", { entityType: "topicName" }),
  partitions: array("0+", "int32"),
});

const assignment = struct("Assignment", { topicPartitions: array("0+", topicPartitions) });

export const shareGroupDescribeResponse = message(
  "ShareGroupDescribeResponse",
  { kind: "response", apiKey: 77, versions: "1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    groups: array(
      "0+",
      struct("DescribedGroup", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+", default: null }),
        groupId: string("0+", { entityType: "groupId" }),
        groupState: string("0+"),
        groupEpoch: int32("0+"),
        assignmentEpoch: int32("0+"),
        assignorName: string("0+"),
        members: array(
          "0+",
          struct("Member", {
            memberId: string("0+"),
            rackId: string("0+", { nullableVersions: "0+", default: null }),
            memberEpoch: int32("0+"),
            clientId: string("0+"),
            clientHost: string("0+"),
            subscribedTopicNames: array("0+", "string", { entityType: "topicName" }),
            assignment: nested("0+", assignment),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
  },
);
export type ShareGroupDescribeResponse = ValueOf<typeof shareGroupDescribeResponse>;
export type ShareGroupDescribeResponseInput = InputOf<typeof shareGroupDescribeResponse>;
