import { pbkdf2Sync } from "node:crypto";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from "../../protocol/messages/alter-user-scram-credentials.ts";
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
  type DescribeUserScramCredentialsResponse,
} from "../../protocol/messages/describe-user-scram-credentials.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, throwOnError } from "../errors.ts";
import type { Outcome } from "./outcome.ts";
import { askAny, byController } from "./routes.ts";
import { resultOf } from "./settle.ts";
import { vocabulary, type WordOf } from "./vocabulary.ts";

const describeScramCall = apiCall(
  ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS,
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
);
const alterScramCall = apiCall(
  ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
);

const mechanisms = vocabulary([
  ["SCRAM-SHA-256", 1],
  ["SCRAM-SHA-512", 2],
]);
const hashes = {
  "SCRAM-SHA-256": { name: "sha256", bytes: 32 },
  "SCRAM-SHA-512": { name: "sha512", bytes: 64 },
} as const;
/** Kafka takes 4096 to 16384. */
const SCRAM_ITERATIONS_DEFAULT = 4_096;
const SALT_BYTES = 24;

/** Mechanisms of SCRAM that Kafka has. */
export type ScramMechanism = WordOf<typeof mechanisms>;

/** A credential that a user has; brokers never tell the password or its hash. */
export interface ScramCredential {
  readonly mechanism: ScramMechanism | "unknown";
  readonly iterations: number;
}

/** A password for a user, or the end of one. */
export type ScramAlteration = ScramUpsertion | ScramDeletion;

/** A password for a user, in place of one there may be. */
export interface ScramUpsertion {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly password: string | Uint8Array;
  /** 4096 to 16384. Default 4096. */
  readonly iterations?: number | undefined;
  /** Default: random. */
  readonly salt?: Uint8Array | undefined;
}

/** The end of a password. */
export interface ScramDeletion {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly password: null;
}

/**
 * The SCRAM credentials of users (KIP-554), by default of all that have some; one outcome for each.
 * A user without any has the error `RESOURCE_NOT_FOUND`.
 */
export async function describeUserScramCredentials(
  cluster: Cluster,
  users: readonly string[] | null = null,
  options: CallOptions = {},
): Promise<readonly Outcome<readonly ScramCredential[]>[]> {
  const deadline = cluster.deadline(options);
  const body = { users: users?.map((name) => ({ name })) ?? null };
  const context = { api: "DescribeUserScramCredentials" };
  const response = await askAny(
    cluster,
    describeScramCall,
    body,
    deadline,
    ({ errorCode, errorMessage }) => throwOnError(errorCode, context, errorMessage),
  );
  const outcomes = new Map(response.results.map((result) => [result.user, outcomeOf(result)]));
  const names = users ?? [...outcomes.keys()].sort();
  return names.flatMap((name) => outcomes.get(name) ?? []);
}

type DescribedUser = ElementOf<DescribeUserScramCredentialsResponse["results"]>;

function outcomeOf(result: DescribedUser): Outcome<readonly ScramCredential[]> {
  const { user: name, errorCode, errorMessage, credentialInfos } = result;
  if (errorCode !== ErrorCode.NONE) {
    const context = { api: "DescribeUserScramCredentials" };
    return { name, value: undefined, error: brokerError(errorCode, context, errorMessage) };
  }
  const value = credentialInfos.map(({ mechanism, iterations }) => ({
    mechanism: mechanisms.wordOf(mechanism),
    iterations,
  }));
  return { name, value, error: undefined };
}

/**
 * Sets and removes SCRAM credentials (KIP-554); one outcome for each. Passwords do not leave this
 * process: what is sent is their salted hash, which is as good as the password to whoever has it.
 */
export async function alterUserScramCredentials(
  cluster: Cluster,
  alterations: readonly ScramAlteration[],
  options: CallOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byController<ScramAlteration, undefined>({
    cluster,
    items: alterations,
    deadline,
    contextOf: () => ({ api: "AlterUserScramCredentials" }),
    async ask(connection, items, settle) {
      const body = {
        deletions: items.flatMap(({ user: name, mechanism, password }) =>
          password === null ? [{ name, mechanism: mechanisms.codeOf(mechanism) }] : [],
        ),
        upsertions: items.flatMap((item) =>
          item.password === null ? [] : [upsertionOf(item, cluster)],
        ),
      };
      const bounds = cluster.bounds(deadline);
      const { results } = await connection.request(alterScramCall, body, bounds);
      const answers = new Map(results.map((result) => [result.user, result]));
      for (const item of items) {
        const answer = answers.get(item.user);
        if (answer === undefined) continue;
        settle.answered(item, answer.errorCode, answer.errorMessage, () => undefined);
      }
    },
  });
  return alterations.map((alteration) => ({
    name: alteration.user,
    ...resultOf(settled, alteration),
  }));
}

function upsertionOf(upsertion: ScramUpsertion, { platform }: Cluster) {
  const { user: name, mechanism, password, iterations = SCRAM_ITERATIONS_DEFAULT } = upsertion;
  const salt = Buffer.from(upsertion.salt ?? platform.random.bytes(SALT_BYTES));
  const code = mechanisms.codeOf(mechanism);
  const { name: hash, bytes } = hashes[mechanism];
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash);
  return { name, mechanism: code, iterations, salt, saltedPassword };
}
