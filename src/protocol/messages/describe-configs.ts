import { array, bool, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeConfigsRequest = message(
  "DescribeConfigsRequest",
  { kind: "request", apiKey: 32, versions: "1-4", flexibleVersions: "4+" },
  {
    resources: array(
      "0+",
      struct("DescribeConfigsResource", {
        resourceType: int8("0+"),
        resourceName: string("0+"),
        configurationKeys: array("0+", "string", { nullableVersions: "0+" }),
      }),
    ),
    includeSynonyms: bool("1+", { default: false }),
    includeDocumentation: bool("3+", { default: false }),
  },
);
export type DescribeConfigsRequest = ValueOf<typeof describeConfigsRequest>;
export type DescribeConfigsRequestInput = InputOf<typeof describeConfigsRequest>;

export const describeConfigsResponse = message(
  "DescribeConfigsResponse",
  { kind: "response", apiKey: 32, versions: "1-4", flexibleVersions: "4+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("DescribeConfigsResult", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
        resourceType: int8("0+"),
        resourceName: string("0+"),
        configs: array(
          "0+",
          struct("DescribeConfigsResourceResult", {
            name: string("0+"),
            value: string("0+", { nullableVersions: "0+" }),
            readOnly: bool("0+"),
            configSource: int8("1+", { default: -1, ignorable: true }),
            isSensitive: bool("0+"),
            synonyms: array(
              "1+",
              struct("DescribeConfigsSynonym", {
                name: string("1+"),
                value: string("1+", { nullableVersions: "0+" }),
                source: int8("1+"),
              }),
              { ignorable: true },
            ),
            configType: int8("3+", { default: 0, ignorable: true }),
            documentation: string("3+", { nullableVersions: "0+", ignorable: true }),
          }),
        ),
      }),
    ),
  },
);
export type DescribeConfigsResponse = ValueOf<typeof describeConfigsResponse>;
export type DescribeConfigsResponseInput = InputOf<typeof describeConfigsResponse>;
