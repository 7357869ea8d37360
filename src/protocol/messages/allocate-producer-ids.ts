import { int16, int32, int64, message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const allocateProducerIdsRequest = message(
  "AllocateProducerIdsRequest",
  { kind: "request", apiKey: 67, versions: "0", flexibleVersions: "0+" },
  { brokerId: int32("0+", { entityType: "brokerId" }), brokerEpoch: int64("0+", { default: -1 }) },
);
export type AllocateProducerIdsRequest = ValueOf<typeof allocateProducerIdsRequest>;
export type AllocateProducerIdsRequestInput = InputOf<typeof allocateProducerIdsRequest>;

export const allocateProducerIdsResponse = message(
  "AllocateProducerIdsResponse",
  { kind: "response", apiKey: 67, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    producerIdStart: int64("0+", { entityType: "producerId" }),
    producerIdLen: int32("0+"),
  },
);
export type AllocateProducerIdsResponse = ValueOf<typeof allocateProducerIdsResponse>;
export type AllocateProducerIdsResponseInput = InputOf<typeof allocateProducerIdsResponse>;
