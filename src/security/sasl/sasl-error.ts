import { MoldauError } from "../../core/errors.ts";

/** Why an authentication does not come about, besides the broker's own word. */
export type SaslErrorCode =
  /** The options say something that no mechanism can use. */
  | "SASL_OPTIONS"
  /** The broker breaks the rules of the mechanism. */
  | "SASL_PROTOCOL"
  /** The broker could not show that it knows the password: it may be somebody else. */
  | "SASL_SERVER_UNPROVEN"
  /** There is no token: its source failed. */
  | "SASL_TOKEN_UNAVAILABLE"
  /** The broker does not take the token, and says why. */
  | "SASL_TOKEN_REFUSED";

/** An authentication failed. The message holds neither password nor token. */
export class SaslError extends MoldauError {
  override readonly name = "SaslError";
  declare readonly code: SaslErrorCode;

  constructor(
    code: SaslErrorCode,
    message: string,
    details: {
      readonly remedy?: string;
      readonly cause?: unknown;
      readonly retriable?: boolean;
    } = {},
  ) {
    super(message, { code, ...details });
  }
}
