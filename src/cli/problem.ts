import { MoldauError, messageOf } from "../core/errors.ts";
import { ExitCode } from "./exit-code.ts";
import { paintFor, type Terminal } from "./terminal.ts";

/**
 * Why a command failed, as a person is told: a sentence with its cause, what to do about it, and a code
 * to search for.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;
  /** What was wrong besides. */
  readonly others: readonly { readonly message: string; readonly remedy: string | undefined }[];

  constructor(
    code: string,
    message: string,
    options: {
      readonly remedy?: string | undefined;
      readonly exitCode?: ExitCode;
      readonly cause?: unknown;
      readonly others?: Problem["others"];
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? ExitCode.failed;
    this.others = options.others ?? [];
  }
}

/** The command was not understood. */
export function usageProblem(message: string, remedy?: string): Problem {
  return new Problem("MLD2001", message, { remedy, exitCode: ExitCode.usage });
}

interface Known {
  readonly code: string;
  readonly exitCode?: ExitCode;
  readonly remedy?: string;
}

/** Codes of errors from below, and what to do where the error does not say, or says it to a programmer. */
const known: Readonly<Record<string, Known>> = {
  INVALID_CONFIG: { code: "MLD1001" },
  LOG_DIRECTORY_UNREADABLE: { code: "MLD1005" },
  LOG_DIRECTORY_UNUSABLE: { code: "MLD1005" },
  LOG_DIRECTORY_FOREIGN: { code: "MLD1006" },
  LOG_DIRECTORY_OFFLINE: { code: "MLD1008" },
  LOG_DIRECTORY_UNFORMATTED: { code: "MLD1012" },
  LOG_FOLDER_UNKNOWN: { code: "MLD1013" },
  LOG_FOLDER_TWICE: { code: "MLD1013" },
  METADATA_LOG_MISPLACED: { code: "MLD1013" },
  QUORUM_NOT_SUPPORTED: { code: "MLD1014" },
  QUORUM_STATE_DAMAGED: { code: "MLD1015" },
  SNAPSHOT_DAMAGED: { code: "MLD1015" },
  SNAPSHOT_MISSING: { code: "MLD1015" },
  STORAGE_FILE_DAMAGED: { code: "MLD1015" },
  METADATA_REPLAY: { code: "MLD1015" },
  CORRUPT_RECORDS: { code: "MLD1015" },
  METADATA_LOG_FAILED: { code: "MLD1016" },
  METADATA_LOG_FULL: { code: "MLD1016" },
  FORMAT_QUORUM: { code: "MLD1017", exitCode: ExitCode.usage },
  FORMAT_FEATURE: { code: "MLD1017", exitCode: ExitCode.usage },
  FORMAT_RELEASE: { code: "MLD1017", exitCode: ExitCode.usage },
  FORMAT_SCRAM: { code: "MLD1017", exitCode: ExitCode.usage },
  ALREADY_FORMATTED: { code: "MLD1011" },
  DISK_FULL: { code: "MLD1007", remedy: "free some space, or choose another --data" },
  DISK_DENIED: { code: "MLD1005", remedy: "choose another --data, or change the permissions" },
  DISK_FAILED: { code: "MLD1008", remedy: "look at the disk; its own log says more" },
  BOOTSTRAP_FAILED: {
    code: "MLD3001",
    remedy:
      "start one with: moldau dev, or name another with -b host:port; moldau doctor says more",
  },
  CONNECTION_CLOSED: { code: "MLD3002", remedy: "moldau doctor says why connections fail" },
  NOT_KAFKA: {
    code: "MLD3003",
    remedy: "give -b the port of a broker's listener for clients",
  },
  UNSUPPORTED_API: { code: "MLD3004" },
  UNSUPPORTED_VERSION: { code: "MLD3004" },
  TIMED_OUT: {
    code: "MLD3005",
    exitCode: ExitCode.timedOut,
    remedy: "try again, or wait longer with --timeout",
  },
  REQUEST_TIMED_OUT: { code: "MLD3005", exitCode: ExitCode.timedOut },
  CANCELLED: { code: "MLD3006" },
  TLS_OPTIONS: {
    code: "MLD3007",
    remedy: "check --ca, --cert and --cert-key, and the passwords of stores",
  },
  TLS_REQUIRED: { code: "MLD3008", remedy: "say --tls, and --ca for an authority of your own" },
  TLS_NOT_SPOKEN: {
    code: "MLD3008",
    remedy: "leave --tls out, or give -b the port of a listener with SSL or SASL_SSL",
  },
  TLS_INTERRUPTED: { code: "MLD3008" },
  TLS_UNKNOWN_CA: {
    code: "MLD3008",
    remedy: "give the certificate of the authority that signed it: --ca ca.pem",
  },
  TLS_WRONG_HOST: {
    code: "MLD3008",
    remedy: "connect by a name that the certificate holds",
  },
  TLS_CERTIFICATE_EXPIRED: { code: "MLD3008" },
  TLS_CERTIFICATE_REFUSED: {
    code: "MLD3008",
    exitCode: ExitCode.notAuthorised,
    remedy: "give a certificate that the broker trusts: --cert me.pem --cert-key me.key",
  },
  TLS_FAILED: { code: "MLD3008" },
  UNKNOWN_TOPIC_OR_PARTITION: { code: "MLD3010", exitCode: ExitCode.notFound },
  UNKNOWN_TOPIC_ID: { code: "MLD3010", exitCode: ExitCode.notFound },
  GROUP_ID_NOT_FOUND: { code: "MLD3011", exitCode: ExitCode.notFound },
  RESOURCE_NOT_FOUND: { code: "MLD3012", exitCode: ExitCode.notFound },
  TRANSACTIONAL_ID_NOT_FOUND: { code: "MLD3012", exitCode: ExitCode.notFound },
  BROKER_ID_NOT_REGISTERED: { code: "MLD3012", exitCode: ExitCode.notFound },
  NON_EMPTY_GROUP: { code: "MLD3013", remedy: "stop its members first" },
  GROUP_SUBSCRIBED_TO_TOPIC: {
    code: "MLD3013",
    remedy: "stop the members that read the topic first",
  },
  TOPIC_ALREADY_EXISTS: {
    code: "MLD3016",
    remedy: "leave it as it is with --if-not-exists, or change it: moldau topic alter",
  },
  SECURITY_DISABLED: {
    code: "MLD3017",
    remedy: "set authorizer.class.name on the brokers to have them",
  },
  TOPIC_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  GROUP_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  CLUSTER_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  SASL_AUTHENTICATION_FAILED: {
    code: "MLD3020",
    exitCode: ExitCode.notAuthorised,
    remedy:
      "check user and password (or the token) and --sasl-mechanism; SCRAM-SHA-256 and -512 are kept apart",
  },
  SASL_REQUIRED: {
    code: "MLD3020",
    exitCode: ExitCode.notAuthorised,
    remedy: "say who you are: --user name, and the password in $MOLDAU_PASSWORD",
  },
  UNSUPPORTED_SASL_MECHANISM: {
    code: "MLD3020",
    exitCode: ExitCode.notAuthorised,
    remedy: "take one that it offers with --sasl-mechanism",
  },
  ILLEGAL_SASL_STATE: {
    code: "MLD3020",
    remedy: "leave --user out, or give -b the port of a listener with SASL",
  },
  SASL_TOKEN_REFUSED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  SASL_TOKEN_UNAVAILABLE: {
    code: "MLD3020",
    exitCode: ExitCode.notAuthorised,
    remedy: "check sasl.oauthbearer.token.endpoint.url, the client's id and secret, and the scope",
  },
  SASL_OPTIONS: {
    code: "MLD2002",
    exitCode: ExitCode.usage,
    remedy: "check the properties sasl.oauthbearer.…: moldau help connection",
  },
  MESSAGE_TOO_LARGE: {
    code: "MESSAGE_TOO_LARGE",
    remedy: "raise -X max.request.size of the producer, and max.message.bytes of the topic",
  },
  INVALID_ARGUMENT: { code: "MLD2002", exitCode: ExitCode.usage },
  INVALID_ADDRESS: { code: "MLD2002", exitCode: ExitCode.usage },
};

