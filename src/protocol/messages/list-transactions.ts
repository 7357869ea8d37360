import { array, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const listTransactionsRequest = message(
  "ListTransactionsRequest",
  { kind: "request", apiKey: 66, versions: "0-2", flexibleVersions: "0+" },
  {
    stateFilters: array("0+", "string"),
    producerIdFilters: array("0+", "int64", { entityType: "producerId" }),
    durationFilter: int64("1+", { default: -1, saturates: true }),
    transactionalIdPattern: string("2+", { nullableVersions: "2+", default: null }),
  },
);
export type ListTransactionsRequest = ValueOf<typeof listTransactionsRequest>;
export type ListTransactionsRequestInput = InputOf<typeof listTransactionsRequest>;

export const listTransactionsResponse = message(
  "ListTransactionsResponse",
  { kind: "response", apiKey: 66, versions: "0-2", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    unknownStateFilters: array("0+", "string"),
    transactionStates: array(
      "0+",
      struct("TransactionState", {
        transactionalId: string("0+", { entityType: "transactionalId" }),
        producerId: int64("0+", { entityType: "producerId" }),
        transactionState: string("0+"),
      }),
    ),
  },
);
export type ListTransactionsResponse = ValueOf<typeof listTransactionsResponse>;
export type ListTransactionsResponseInput = InputOf<typeof listTransactionsResponse>;
