import { array, bool, int16, int32, message, string, struct, uint16, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const registerControllerRecord = message(
  "RegisterControllerRecord",
  { kind: "metadata", apiKey: 27, versions: "0", flexibleVersions: "0+" },
  {
    controllerId: int32("0+"),
    incarnationId: uuid("0+"),
    zkMigrationReady: bool("0+"),
    endPoints: array(
      "0+",
      struct("ControllerEndpoint", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("ControllerFeature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
  },
);
export type RegisterControllerRecord = ValueOf<typeof registerControllerRecord>;
export type RegisterControllerRecordInput = InputOf<typeof registerControllerRecord>;
