import { message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const controlledShutdownRequest = message(
  "ControlledShutdownRequest",
  { kind: "request", apiKey: 7, versions: "none", flexibleVersions: "none" },
  {},
);
export type ControlledShutdownRequest = ValueOf<typeof controlledShutdownRequest>;
export type ControlledShutdownRequestInput = InputOf<typeof controlledShutdownRequest>;

export const controlledShutdownResponse = message(
  "ControlledShutdownResponse",
  { kind: "response", apiKey: 7, versions: "none", flexibleVersions: "none" },
  {},
);
export type ControlledShutdownResponse = ValueOf<typeof controlledShutdownResponse>;
export type ControlledShutdownResponseInput = InputOf<typeof controlledShutdownResponse>;
