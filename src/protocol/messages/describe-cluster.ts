import { array, bool, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeClusterRequest = message(
  "DescribeClusterRequest",
  { kind: "request", apiKey: 60, versions: "0-2", flexibleVersions: "0+" },
  {
    includeClusterAuthorizedOperations: bool("0+"),
    endpointType: int8("1+", { default: 1 }),
    includeFencedBrokers: bool("2+"),
  },
);
export type DescribeClusterRequest = ValueOf<typeof describeClusterRequest>;
export type DescribeClusterRequestInput = InputOf<typeof describeClusterRequest>;

export const describeClusterResponse = message(
  "DescribeClusterResponse",
  { kind: "response", apiKey: 60, versions: "0-2", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    endpointType: int8("1+", { default: 1 }),
    clusterId: string("0+"),
    controllerId: int32("0+", { default: -1, entityType: "brokerId" }),
    brokers: array(
      "0+",
      struct("DescribeClusterBroker", {
        brokerId: int32("0+", { entityType: "brokerId", mapKey: true }),
        host: string("0+"),
        port: int32("0+"),
        rack: string("0+", { nullableVersions: "0+", default: null }),
        isFenced: bool("2+"),
      }),
    ),
    clusterAuthorizedOperations: int32("0+", { default: -2147483648 }),
  },
);
export type DescribeClusterResponse = ValueOf<typeof describeClusterResponse>;
export type DescribeClusterResponseInput = InputOf<typeof describeClusterResponse>;
