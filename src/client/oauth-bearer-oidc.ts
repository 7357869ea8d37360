import { nodeHttp } from "../platform/node/http.ts";
import type { OAuthTokenSource } from "../security/sasl/oauth-token.ts";
import { oidcTokenSource, type OidcOptions } from "../security/sasl/oidc.ts";

/**
 * Tokens of an identity provider for `sasl: { mechanism: "OAUTHBEARER", token }`, by client credentials
 * (KIP-768). They are asked for when a connection needs one, and again when four fifths of their time are over.
 *
 * @throws SaslError `SASL_OPTIONS` for an endpoint or credentials that cannot be used
 */
export function oauthBearerOidc(options: OidcOptions): OAuthTokenSource {
  return oidcTokenSource(options, nodeHttp);
}
