import { int16, int32, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const unregisterControllerRequest = message(
  "UnregisterControllerRequest",
  { kind: "request", apiKey: 94, versions: "0", flexibleVersions: "0+" },
  { controllerId: int32("0+") },
);
export type UnregisterControllerRequest = ValueOf<typeof unregisterControllerRequest>;
export type UnregisterControllerRequestInput = InputOf<typeof unregisterControllerRequest>;

export const unregisterControllerResponse = message(
  "UnregisterControllerResponse",
  { kind: "response", apiKey: 94, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
  },
);
export type UnregisterControllerResponse = ValueOf<typeof unregisterControllerResponse>;
export type UnregisterControllerResponseInput = InputOf<typeof unregisterControllerResponse>;
