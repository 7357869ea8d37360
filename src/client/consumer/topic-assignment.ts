import { messageOf } from "../../core/errors.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { TopicMetadata } from "../cluster/cluster.ts";
import { brokerError, throwOnError } from "../errors.ts";
import type { ConsumerCore } from "./consumer-core.ts";

/** How long a topic that was made a moment ago may take until brokers know of it. */
const TOPIC_APPEARS_MS = 1_000;
const TOPIC_APPEARS_PAUSE_MS = 100;

/**
 * Reads partitions without a group: those that are named, or all of the topics, also those that are added
 * later. Throws `UNKNOWN_TOPIC_OR_PARTITION` for topics and partitions that are not there.
 */
export async function assignTopics(
  core: ConsumerCore,
  partitions: readonly number[] | undefined,
  followEveryMs: number,
): Promise<void> {
  const { names } = core.selection;
  const topics = await readableTopics(core, names);
  core.add(topics.flatMap((topic) => partitionsOf(topic, partitions)));
  const isFixed = partitions !== undefined || core.options.untilEnd;
  if (isFixed) return;
  core.onTopic = (topic, count, isInternal) => {
    if (!core.selection.includes(topic, isInternal)) return;
    // Whatever was added since the start is new to this consumer, from its first record on.
    core.add(
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
      "earliest",
    );
  };
  core.tracker.follow(names ?? null, followEveryMs);
}

/**
 * Whether the topics that a member names are there. One that is to come to an end cannot do so where a topic is
 * missing, and throws `UNKNOWN_TOPIC_OR_PARTITION`; others wait for the topic, which the log says.
 */
export async function checkGroupTopics(core: ConsumerCore): Promise<void> {
  const { names } = core.selection;
  if (names === undefined) return;
  if (core.options.untilEnd) {
    await readableTopics(core, names);
    return;
  }
  const { logger } = core.cluster;
  const warnOf = (topics: readonly TopicMetadata[]): void => {
    for (const { name: topic, errorCode } of topics) {
      if (errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) continue;
      const remedy = `Create it with: moldau topic create ${topic}`;
      logger.warn("there is no such topic yet; it is read once it is made", { topic, remedy });
    }
  };
  core.cluster.metadataOf(names, { signal: core.closing }).then(warnOf, (thrown: unknown) => {
    logger.debug("whether topics are there is not known", { reason: messageOf(thrown) });
  });
}

/** The topics that are meant, as metadata have them. */
async function readableTopics(
  core: ConsumerCore,
  names: readonly string[] | undefined,
): Promise<readonly TopicMetadata[]> {
  // A cluster that does not answer is waited for, as it is later on.
  const call = { timeoutMs: Infinity, signal: core.closing };
  const deadline = core.cluster.deadline(call);
  const appearing = core.cluster.deadline({ timeoutMs: TOPIC_APPEARS_MS, signal: core.closing });
  for (;;) {
    const topics = await core.cluster.metadataOf(names ?? null, call);
    const isMissing = topics.some(
      ({ errorCode }) => errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
    if (names !== undefined && isMissing && appearing.remainingMs() > 0) {
      await appearing.wait(TOPIC_APPEARS_PAUSE_MS);
      deadline.check();
      continue;
    }
    if (names !== undefined) checkReadable(topics);
    return topics.filter(
      ({ name, isInternal, errorCode }) =>
        errorCode === ErrorCode.NONE && name !== null && core.selection.includes(name, isInternal),
    );
  }
}

function checkReadable(topics: readonly TopicMetadata[]): void {
  for (const { name, errorCode } of topics) {
    const topic = name ?? "";
    if (errorCode === ErrorCode.LEADER_NOT_AVAILABLE) continue;
    if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
      throw brokerError(errorCode, { topic }, `there is no topic ${topic}`, {
        retriable: false,
        remedy: `Create it with: moldau topic create ${topic}`,
      });
    }
    throwOnError(errorCode, { api: "Metadata", topic });
  }
}

function partitionsOf(
  { name, partitions }: TopicMetadata,
  wanted: readonly number[] | undefined,
): TopicPartition[] {
  const topic = name ?? "";
  const there = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  const missing = wanted?.find((partition) => !there.includes(partition));
  if (missing !== undefined) {
    const last = there.length - 1;
    const message = `topic ${topic} has no partition ${missing}; it has 0 to ${last}`;
    throw brokerError(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      { topic, partition: missing },
      message,
      { retriable: false },
    );
  }
  return (wanted ?? there).map((partition) => ({ topic, partition }));
}
