import { array, int16, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const saslHandshakeRequest = message(
  "SaslHandshakeRequest",
  { kind: "request", apiKey: 17, versions: "0-1", flexibleVersions: "none" },
  { mechanism: string("0+") },
);
export type SaslHandshakeRequest = ValueOf<typeof saslHandshakeRequest>;
export type SaslHandshakeRequestInput = InputOf<typeof saslHandshakeRequest>;

export const saslHandshakeResponse = message(
  "SaslHandshakeResponse",
  { kind: "response", apiKey: 17, versions: "0-1", flexibleVersions: "none" },
  { errorCode: int16("0+"), mechanisms: array("0+", "string") },
);
export type SaslHandshakeResponse = ValueOf<typeof saslHandshakeResponse>;
export type SaslHandshakeResponseInput = InputOf<typeof saslHandshakeResponse>;
