import { bigint64, int32, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupMetadataKey = message(
  "ConsumerGroupMetadataKey",
  { kind: "coordinator-key", apiKey: 3, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ConsumerGroupMetadataKey = ValueOf<typeof consumerGroupMetadataKey>;
export type ConsumerGroupMetadataKeyInput = InputOf<typeof consumerGroupMetadataKey>;

export const consumerGroupMetadataValue = message(
  "ConsumerGroupMetadataValue",
  { kind: "coordinator-value", apiKey: 3, versions: "0", flexibleVersions: "0+" },
  {
    epoch: int32("0+"),
    metadataHash: bigint64("0+", { taggedVersions: "0+", tag: 0, default: 0n }),
  },
);
export type ConsumerGroupMetadataValue = ValueOf<typeof consumerGroupMetadataValue>;
export type ConsumerGroupMetadataValueInput = InputOf<typeof consumerGroupMetadataValue>;
