import { int16, int32, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const requestHeader = message(
  "RequestHeader",
  { kind: "header", versions: "1-2", flexibleVersions: "2+" },
  {
    requestApiKey: int16("0+"),
    requestApiVersion: int16("0+"),
    correlationId: int32("0+"),
    clientId: string("1+", { nullableVersions: "1+", flexibleVersions: "none" }),
  },
);
export type RequestHeader = ValueOf<typeof requestHeader>;
export type RequestHeaderInput = InputOf<typeof requestHeader>;

export const responseHeader = message(
  "ResponseHeader",
  { kind: "header", versions: "0-1", flexibleVersions: "1+" },
  { correlationId: int32("0+") },
);
export type ResponseHeader = ValueOf<typeof responseHeader>;
export type ResponseHeaderInput = InputOf<typeof responseHeader>;
