import { bool, int16, int32, int64, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const endTxnRequest = message(
  "EndTxnRequest",
  { kind: "request", apiKey: 26, versions: "0-5", flexibleVersions: "3+" },
  {
    transactionalId: string("0+", { entityType: "transactionalId" }),
    producerId: int64("0+", { entityType: "producerId" }),
    producerEpoch: int16("0+"),
    committed: bool("0+"),
  },
);
export type EndTxnRequest = ValueOf<typeof endTxnRequest>;
export type EndTxnRequestInput = InputOf<typeof endTxnRequest>;

export const endTxnResponse = message(
  "EndTxnResponse",
  { kind: "response", apiKey: 26, versions: "0-5", flexibleVersions: "3+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    producerId: int64("5+", { default: -1, ignorable: true, entityType: "producerId" }),
    producerEpoch: int16("5+", { default: -1, ignorable: true }),
  },
);
export type EndTxnResponse = ValueOf<typeof endTxnResponse>;
export type EndTxnResponseInput = InputOf<typeof endTxnResponse>;
