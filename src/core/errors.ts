/** What every error that an operator or a machine causes carries besides its message. */
export interface MoldauErrorOptions {
  /** Stable name for programs and documents, such as `MLD1003` or `DISK_FULL`. */
  readonly code: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
  /** What a person should do about it, one sentence. */
  readonly remedy?: string;
}

/**
 * An error that the operator or the machine causes: a wrong setting, a full disk, damaged bytes.
 * What the protocol can say is an `ErrorCode` value instead; a broken invariant is an assertion.
 */
export class MoldauError extends Error {
  override readonly name: string = "MoldauError";
  readonly code: string;
  readonly retriable: boolean;
  readonly remedy: string | undefined;

  constructor(message: string, options: MoldauErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.retriable = options.retriable ?? false;
    this.remedy = options.remedy;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