/** What to do about an error of this code, in the words of the command line. */
export function remedyFor(code: string): string | undefined {
  return known[code]?.remedy;
}

/** Brokers have some names in common with the node. */
function knownOf(error: MoldauError): Known {
  const { cause } = error;
  const isOnTheWay = error.code === "BOOTSTRAP_FAILED" && cause instanceof MoldauError;
  if (isOnTheWay && /^(?:SASL|TLS)_/.test(cause.code)) return knownOf(cause);
  const isBrokers = "errorCode" in error && error.errorCode !== undefined;
  const found = isBrokers && error.code === "INVALID_CONFIG" ? undefined : known[error.code];
  return found ?? { code: error.code };
}

/** Anything that was thrown, as a problem. What nobody foresaw is a defect and keeps its stack. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof MoldauError) {
    const { code, exitCode, remedy } = knownOf(thrown);
    return new Problem(code, withoutCode(thrown.message, code), {
      remedy: remedy ?? thrown.remedy,
      exitCode: exitCode ?? ExitCode.failed,
      cause: thrown,
    });
  }
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return new Problem("MLD9000", stack ?? messageOf(thrown), {
    remedy: "this is a defect of Moldau; please report it with the lines above",
    cause: thrown,
  });
}

/** A message without the code that stands before it already. */
function withoutCode(message: string, code: string): string {
  return message.endsWith(` (${code})`) ? message.slice(0, -` (${code})`.length) : message;
}

/** What a broker answers; `undefined` where it does not serve it, or not to this client. */
export async function optionalAnswer<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    const { code } = problemOf(thrown);
    if (code === "MLD3004" || code === "MLD3020") return undefined;
    throw thrown;
  }
}

/** Remedies from below are sentences; here they follow a colon. */
export function asOurs(remedy: string): string {
  const isSentence = /^[A-Z][a-z]/.test(remedy) && !remedy.slice(0, -1).includes(". ");
  if (!isSentence) return remedy;
  return (remedy[0]?.toLowerCase() ?? "") + remedy.slice(1).replace(/\.$/, "");
}

/** Tells a problem on the error stream: two lines for people, an object for programs. */
export function tell(terminal: Terminal, problem: Problem, asJson: boolean): void {
  const paint = paintFor(terminal, terminal.stderr);
  const { code } = problem;
  for (const { message, remedy } of [problem, ...problem.others]) {
    if (asJson) {
      terminal.stderr.write(`${JSON.stringify({ error: message, code, remedy })}\n`);
      continue;
    }
    const fix = remedy === undefined ? "" : `\n  ${paint.dim("fix:")} ${asOurs(remedy)}`;
    terminal.stderr.write(`${paint.red(code)} ${message}${fix}\n`);
  }
}
