import { bool, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const defaultPrincipalData = message(
  "DefaultPrincipalData",
  { kind: "data", versions: "0", flexibleVersions: "0+" },
  { type: string("0+"), name: string("0+"), tokenAuthenticated: bool("0+") },
);
export type DefaultPrincipalData = ValueOf<typeof defaultPrincipalData>;
export type DefaultPrincipalDataInput = InputOf<typeof defaultPrincipalData>;
