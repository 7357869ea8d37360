import type { SaslMechanism } from "./sasl-options.ts";

/** One run of a mechanism from the client's side: tokens out, challenges in. */
export interface SaslExchange {
  /** What is sent first. */
  readonly first: Buffer;
  /**
   * What is sent in answer to a challenge; undefined when the exchange is over and the broker has
   * proved what it has to. Throws {@link SaslError}.
   */
  respond(challenge: Buffer): Buffer | undefined;
}

/** The credentials of a client, for any number of exchanges. They are shown by no inspection and no error. */
export interface SaslLogin {
  readonly mechanism: SaslMechanism;
  /** Who logs in, for messages; undefined where only the token knows. */
  readonly username: string | undefined;
  /** Throws {@link SaslError}. */
  begin(): Promise<SaslExchange>;
  /** The broker did not take the credentials: what was made for reuse is dropped. */
  refused(): void;
}
