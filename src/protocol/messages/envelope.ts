import { bytes, int16, message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const envelopeRequest = message(
  "EnvelopeRequest",
  { kind: "request", apiKey: 58, versions: "0", flexibleVersions: "0+" },
  {
    requestData: bytes("0+"),
    requestPrincipal: bytes("0+", { nullableVersions: "0+" }),
    clientHostAddress: bytes("0+"),
  },
);
export type EnvelopeRequest = ValueOf<typeof envelopeRequest>;
export type EnvelopeRequestInput = InputOf<typeof envelopeRequest>;

export const envelopeResponse = message(
  "EnvelopeResponse",
  { kind: "response", apiKey: 58, versions: "0", flexibleVersions: "0+" },
  { responseData: bytes("0+", { nullableVersions: "0+", default: null }), errorCode: int16("0+") },
);
export type EnvelopeResponse = ValueOf<typeof envelopeResponse>;
export type EnvelopeResponseInput = InputOf<typeof envelopeResponse>;
