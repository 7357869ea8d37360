import { message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const updateMetadataRequest = message(
  "UpdateMetadataRequest",
  { kind: "request", apiKey: 6, versions: "none", flexibleVersions: "none" },
  {},
);
export type UpdateMetadataRequest = ValueOf<typeof updateMetadataRequest>;
export type UpdateMetadataRequestInput = InputOf<typeof updateMetadataRequest>;

export const updateMetadataResponse = message(
  "UpdateMetadataResponse",
  { kind: "response", apiKey: 6, versions: "none", flexibleVersions: "none" },
  {},
);
export type UpdateMetadataResponse = ValueOf<typeof updateMetadataResponse>;
export type UpdateMetadataResponseInput = InputOf<typeof updateMetadataResponse>;
