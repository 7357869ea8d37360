import { bool, int16, int32, int64, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const initProducerIdRequest = message(
  "InitProducerIdRequest",
  {
    kind: "request",
    apiKey: 22,
    versions: "0-6",
    flexibleVersions: "2+",
    latestVersionUnstable: true,
  },
  {
    transactionalId: string("0+", { nullableVersions: "0+", entityType: "transactionalId" }),
    transactionTimeoutMs: int32("0+"),
    producerId: int64("3+", { default: -1, entityType: "producerId" }),
    producerEpoch: int16("3+", { default: -1 }),
    enable2Pc: bool("6+", { default: false }),
    keepPreparedTxn: bool("6+", { default: false }),
  },
);
export type InitProducerIdRequest = ValueOf<typeof initProducerIdRequest>;
export type InitProducerIdRequestInput = InputOf<typeof initProducerIdRequest>;

export const initProducerIdResponse = message(
  "InitProducerIdResponse",
  { kind: "response", apiKey: 22, versions: "0-6", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    errorCode: int16("0+"),
    producerId: int64("0+", { default: -1, entityType: "producerId" }),
    producerEpoch: int16("0+"),
    ongoingTxnProducerId: int64("6+", { default: -1, entityType: "producerId" }),
    ongoingTxnProducerEpoch: int16("6+", { default: -1 }),
  },
);
export type InitProducerIdResponse = ValueOf<typeof initProducerIdResponse>;
export type InitProducerIdResponseInput = InputOf<typeof initProducerIdResponse>;
