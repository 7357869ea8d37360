import { ApiKey } from "../../protocol/apis.ts";
import {
  createDelegationTokenRequest,
  createDelegationTokenResponse,
} from "../../protocol/messages/create-delegation-token.ts";
import {
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
} from "../../protocol/messages/describe-delegation-token.ts";
import {
  expireDelegationTokenRequest,
  expireDelegationTokenResponse,
} from "../../protocol/messages/expire-delegation-token.ts";
import {
  renewDelegationTokenRequest,
  renewDelegationTokenResponse,
} from "../../protocol/messages/renew-delegation-token.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { KafkaError, throwOnError } from "../errors.ts";
import { askAny, askController } from "./routes.ts";

const createTokenCall = apiCall(
  ApiKey.CREATE_DELEGATION_TOKEN,
  createDelegationTokenRequest,
  createDelegationTokenResponse,
);
const renewTokenCall = apiCall(
  ApiKey.RENEW_DELEGATION_TOKEN,
  renewDelegationTokenRequest,
  renewDelegationTokenResponse,
);
const expireTokenCall = apiCall(
  ApiKey.EXPIRE_DELEGATION_TOKEN,
  expireDelegationTokenRequest,
  expireDelegationTokenResponse,
);
const describeTokensCall = apiCall(
  ApiKey.DESCRIBE_DELEGATION_TOKEN,
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
);
/** Leaves a time to the broker. */
const BROKER_DEFAULT_MS = -1;

/** A token with which its bearer may act as its owner (KIP-48). Times are milliseconds since 1970. */
export interface DelegationToken {
  /** The user name with which it logs in. */
  readonly tokenId: string;
  /** The password with which it logs in, as base64; it proves the right to renew and expire too. */
  readonly hmac: Buffer;
  /** Such as `User:alice`. */
  readonly owner: string;
  /** Who asked for it (KIP-373); the owner's own name where the broker does not tell. */
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestamp: number;
  /** When it ends unless it is renewed. */
  readonly expiryTimestamp: number;
  /** When it ends in any case. */
  readonly maxTimestamp: number;
}

/** Whom a token is for, and how long it may last. */
export interface CreateDelegationTokenOptions extends CallOptions {
  /** Whom the token is for, such as `User:alice`; default: who asks (KIP-373). */
  readonly owner?: string | undefined;
  /** Who may renew it besides its owner. */
  readonly renewers?: readonly string[] | undefined;
  /** Default: `delegation.token.max.lifetime.ms` of the broker. */
  readonly maxLifetimeMs?: number | undefined;
}

/** How long a token is to last from now on. */
export interface RenewDelegationTokenOptions extends CallOptions {
  /** Default: `delegation.token.expiry.time.ms` of the broker. */
  readonly renewPeriodMs?: number | undefined;
}

/** When a token is to end. */
export interface ExpireDelegationTokenOptions extends CallOptions {
  /** From now. Default: at once. */
  readonly expiryPeriodMs?: number | undefined;
}

/** Whose tokens are looked for. */
export interface DescribeDelegationTokensOptions extends CallOptions {
  /** Default: all owners whose tokens this client may see. */
  readonly owners?: readonly string[] | undefined;
}

interface WirePrincipal {
  readonly principalType: string;
  readonly principalName: string;
}

/**
 * Creates a token (KIP-48). Throws `DELEGATION_TOKEN_AUTH_DISABLED`, or
 * `DELEGATION_TOKEN_REQUEST_NOT_ALLOWED` on a connection that is not authenticated, or is so by a token.
 */
export async function createDelegationToken(
  cluster: Cluster,
  options: CreateDelegationTokenOptions = {},
): Promise<DelegationToken> {
  const deadline = cluster.deadline(options);
  const owner = options.owner === undefined ? undefined : principalOf(options.owner);
  const renewers = options.renewers ?? [];
  const body = {
    ownerPrincipalType: owner?.principalType ?? null,
    ownerPrincipalName: owner?.principalName ?? null,
    renewers: renewers.map(principalOf),
    maxLifetimeMs: options.maxLifetimeMs ?? BROKER_DEFAULT_MS,
  };
  const response = await askController(cluster, createTokenCall, body, deadline, checkToken);
  return {
    tokenId: response.tokenId,
    hmac: response.hmac,
    owner: textOf(response),
    requester: requesterOf(response),
    renewers,
    issueTimestamp: response.issueTimestampMs,
    expiryTimestamp: response.expiryTimestampMs,
    maxTimestamp: response.maxTimestampMs,
  };
}

/** Makes a token last longer. Returns when it ends now, milliseconds since 1970. */
export async function renewDelegationToken(
  cluster: Cluster,
  hmac: Buffer,
  options: RenewDelegationTokenOptions = {},
): Promise<number> {
  const deadline = cluster.deadline(options);
  const body = { hmac, renewPeriodMs: options.renewPeriodMs ?? BROKER_DEFAULT_MS };
  const response = await askController(cluster, renewTokenCall, body, deadline, checkToken);
  return response.expiryTimestampMs;
}

/** Ends a token. Returns when it ends, milliseconds since 1970. */
export async function expireDelegationToken(
  cluster: Cluster,
  hmac: Buffer,
  options: ExpireDelegationTokenOptions = {},
): Promise<number> {
  const deadline = cluster.deadline(options);
  const body = { hmac, expiryTimePeriodMs: options.expiryPeriodMs ?? BROKER_DEFAULT_MS };
  const response = await askController(cluster, expireTokenCall, body, deadline, checkToken);
  return response.expiryTimestampMs;
}

/** The tokens that this client may see. */
export async function describeDelegationTokens(
  cluster: Cluster,
  options: DescribeDelegationTokensOptions = {},
): Promise<readonly DelegationToken[]> {
  const deadline = cluster.deadline(options);
  const body = { owners: options.owners?.map(principalOf) ?? null };
  const response = await askAny(cluster, describeTokensCall, body, deadline, checkToken);
  return response.tokens.map((token) => ({
    tokenId: token.tokenId,
    hmac: token.hmac,
    owner: textOf(token),
    requester: requesterOf(token),
    renewers: token.renewers.map(textOf),
    issueTimestamp: token.issueTimestamp,
    expiryTimestamp: token.expiryTimestamp,
    maxTimestamp: token.maxTimestamp,
  }));
}

function checkToken({ errorCode }: { readonly errorCode: number }): void {
  throwOnError(errorCode, { api: "DelegationToken" });
}

function textOf({ principalType, principalName }: WirePrincipal): string {
  return `${principalType}:${principalName}`;
}

interface WireRequester extends WirePrincipal {
  readonly tokenRequesterPrincipalType: string;
  readonly tokenRequesterPrincipalName: string;
}

function requesterOf(wire: WireRequester): string {
  const { tokenRequesterPrincipalType: principalType } = wire;
  if (principalType === "") return textOf(wire);
  return textOf({ principalType, principalName: wire.tokenRequesterPrincipalName });
}

/** A principal from its text, `User:alice`. */
function principalOf(text: string): WirePrincipal {
  const colon = text.indexOf(":");
  if (colon > 0) {
    return { principalType: text.slice(0, colon), principalName: text.slice(colon + 1) };
  }
  throw new KafkaError(`"${text}" is no principal`, {
    code: "INVALID_PRINCIPAL_TYPE",
    remedy: "Give its type too, such as User:alice.",
  });
}
