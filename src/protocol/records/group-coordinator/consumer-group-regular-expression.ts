import { array, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupRegularExpressionKey = message(
  "ConsumerGroupRegularExpressionKey",
  { kind: "coordinator-key", apiKey: 16, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), regularExpression: string("0") },
);
export type ConsumerGroupRegularExpressionKey = ValueOf<typeof consumerGroupRegularExpressionKey>;
export type ConsumerGroupRegularExpressionKeyInput = InputOf<
  typeof consumerGroupRegularExpressionKey
>;

export const consumerGroupRegularExpressionValue = message(
  "ConsumerGroupRegularExpressionValue",
  { kind: "coordinator-value", apiKey: 16, versions: "0", flexibleVersions: "0+" },
  { topics: array("0+", "string"), version: int64("0+"), timestamp: int64("0+") },
);
export type ConsumerGroupRegularExpressionValue = ValueOf<
  typeof consumerGroupRegularExpressionValue
>;
export type ConsumerGroupRegularExpressionValueInput = InputOf<
  typeof consumerGroupRegularExpressionValue
>;
