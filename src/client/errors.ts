import { MoldauError } from "../core/errors.ts";
import { ErrorCode, errorCodeOf, errorName, isRetriable } from "../protocol/error-code.ts";
import {
  codesByCause,
  facts,
  fatalCodes,
  rejoinCodes,
  retriableClientCodes,
  type ClientErrorCode,
  type CodeOfCause,
  type ErrorCause,
  type KafkaErrorCode,
  type ProtocolErrorName,
} from "./error-facts.ts";

export type { ClientErrorCode, ErrorCause, KafkaErrorCode, ProtocolErrorName };

/** What an error is about; whatever is known. */
export interface KafkaErrorContext {
  /** Kafka's name of the API, such as `Fetch`. */
  readonly api?: string | undefined;
  readonly apiKey?: number | undefined;
  readonly apiVersion?: number | undefined;
  readonly correlationId?: number | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly group?: string | undefined;
  readonly transactionalId?: string | undefined;
  /** `host:port`. */
  readonly broker?: string | undefined;
  readonly nodeId?: number | undefined;
}

export interface KafkaErrorOptions {
  readonly code: KafkaErrorCode;
  /** The number on the wire, when a broker said it. */
  readonly errorCode?: number | undefined;
  readonly context?: KafkaErrorContext | undefined;
  readonly cause?: unknown;
  /** These three follow from the code unless they are given. */
  readonly retriable?: boolean | undefined;
  readonly fatal?: boolean | undefined;
  readonly needsRejoin?: boolean | undefined;
  /** Default: that of the code, if it has one. */
  readonly remedy?: string | undefined;
}

/** Where Kafka explains its error codes. */
const PROTOCOL_ERRORS_URL = "https://kafka.apache.org/protocol.html#protocol_error_codes";

/**
 * Something that Kafka's protocol, a connection or this client said no to. `code` is the protocol's name,
 * such as `NOT_LEADER_OR_FOLLOWER`, or a {@link ClientErrorCode}. There is a class for each cause;
 * {@link isKafkaError} makes an error one of {@link AnyKafkaError}, of which a `switch` over `code` can be
 * exhaustive.
 */
export class KafkaError extends MoldauError {
  override readonly name: string = "KafkaError";
  declare readonly code: KafkaErrorCode;
  /** The number on the wire, or `undefined` when no broker said it. */
  readonly errorCode: number | undefined;
  readonly context: KafkaErrorContext;
  /** Whether what met it (client, producer, member of a group) cannot go on and has to be made anew. */
  readonly fatal: boolean;
  /** Whether the member has to join its group again. */
  readonly needsRejoin: boolean;

