import { int16, int32, int64, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const addOffsetsToTxnRequest = message(
  "AddOffsetsToTxnRequest",
  { kind: "request", apiKey: 25, versions: "0-4", flexibleVersions: "3+" },
  {
    transactionalId: string("0+", { entityType: "transactionalId" }),
    producerId: int64("0+", { entityType: "producerId" }),
    producerEpoch: int16("0+"),
    groupId: string("0+", { entityType: "groupId" }),
  },
);
export type AddOffsetsToTxnRequest = ValueOf<typeof addOffsetsToTxnRequest>;
export type AddOffsetsToTxnRequestInput = InputOf<typeof addOffsetsToTxnRequest>;

export const addOffsetsToTxnResponse = message(
  "AddOffsetsToTxnResponse",
  { kind: "response", apiKey: 25, versions: "0-4", flexibleVersions: "3+" },
  { throttleTimeMs: int32("0+"), errorCode: int16("0+") },
);
export type AddOffsetsToTxnResponse = ValueOf<typeof addOffsetsToTxnResponse>;
export type AddOffsetsToTxnResponseInput = InputOf<typeof addOffsetsToTxnResponse>;
