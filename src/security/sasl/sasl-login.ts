import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { OAuthBearerLogin } from "./oauth-bearer.ts";
import { PlainLogin } from "./plain.ts";
import type { SaslLogin } from "./sasl-exchange.ts";
import { checkSaslOptions, type SaslOptions } from "./sasl-options.ts";
import { ScramLogin } from "./scram-login.ts";

/** Throws {@link SaslError} `SASL_OPTIONS` for options that cannot be used. */
export function saslLogin(
  options: SaslOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): SaslLogin {
  checkSaslOptions(options);
  switch (options.mechanism) {
    case "PLAIN":
      return new PlainLogin(options);
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512":
      return new ScramLogin(options, random);
    case "OAUTHBEARER":
      return new OAuthBearerLogin(options.token, clock);
  }
}
