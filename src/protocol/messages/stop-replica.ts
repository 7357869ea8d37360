import { message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const stopReplicaRequest = message(
  "StopReplicaRequest",
  { kind: "request", apiKey: 5, versions: "none", flexibleVersions: "none" },
  {},
);
export type StopReplicaRequest = ValueOf<typeof stopReplicaRequest>;
export type StopReplicaRequestInput = InputOf<typeof stopReplicaRequest>;

export const stopReplicaResponse = message(
  "StopReplicaResponse",
  { kind: "response", apiKey: 5, versions: "none", flexibleVersions: "none" },
  {},
);
export type StopReplicaResponse = ValueOf<typeof stopReplicaResponse>;
export type StopReplicaResponseInput = InputOf<typeof stopReplicaResponse>;
