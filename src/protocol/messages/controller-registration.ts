import { array, bool, int16, int32, message, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const controllerRegistrationRequest = message(
  "ControllerRegistrationRequest",
  { kind: "request", apiKey: 70, versions: "0", flexibleVersions: "0+" },
  {
    controllerId: int32("0+"),
    incarnationId: uuid("0+"),
    zkMigrationReady: bool("0+"),
    listeners: array(
      "0+",
      struct("Listener", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("Feature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
  },
);
export type ControllerRegistrationRequest = ValueOf<typeof controllerRegistrationRequest>;
export type ControllerRegistrationRequestInput = InputOf<typeof controllerRegistrationRequest>;

export const controllerRegistrationResponse = message(
  "ControllerRegistrationResponse",
  { kind: "response", apiKey: 70, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
  },
);
export type ControllerRegistrationResponse = ValueOf<typeof controllerRegistrationResponse>;
export type ControllerRegistrationResponseInput = InputOf<typeof controllerRegistrationResponse>;
