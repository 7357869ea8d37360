import type { Difference } from "./differential/compare.ts";

/** A difference that stays, and why. */
export interface Known {
  /** Matches `scenario: request: path`. */
  readonly where: RegExp;
  /** Match the JSON of what either answered; absent: anything. */
  readonly kafka?: RegExp;
  readonly moldau?: RegExp;
  readonly reason: string;
}

/** What later stages of the project serve. An API that is not there is not advertised. */
const notAdvertised = [
  "SaslHandshake",
  "SaslAuthenticate",
  "AddPartitionsToTxn",
  "AddOffsetsToTxn",
  "EndTxn",
  "WriteTxnMarkers",
  "TxnOffsetCommit",
  "DescribeTransactions",
  "ListTransactions",
  "DescribeAcls",
  "CreateAcls",
  "DeleteAcls",
  "AlterReplicaLogDirs",
  "CreateDelegationToken",
  "RenewDelegationToken",
  "ExpireDelegationToken",
  "DescribeDelegationToken",
  "ElectLeaders",
  "AlterPartitionReassignments",
  "ListPartitionReassignments",
  "DescribeClientQuotas",
  "AlterClientQuotas",
  "DescribeUserScramCredentials",
  "AlterUserScramCredentials",
  "UnregisterBroker",
  "UnregisterController",
  "AddRaftVoter",
  "RemoveRaftVoter",
  "ConsumerGroupHeartbeat",
  "ConsumerGroupDescribe",
  "ShareGroupHeartbeat",
  "ShareGroupDescribe",
  "ShareFetch",
  "ShareAcknowledge",
  "InitializeShareGroupState",
  "ReadShareGroupState",
  "WriteShareGroupState",
  "DeleteShareGroupState",
  "ReadShareGroupStateSummary",
  "DescribeShareGroupOffsets",
  "AlterShareGroupOffsets",
  "DeleteShareGroupOffsets",
  "StreamsGroupHeartbeat",
  "StreamsGroupDescribe",
  "StreamsGroupTopologyDescriptionUpdate",
];

export const known: readonly Known[] = [
  {
    where: new RegExp(`: ApiVersions .*: apiKeys\\.(${notAdvertised.join("|")})$`),
    moldau: /^nothing$/,
    reason: "transactions, security, quotas, the newer group protocols and clusters come later",
  },
  {
    where: /: (errorMessage|.*\.errorMessage)$/,
    kafka: /^(null|"")$/,
    moldau: /^"\(text\)"$/,
    reason: "an explanation beside an error code, where Apache Kafka leaves the code alone",
  },
  {
    where: /errorCode$/,
    kafka: /^"UNKNOWN_SERVER_ERROR"$/,
    moldau: /^"(?!NONE|UNKNOWN_SERVER_ERROR)/,
    reason: "Apache Kafka fails on an exception that nobody handles; Moldau names what is wrong",
  },
  {
    where: /^null records: /,
    kafka: /^"silent"$/,
    reason: "Apache Kafka fails and never answers, nor anything after it on that connection",
  },
  {
    where: /^topics created on first use: Metadata v\d+ first: topics\[0\]/,
    reason: "the answer waits until the topic is there, so that a client need not ask again",
  },
  {
    where:
      /^control, transactional and compressed batches: Produce v\d+ transactional: .*errorCode$/,
    kafka: /NOT_ENOUGH_REPLICAS/,
    moldau: /INVALID_TXN_STATE|TRANSACTION_ABORTABLE/,
    reason: "transactions come later; until then a client is told that there is none",
  },
  {
    where: /^find coordinator: FindCoordinator v6: coordinators\[\d\]\.errorCode$/,
    moldau: /UNSUPPORTED_VERSION/,
    reason: "share groups come later",
  },
  {
    where: /^offset deltas that do not count up: Produce/,
    kafka: /NONE|\d/,
    moldau: /INVALID_RECORD|-1/,
    reason: "Apache Kafka stores such batches and gives consumers the offsets of other records",
  },
  {
    where: /^a partition twice in one request: Produce/,
    reason: "Apache Kafka drops all but one without a word; Moldau writes and answers each",
  },
  {
    where: /^batches that cannot be compressed anew: /,
    reason:
      "Apache Kafka fails on negative times, and gives all records the time of a batch that says " +
      "LogAppendTime; Moldau keeps what was sent",
  },
  {
    where: /^metadata by id: Metadata v1[23] nothing named: /,
    reason: "Apache Kafka fails on a topic without name and id; Moldau refuses that topic",
  },
  {
    where: /: (Fetch|ListOffsets) v\d+ (max -1|partition max -1|isolation -?\d)[^:]*: /,
    reason:
      "Apache Kafka fails on an isolation level that there is not and on negative sizes; Moldau reads " +
      "the first as uncommitted, the others as 0",
  },
  {
    where: /^sizes of answers: Fetch v\d+ max 20000 backwards: .*records/,
    reason: "Apache Kafka fills the limit with a part of a batch; Moldau sends whole ones",
  },
  {
    where: /^topics described page by page: .*topicAuthorizedOperations$/,
    kafka: /^-2147483648$/,
    reason: "Apache Kafka fails on a topic with an empty name; Moldau refuses that topic",
  },
  {
    where:
      /^topic configs (replaced|changed one by one): .*(min\.cleanable\.dirty\.ratio=NaN|own configs)/,
    kafka: /NONE|null|NaN/,
    reason: "Apache Kafka takes NaN for a ratio between 0 and 1",
  },
  {
    where: /: DescribeConfigs .*\.configs\.log\.dir\b/,
    reason: "where data lie when nothing is said is each product's own affair",
  },
  {
    where: /^levels of loggers: /,
    reason: "the loggers of Apache Kafka are its Java classes; Moldau has none to show or to set",
  },
  {
    where: /: FindCoordinator v/,
    kafka: /COORDINATOR_NOT_AVAILABLE|-1|""|null/,
    moldau: /NONE|1|127.0.0.1|port/,
    reason:
      "the answer waits until the internal topic is there, so that a client need not ask again",
  },
];

/** The entry that explains a difference. */
export function explain(difference: Difference): Known | undefined {
  const { scenario, label, path } = difference;
  const where = `${scenario}: ${label}: ${path}`;
  const kafka = JSON.stringify(difference.kafka) ?? "nothing";
  const moldau = JSON.stringify(difference.moldau) ?? "nothing";
  return known.find(
    (entry) =>
      entry.where.test(where) &&
      (entry.kafka?.test(kafka) ?? true) &&
      (entry.moldau?.test(moldau) ?? true),
  );
}
