import { bytes, int16, int64, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const saslAuthenticateRequest = message(
  "SaslAuthenticateRequest",
  { kind: "request", apiKey: 36, versions: "0-2", flexibleVersions: "2+" },
  { authBytes: bytes("0+") },
);
export type SaslAuthenticateRequest = ValueOf<typeof saslAuthenticateRequest>;
export type SaslAuthenticateRequestInput = InputOf<typeof saslAuthenticateRequest>;

export const saslAuthenticateResponse = message(
  "SaslAuthenticateResponse",
  { kind: "response", apiKey: 36, versions: "0-2", flexibleVersions: "2+" },
  {
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    authBytes: bytes("0+"),
    sessionLifetimeMs: int64("1+", { default: 0, ignorable: true }),
  },
);
export type SaslAuthenticateResponse = ValueOf<typeof saslAuthenticateResponse>;
export type SaslAuthenticateResponseInput = InputOf<typeof saslAuthenticateResponse>;
