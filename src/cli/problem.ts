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

/** Codes of errors from below, and what to do where the error does not say. */
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
    remedy: "start one with: moldau start, or name another with --bootstrap host:port",
  },
  CONNECTION_CLOSED: { code: "MLD3002" },
  NOT_KAFKA: {
    code: "MLD3003",
    remedy: "give --bootstrap the port of a broker's PLAINTEXT listener",
  },
  UNSUPPORTED_API: { code: "MLD3004" },
  TIMED_OUT: {
    code: "MLD3005",
    exitCode: ExitCode.timedOut,
    remedy: "try again, or wait longer with --timeout",
  },
  REQUEST_TIMED_OUT: { code: "MLD3005", exitCode: ExitCode.timedOut },
  CANCELLED: { code: "MLD3006" },
  UNKNOWN_TOPIC_OR_PARTITION: { code: "MLD3010", exitCode: ExitCode.notFound },
  UNKNOWN_TOPIC_ID: { code: "MLD3010", exitCode: ExitCode.notFound },
  GROUP_ID_NOT_FOUND: { code: "MLD3011", exitCode: ExitCode.notFound },
  RESOURCE_NOT_FOUND: { code: "MLD3012", exitCode: ExitCode.notFound },
  TOPIC_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  GROUP_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  CLUSTER_AUTHORIZATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  SASL_AUTHENTICATION_FAILED: { code: "MLD3020", exitCode: ExitCode.notAuthorised },
  INVALID_ADDRESS: { code: "MLD2002", exitCode: ExitCode.usage },
};

/** Anything that was thrown, as a problem. What nobody foresaw is a defect and keeps its stack. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof MoldauError) {
    const { code, exitCode, remedy } = known[thrown.code] ?? { code: thrown.code };
    return new Problem(code, thrown.message, {
      remedy: thrown.remedy ?? remedy,
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

/** Tells a problem on the error stream: two lines for people, an object for programs. */
export function tell(terminal: Terminal, problem: Problem, asJson: boolean): void {
  const paint = paintFor(terminal, terminal.stderr);
  const { code } = problem;
  for (const { message, remedy } of [problem, ...problem.others]) {
    if (asJson) {
      terminal.stderr.write(`${JSON.stringify({ error: message, code, remedy })}\n`);
      continue;
    }
    const fix = remedy === undefined ? "" : `\n  ${paint.dim("fix:")} ${remedy}`;
    terminal.stderr.write(`${paint.red(code)} ${message}${fix}\n`);
  }
}
