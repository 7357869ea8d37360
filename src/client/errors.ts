import { MoldauError, type MoldauErrorOptions } from "../core/errors.ts";
import { ErrorCode, errorName, isRetriable } from "../protocol/error-code.ts";

/** What an error is about; whatever is known. */
export interface KafkaErrorContext {
  readonly api?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly group?: string | undefined;
  readonly transactionalId?: string | undefined;
  /** `host:port`. */
  readonly broker?: string | undefined;
}

/** Failures that no broker names. */
export type ClientErrorCode =
  /** No address of the bootstrap list answered. */
  | "BOOTSTRAP_FAILED"
  /** The connection ended before the answer; whether the request was carried out is not known. */
  | "CONNECTION_CLOSED"
  /** No answer within the time of the request, or of the whole call. */
  | "TIMED_OUT"
  /** The caller's signal was aborted. */
  | "CANCELLED"
  /** The broker does not serve this API, or none of the versions that this client speaks. */
  | "UNSUPPORTED_API"
  /** The peer does not speak Kafka's protocol. */
  | "NOT_KAFKA"
  /** The object was closed before. */
  | "CLOSED";

/**
 * Something that Kafka's protocol or a connection said no to. `code` is the protocol's name, such as
 * `NOT_LEADER_OR_FOLLOWER`, or a {@link ClientErrorCode}.
 */
export class KafkaError extends MoldauError {
  override readonly name = "KafkaError";
  /** The number on the wire, or `undefined` when no broker said it. */
  readonly errorCode: number | undefined;
  readonly context: KafkaErrorContext;

  constructor(
    message: string,
    options: MoldauErrorOptions & {
      readonly errorCode?: number;
      readonly context?: KafkaErrorContext;
    },
  ) {
    super(message, options);
    this.errorCode = options.errorCode;
    this.context = options.context ?? {};
  }
}

/** An error of this side of the connection. */
export function clientError(
  code: ClientErrorCode,
  message: string,
  details: { readonly context?: KafkaErrorContext; readonly cause?: unknown } = {},
): KafkaError {
  const retriable = code === "CONNECTION_CLOSED" || code === "TIMED_OUT";
  return new KafkaError(message, { code, retriable, ...details });
}

/** An error that a broker answered; `detail` is its own sentence, if it sent one. */
export function brokerError(
  errorCode: number,
  context: KafkaErrorContext,
  detail: string | null = null,
): KafkaError {
  const subject = describeContext(context);
  const words = detail === null || detail === "" ? sentenceOf(errorCode) : detail;
  const code = errorName(errorCode);
  return new KafkaError(`${subject}${words} (${code})`, {
    code,
    errorCode,
    retriable: isRetriable(errorCode),
    context,
  });
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

function describeContext({ topic, partition, group, broker, api }: KafkaErrorContext): string {
  if (topic !== undefined) {
    return partition === undefined ? `topic ${topic}: ` : `partition ${topic}-${partition}: `;
  }
  if (group !== undefined) return `group ${group}: `;
  if (broker !== undefined) return `${broker}: `;
  return api === undefined ? "" : `${api}: `;
}

const sentences: Readonly<Record<number, string>> = {
  [ErrorCode.UNKNOWN_SERVER_ERROR]: "the broker failed; its log says why",
  [ErrorCode.OFFSET_OUT_OF_RANGE]: "there is no such offset",
  [ErrorCode.CORRUPT_MESSAGE]: "the records were damaged on their way",
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: "there is no such topic or partition",
  [ErrorCode.LEADER_NOT_AVAILABLE]: "it has no leader at the moment",
  [ErrorCode.NOT_LEADER_OR_FOLLOWER]: "another broker leads it now",
  [ErrorCode.REQUEST_TIMED_OUT]: "the broker could not do it in time",
  [ErrorCode.MESSAGE_TOO_LARGE]: "a record is larger than the topic allows (max.message.bytes)",
  [ErrorCode.COORDINATOR_NOT_AVAILABLE]: "its coordinator is not available",
  [ErrorCode.NOT_COORDINATOR]: "another broker coordinates it now",
  [ErrorCode.INVALID_TOPIC_EXCEPTION]: "the name of the topic is not allowed",
  [ErrorCode.NOT_ENOUGH_REPLICAS]: "too few replicas are in sync (min.insync.replicas)",
  [ErrorCode.ILLEGAL_GENERATION]: "the member is of an older generation of the group",
  [ErrorCode.UNKNOWN_MEMBER_ID]: "the group does not know this member (any more)",
  [ErrorCode.REBALANCE_IN_PROGRESS]: "the group is rebalancing",
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED]: "not allowed to use this topic",
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]: "not allowed to use this group",
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED]: "not allowed to do this to the cluster",
  [ErrorCode.UNSUPPORTED_VERSION]: "the broker does not support this",
  [ErrorCode.TOPIC_ALREADY_EXISTS]: "it exists already",
  [ErrorCode.INVALID_PARTITIONS]: "the number of partitions is not possible",
  [ErrorCode.INVALID_REPLICATION_FACTOR]: "there are fewer brokers than replicas asked for",
  [ErrorCode.INVALID_CONFIG]: "a setting is not valid",
  [ErrorCode.POLICY_VIOLATION]: "a policy of the cluster forbids it",
  [ErrorCode.KAFKA_STORAGE_ERROR]: "the disk of the broker failed",
  [ErrorCode.NON_EMPTY_GROUP]: "it still has members",
  [ErrorCode.GROUP_ID_NOT_FOUND]: "there is no such group",
  [ErrorCode.TOPIC_DELETION_DISABLED]: "deleting topics is switched off (delete.topic.enable)",
  [ErrorCode.UNKNOWN_TOPIC_ID]: "there is no topic with this id",
};

function sentenceOf(errorCode: number): string {
  return sentences[errorCode] ?? "the broker refused";
}