  constructor(message: string, options: KafkaErrorOptions) {
    const { code, errorCode, context, cause, retriable, fatal, needsRejoin } = options;
    const remedy = options.remedy ?? facts[code]?.remedy;
    super(message, {
      code,
      retriable: retriable ?? isRetriableCode(code),
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
    this.errorCode = errorCode;
    this.context = context ?? {};
    this.fatal = fatal ?? fatalCodes.has(code);
    this.needsRejoin = needsRejoin ?? rejoinCodes.has(code);
  }

  /** Where to read about the code; `undefined` for one of this client. */
  get helpUrl(): string | undefined {
    return protocolCode(this.code) === undefined ? undefined : PROTOCOL_ERRORS_URL;
  }
}

/** A broker cannot be reached, a connection ended, or the peer is none. */
export class ConnectionError extends KafkaError {
  override readonly name: string = "ConnectionError";
  declare readonly code: CodeOfCause<"connection">;
}

/** Something did not happen in the time it had. */
export class TimeoutError extends KafkaError {
  override readonly name: string = "TimeoutError";
  declare readonly code: CodeOfCause<"timeout">;
}

/** The caller's signal was aborted; `cause` is its reason. */
export class CancelledError extends KafkaError {
  override readonly name: string = "CancelledError";
  declare readonly code: CodeOfCause<"cancelled">;
}

/** The object was closed before, or while the call went on. */
export class ClosedError extends KafkaError {
  override readonly name: string = "ClosedError";
  declare readonly code: CodeOfCause<"closed">;
}

/** One side does not believe who the other is. */
export class AuthenticationError extends KafkaError {
  override readonly name: string = "AuthenticationError";
  declare readonly code: CodeOfCause<"authentication">;
}

/** The principal is not allowed to do this. */
export class AuthorizationError extends KafkaError {
  override readonly name: string = "AuthorizationError";
  declare readonly code: CodeOfCause<"authorization">;
}

/** The broker cannot do this: it is older, newer, or of another kind. */
export class UnsupportedError extends KafkaError {
  override readonly name: string = "UnsupportedError";
  declare readonly code: CodeOfCause<"unsupported">;
}

/** A topic or partition is not there, or not led where it was asked for. */
export class PartitionError extends KafkaError {
  override readonly name: string = "PartitionError";
  declare readonly code: CodeOfCause<"partition">;
}

/** A place in a log that there is not. */
export class OffsetError extends KafkaError {
  override readonly name: string = "OffsetError";
  declare readonly code: CodeOfCause<"offset">;
}

/** A record that cannot be written or read. */
export class RecordError extends KafkaError {
  override readonly name: string = "RecordError";
  declare readonly code: CodeOfCause<"record">;
}

/** The coordinator of a group or a transaction is elsewhere, or not ready. */
export class CoordinatorError extends KafkaError {
  override readonly name: string = "CoordinatorError";
  declare readonly code: CodeOfCause<"coordinator">;
}

/** A group does not take this member, its offsets, or the call. */
export class GroupError extends KafkaError {
  override readonly name: string = "GroupError";
  declare readonly code: CodeOfCause<"group">;
}

/** Sequences and epochs of a producer, and transactions. */
export class TransactionError extends KafkaError {
  override readonly name: string = "TransactionError";
  declare readonly code: CodeOfCause<"transaction">;
}

/** A session between client and broker is not what one side thinks; made anew by the client itself. */
export class SessionError extends KafkaError {
  override readonly name: string = "SessionError";
  declare readonly code: CodeOfCause<"session">;
}

/** More than a quota allows. */
export class QuotaError extends KafkaError {
  override readonly name: string = "QuotaError";
  declare readonly code: CodeOfCause<"quota">;
}

/** What was asked for cannot be. */
export class RequestError extends KafkaError {
  override readonly name: string = "RequestError";
  declare readonly code: CodeOfCause<"request">;
}

/** The broker failed, or its cluster is at odds with itself. */
export class BrokerError extends KafkaError {
  override readonly name: string = "BrokerError";
  declare readonly code: CodeOfCause<"broker">;
}

const classes = {
  connection: ConnectionError,
  timeout: TimeoutError,
  cancelled: CancelledError,
  closed: ClosedError,
  authentication: AuthenticationError,
  authorization: AuthorizationError,
  unsupported: UnsupportedError,
  partition: PartitionError,
  offset: OffsetError,
  record: RecordError,
  coordinator: CoordinatorError,
  group: GroupError,
  transaction: TransactionError,
  session: SessionError,
  quota: QuotaError,
  request: RequestError,
  broker: BrokerError,
} as const satisfies Readonly<Record<ErrorCause, typeof KafkaError>>;

/** Every error of the client, told apart by `code`; subclasses of it with fields of their own are among them. */
export type AnyKafkaError = {
  [C in ErrorCause]: KafkaError & { readonly code: CodeOfCause<C> };
}[ErrorCause];

const causes: ReadonlyMap<KafkaErrorCode, ErrorCause> = new Map(
  causeNames().flatMap((cause) =>
    codesByCause[cause].map((code): [KafkaErrorCode, ErrorCause] => [code, cause]),
  ),
);

/** Whether something that was thrown is an error of this client; then its `code` tells which. */
export function isKafkaError(thrown: unknown): thrown is AnyKafkaError {
  return thrown instanceof KafkaError;
}

/** The error of a code, of the class that its cause has. */
export function kafkaError(message: string, options: KafkaErrorOptions): KafkaError {
  const cause = causes.get(options.code) ?? "broker";
  return new classes[cause](message, options);
}

/** A text that is the code of an error; errors of other rooms have codes of their own. */
export function isKafkaErrorCode(text: string): text is KafkaErrorCode {
  const codes: ReadonlyMap<string, ErrorCause> = causes;
  return codes.has(text);
}

/** An error of another room (a network, a login) as one of this; a code of its own becomes `fallback`. */
export function kafkaErrorFrom(
  thrown: MoldauError,
  fallback: ClientErrorCode,
  details: { readonly message?: string; readonly context?: KafkaErrorContext } = {},
): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  const { message, code, retriable, remedy } = thrown;
  return kafkaError(details.message ?? message, {
    code: isKafkaErrorCode(code) ? code : fallback,
    retriable,
    context: details.context,
    cause: thrown,
    remedy,
  });
}

/** An error of this side of the connection. */
export function clientError(
  code: ClientErrorCode,
  message: string,
  details: Omit<KafkaErrorOptions, "code" | "errorCode"> = {},
): KafkaError {
  return kafkaError(message, { code, ...details });
}

/** An error that a broker answered; `detail` is its own sentence, if it sent one. */
export function brokerError(
  errorCode: number,
  context: KafkaErrorContext,
  detail: string | null = null,
  details: Omit<KafkaErrorOptions, "code" | "errorCode" | "context"> = {},
): KafkaError {
  const code = protocolName(errorCode);
  const subject = describeContext(context);
  const words = detail ?? "";
  const sentence = words === "" ? (facts[code]?.sentence ?? "the broker refused") : words;
  const message = `${subject}${sentence} (${errorName(errorCode)})`;
  return kafkaError(message, { code, errorCode, context, ...details });
}

/** Throws {@link brokerError} unless the code is NONE. */
export function throwOnError(
  errorCode: number,
  context: KafkaErrorContext,
  detail: string | null = null,
): void {
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, context, detail);
}

