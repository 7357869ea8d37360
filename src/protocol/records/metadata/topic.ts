import { message, string, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const topicRecord = message(
  "TopicRecord",
  { kind: "metadata", apiKey: 2, versions: "0", flexibleVersions: "0+" },
  { name: string("0+", { entityType: "topicName" }), topicId: uuid("0+") },
);
export type TopicRecord = ValueOf<typeof topicRecord>;
export type TopicRecordInput = InputOf<typeof topicRecord>;
