import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeLogDirsRequest,
  DescribeLogDirsResponseInput,
} from "../../protocol/messages/describe-log-dirs.ts";
import type { Broker } from "../broker.ts";
import type { Partition } from "../partition.ts";
import type { RequestContext } from "../request-context.ts";

type DirectoryAnswer = NonNullable<DescribeLogDirsResponseInput["results"]>[number];
type TopicAnswer = NonNullable<DirectoryAnswer["topics"]>[number];

/** DescribeLogDirs, versions 1 to 5. v2 flexible. v4 size of the volume (KIP-827). v5 cordoned. */
export function handleDescribeLogDirs(
  broker: Broker,
  _context: RequestContext,
  request: DescribeLogDirsRequest,
): DescribeLogDirsResponseInput {
  const wanted = wantedPartitions(request);
  const byDirectory = new Map<string, Map<string, Partition[]>>();
  for (const partition of broker.replicas.partitions()) {
    if (wanted !== undefined && wanted.get(partition.topic)?.has(partition.partition) !== true) {
      continue;
    }
    const directory = partition.log.directory.path;
    let topics = byDirectory.get(directory);
    if (topics === undefined) byDirectory.set(directory, (topics = new Map()));
    const partitions = topics.get(partition.topic);
    if (partitions === undefined) topics.set(partition.topic, [partition]);
    else partitions.push(partition);
  }
  const results = broker.logManager.directories().map((directory): DirectoryAnswer => {
    if (directory.isOffline) {
      return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: directory.path };
    }
    const { freeBytes, totalBytes } = directory.space();
    return {
      errorCode: ErrorCode.NONE,
      logDir: directory.path,
      topics: describeTopics(byDirectory.get(directory.path) ?? new Map()),
      totalBytes,
      usableBytes: freeBytes,
    };
  });
  return { errorCode: ErrorCode.NONE, results };
}

/** Partitions by topic, or `undefined` for all. */
function wantedPartitions(request: DescribeLogDirsRequest): Map<string, Set<number>> | undefined {
  if (request.topics === null) return undefined;
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of request.topics) {
    const known = wanted.get(topic) ?? new Set<number>();
    for (const partition of partitions) known.add(partition);
    wanted.set(topic, known);
  }
  return wanted;
}

function describeTopics(topics: ReadonlyMap<string, readonly Partition[]>): TopicAnswer[] {
  const answers: TopicAnswer[] = [];
  for (const [name, partitions] of topics) {
    answers.push({
      name,
      partitions: partitions.map(({ partition, log, highWatermark }) => ({
        partitionIndex: partition,
        partitionSize: log.sizeBytes,
        offsetLag: Math.max(0, highWatermark - log.logEndOffset),
        isFutureKey: false,
      })),
    });
  }
  return answers;
}
