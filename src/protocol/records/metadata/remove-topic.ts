import { message, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const removeTopicRecord = message(
  "RemoveTopicRecord",
  { kind: "metadata", apiKey: 9, versions: "0", flexibleVersions: "0+" },
  { topicId: uuid("0+") },
);
export type RemoveTopicRecord = ValueOf<typeof removeTopicRecord>;
export type RemoveTopicRecordInput = InputOf<typeof removeTopicRecord>;
