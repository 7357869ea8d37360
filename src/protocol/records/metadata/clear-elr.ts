import { message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const clearElrRecord = message(
  "ClearElrRecord",
  { kind: "metadata", apiKey: 28, versions: "0", flexibleVersions: "0+" },
  { topicName: string("0+", { entityType: "topicName" }) },
);
export type ClearElrRecord = ValueOf<typeof clearElrRecord>;
export type ClearElrRecordInput = InputOf<typeof clearElrRecord>;