/** Whether the call may succeed when it is made again as it is. */
export function isRetriableError(thrown: unknown): boolean {
  return thrown instanceof MoldauError && thrown.retriable;
}

/** The same error about more: for those who know what it was about when it comes out of a connection. */
export function withContext(error: KafkaError, context: KafkaErrorContext): KafkaError {
  const { message, code, errorCode, retriable, fatal, needsRejoin, remedy, cause } = error;
  return kafkaError(message, {
    code,
    errorCode,
    retriable,
    fatal,
    needsRejoin,
    remedy,
    cause,
    context: { ...error.context, ...context },
  });
}

function causeNames(): readonly ErrorCause[] {
  const names: ErrorCause[] = [];
  for (const name of Object.keys(codesByCause)) if (isCause(name)) names.push(name);
  return names;
}

function isCause(name: string): name is ErrorCause {
  return name in codesByCause;
}

/** The name of a number from the wire; what Kafka does not know is UNKNOWN_SERVER_ERROR, as there. */
export function protocolName(errorCode: number): ProtocolErrorName {
  const name = errorName(errorCodeOf(errorCode));
  return isProtocolName(name) ? name : "UNKNOWN_SERVER_ERROR";
}

function isProtocolName(name: string): name is ProtocolErrorName {
  return name in ErrorCode && name !== "NONE";
}

function protocolCode(code: KafkaErrorCode): number | undefined {
  return isProtocolName(code) ? ErrorCode[code] : undefined;
}

function isRetriableCode(code: KafkaErrorCode): boolean {
  if (retriableClientCodes.has(code)) return true;
  const number = protocolCode(code);
  return number !== undefined && isRetriable(number);
}

function describeContext(context: KafkaErrorContext): string {
  const { topic, partition, group, transactionalId, broker, api } = context;
  if (topic !== undefined) {
    return partition === undefined ? `topic ${topic}: ` : `partition ${topic}-${partition}: `;
  }
  if (group !== undefined) return `group ${group}: `;
  if (transactionalId !== undefined) return `transactional id ${transactionalId}: `;
  if (broker !== undefined) return `${broker}: `;
  return api === undefined ? "" : `${api}: `;
}
