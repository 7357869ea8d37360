import { message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const leaderAndIsrRequest = message(
  "LeaderAndIsrRequest",
  { kind: "request", apiKey: 4, versions: "none", flexibleVersions: "none" },
  {},
);
export type LeaderAndIsrRequest = ValueOf<typeof leaderAndIsrRequest>;
export type LeaderAndIsrRequestInput = InputOf<typeof leaderAndIsrRequest>;

export const leaderAndIsrResponse = message(
  "LeaderAndIsrResponse",
  { kind: "response", apiKey: 4, versions: "none", flexibleVersions: "none" },
  {},
);
export type LeaderAndIsrResponse = ValueOf<typeof leaderAndIsrResponse>;
export type LeaderAndIsrResponseInput = InputOf<typeof leaderAndIsrResponse>;
