import {
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  nested,
  string,
  struct,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const consumerGroupDescribeRequest = message(
  "ConsumerGroupDescribeRequest",
  { kind: "request", apiKey: 69, versions: "0-1", flexibleVersions: "0+" },
  {
    groupIds: array("0+", "string", { entityType: "groupId" }),
    includeAuthorizedOperations: bool("0+"),
  },
);
export type ConsumerGroupDescribeRequest = ValueOf<typeof consumerGroupDescribeRequest>;
export type ConsumerGroupDescribeRequestInput = InputOf<typeof consumerGroupDescribeRequest>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  topicName: string("0+", { entityType: "topicName" }),
  partitions: array("0+", "int32"),
});

const assignment = struct("Assignment", { topicPartitions: array("0+", topicPartitions) });

export const consumerGroupDescribeResponse = message(
  "ConsumerGroupDescribeResponse",
  { kind: "response", apiKey: 69, versions: "0-1", flexibleVersions: "0+" },
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
            instanceId: string("0+", { nullableVersions: "0+", default: null }),
            rackId: string("0+", { nullableVersions: "0+", default: null }),
            memberEpoch: int32("0+"),
            clientId: string("0+"),
            clientHost: string("0+"),
            subscribedTopicNames: array("0+", "string", { entityType: "topicName" }),
            subscribedTopicRegex: string("0+", { nullableVersions: "0+", default: null }),
            assignment: nested("0+", assignment),
            targetAssignment: nested("0+", assignment),
            memberType: int8("1+", { default: -1, ignorable: true }),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
  },
);
export type ConsumerGroupDescribeResponse = ValueOf<typeof consumerGroupDescribeResponse>;
export type ConsumerGroupDescribeResponseInput = InputOf<typeof consumerGroupDescribeResponse>;
