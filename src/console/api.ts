/**
 * What the console's page and its server say to each other: JSON over HTTP below `/api`, and live figures
 * as server-sent events. Types alone, shared by both sides. Times are milliseconds since 1970, rates are per
 * second, offsets are numbers, bytes of records are {@link Payload}.
 *
 * Mutating routes take POST, PUT, PATCH or DELETE with `content-type: application/json`; a request whose
 * `Origin` is not the console's own is refused (403). Errors have {@link Problem} as their body.
 */

/** Body of every answer that is no success. */
export interface Problem {
  /** Kafka's name, such as `TOPIC_ALREADY_EXISTS`, or one of the console's: `BAD_REQUEST`, `NOT_FOUND`. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** `GET /api/cluster`: what does not change from second to second. */
export interface ClusterInfo {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly BrokerInfo[];
  /** Of this Moldau. */
  readonly moldauVersion: string;
  /** What serves: `moldau`, or `other` for any Kafka. Some figures are known of Moldau alone. */
  readonly product: "moldau" | "other";
  /** Finalized `metadata.version` as a feature level, when told. */
  readonly metadataVersion?: string;
  /** What clients are given, for the snippets. */
  readonly bootstrap: string;
  /** When the broker started, where it is known. */
  readonly startedMs?: number;
}

export interface BrokerInfo {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string;
  readonly isController: boolean;
  readonly partitions: number;
  readonly leaders: number;
  readonly logDirs: readonly {
    readonly path: string;
    readonly usedBytes: number;
    readonly totalBytes?: number;
    readonly freeBytes?: number;
    readonly error?: string;
  }[];
}

/**
 * `GET /api/requests`: what the broker that serves the console was asked since it started; latencies are since the
 * console was opened. Of any other Kafka: 404.
 */
export interface RequestFigures {
  readonly broker: number;
  readonly atMs: number;
  readonly rows: readonly {
    readonly api: string;
    readonly count: number;
    readonly bytes: number;
    /** From arrival to answer, waiting included; upper bounds of histogram buckets. */
    readonly latency?: {
      readonly count: number;
      readonly meanMs: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
    };
  }[];
}

/** Something that somebody should look at. */
export interface Warning {
  readonly severity: "info" | "warning" | "error";
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
  /** Place in the page, such as `#/groups/billing`. */
  readonly link?: string;
}

/**
 * `GET /api/live` and `GET /api/flow`: server-sent events, about two a second of each kind that has news; `event:`
 * is the key here, `data:` its JSON. The first of each kind comes at once.
 */
export interface LiveEvents {
  /** Figures of the last minutes, once. */
  readonly history: readonly OverviewPoint[];
  readonly overview: OverviewSample;
  /** The cluster does not answer; the next `overview` says that it does. */
  readonly trouble: { readonly message: string };
  /** In `/api/flow` alone, which is for the screen that shows it. */
  readonly flow: FlowSample;
  /** Rows that changed since the last one; the first holds all. */
  readonly topics: TopicRows;
  readonly groups: GroupRows;
}

/** What the pictures of the overview are made of. */
export interface OverviewPoint {
  readonly atMs: number;
  readonly inRecords: number;
  readonly outBytes?: number;
  readonly totalLag: number;
}

export interface OverviewSample {
  readonly atMs: number;
  readonly topics: number;
  readonly partitions: number;
  readonly groups: number;
  readonly clients: number;
  readonly inRecords: number;
  readonly inBytes: number;
  /** Known of Moldau alone. */
  readonly outBytes?: number;
  readonly diskBytes: number;
  readonly totalLag: number;
  readonly underReplicated: number;
  readonly offline: number;
  readonly warnings: readonly Warning[];
  /** The broker's process, where the console runs in it. */
  readonly process?: {
    readonly residentBytes: number;
    readonly heapUsedBytes: number;
    readonly cpuPercent: number;
    readonly eventLoopP99Ms: number;
    readonly requests: number;
    readonly connections: number;
  };
}

/** The live picture: producers → topics → groups. */
export interface FlowSample {
  readonly atMs: number;
  /** How many there are; those that move most are told of. */
  readonly totals: {
    readonly producers: number;
    readonly topics: number;
    readonly groups: number;
  };
  readonly producers: readonly FlowClient[];
  readonly topics: readonly FlowTopic[];
  readonly groups: readonly FlowGroup[];
  /** `records` a second; from a producer to a topic, or from a topic to a group. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly records: number;
    readonly bytes: number;
    readonly lag?: number;
  }[];
}
export interface FlowClient {
  /** `producer:<client id>@<host>`. */
  readonly id: string;
  readonly clientId: string;
  readonly host: string;
  /** Name and version that the client gave (KIP-511). */
  readonly software?: string;
}
export interface FlowTopic {
  /** `topic:<name>`. */
  readonly id: string;
  readonly name: string;
  readonly inRecords: number;
  /** Share of the busiest partition over the mean, 1 when even. */
  readonly skew: number;
}
export interface FlowGroup {
  /** `group:<name>`. */
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly members: number;
  readonly lag: number;
}

export interface TopicRow {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly records: number;
  readonly sizeBytes: number;
  readonly inRecords: number;
  readonly inBytes: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly cleanupPolicy: string;
  readonly groups: number;
  readonly lag: number;
  readonly underReplicated: number;
}
export interface TopicRows {
  readonly atMs: number;
  readonly changed: readonly TopicRow[];
  readonly removed: readonly string[];
}

export interface GroupRow {
  readonly name: string;
  readonly type: "classic" | "consumer" | "share" | "streams" | "unknown";
  readonly state: string;
  readonly members: number;
  readonly topics: readonly string[];
  readonly lag: number;
  /** Change of the lag per second over the last ten seconds. */
  readonly lagTrend: number;
  readonly isStuck: boolean;
}
export interface GroupRows {
  readonly atMs: number;
  readonly changed: readonly GroupRow[];
  readonly removed: readonly string[];
}

/** `GET /api/topics/:name`. `POST /api/topics` takes {@link NewTopic}; `DELETE /api/topics/:name`. */
export interface TopicDetail extends TopicRow {
  readonly partitionRows: readonly PartitionRow[];
  readonly groupRows: readonly {
    readonly name: string;
    readonly state: string;
    readonly lag: number;
  }[];
}
export interface PartitionRow {
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly startOffset: number;
  readonly endOffset: number;
  readonly sizeBytes: number;
  readonly inRecords: number;
  /** Time of the newest record. */
  readonly lastRecordMs?: number;
}
export interface NewTopic {
  readonly name: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}
/** `POST /api/topics/:name/partitions`. */
export interface MorePartitions {
  readonly count: number;
}

/** `GET /api/topics/:name/config` (and `/api/brokers/:id/config`, `/api/groups/:name/config`). */
export interface ConfigRow {
  readonly name: string;
  readonly value: string | null;
  readonly source: "topic" | "group" | "broker" | "cluster" | "file" | "default";
  readonly isDefault: boolean;
  readonly isSensitive: boolean;
  readonly isReadOnly: boolean;
  /** What it would be without this resource's own value; null where the broker does not tell. */
  readonly defaultValue: string | null;
  readonly type: string;
  readonly doc: string;
}
/** `PATCH /api/topics/:name/config`: `null` goes back to the default. */
export interface ConfigPatch {
  readonly changes: Readonly<Record<string, string | null>>;
  /** Asks the broker whether it would take them, and changes nothing. */
  readonly dryRun?: boolean;
}

/** Bytes of a key, a value or a header, as the page shows them. */
export interface Payload {
  /** `null`: there is none (a tombstone). */
  readonly kind: "null" | "json" | "text" | "binary";
  /** Text, or Base64 of binary. Cut after {@link truncated} bytes. */
  readonly text: string;
  /** Bytes in all. */
  readonly bytes: number;
  readonly truncated?: true;
}
export interface MessageRow {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: "CreateTime" | "LogAppendTime" | "NoTimestampType";
  readonly key: Payload;
  readonly value: Payload;
  readonly headers: readonly { readonly key: string; readonly value: Payload }[];
}

/**
 * `GET /api/topics/:name/messages`: one page, newest last. Query: `from` = `newest` (default), `oldest`,
 * `offset:N`, `time:MS`; `partition=N` (all without it); `limit` (50, at most 500); `search=TEXT` (in key, value and
 * headers, case-insensitive); `bytes` (2,048, at most 1 MiB) = how much is told of each key and value;
 * `before`/`after` = a cursor of a page before. `GET /api/topics/:name/messages.ndjson` takes the same, and gives
 * whole messages, one a line.
 */
export interface MessagePage {
  readonly messages: readonly MessageRow[];
  /** Cursors; absent at the end of the log. */
  readonly older?: string;
  readonly newer?: string;
  /** Records looked at, which are more than those found when searching. */
  readonly scanned: number;
  /** The search stopped at its bound before the end; `older` or `newer` goes on. */
  readonly partial?: true;
}
/**
 * `GET /api/topics/:name/tail`: server-sent events; `message` holds a list of {@link MessageRow}, `rate` what was left out
 * because more came than a person can see (at most 200 rows a second). Query: `partition`, `search`, and `bytes` as
 * of a page, at most 64 KiB.
 */
export interface TailEvents {
  readonly message: readonly MessageRow[];
  readonly rate: {
    /** Records that came, and those of them that were told. */
    readonly records: number;
    readonly shown: number;
    /** Records that were looked for, and came too fast to be told. */
    readonly left: number;
  };
  /** It cannot go on, and ends. */
  readonly problem: { readonly message: string };
}
/** `GET /api/topics/:name/messages/:partition/:offset`: whole, and the one before it with the same key. */
export interface MessageDetail {
  readonly message: MessageRow;
  /** Absent without a key, or when none was found among the records looked at. */
  readonly previous?: MessageRow;
  readonly scanned: number;
}
/** `GET /api/topics/:name/timeline?buckets=N`: records over time, for the slider. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  /** Records of each bucket of equal length. */
  readonly counts: readonly number[];
}
/** What a key, a value or a header is to hold. `null` is nothing: of a value, a tombstone. */
export type Content = string | null | { readonly base64: string };
/**
 * `POST /api/topics/:name/messages`; answers with {@link Produced}, or, where `accept` is `text/event-stream`, with
 * events: `progress` holds {@link ProduceProgress}, `done` {@link Produced}, `problem` a {@link Problem}. Who goes
 * away ends it.
 */
export interface ProduceRequest {
  /** In texts of key and value `{{i}}`, `{{uuid}}`, `{{now}}` are filled in. */
  readonly key: Content;
  readonly value: Content;
  readonly headers?: readonly { readonly key: string; readonly value: Content }[];
  readonly partition?: number;
  readonly repeat?: { readonly count: number; readonly perSecond: number };
}
export interface ProduceProgress {
  readonly count: number;
  readonly total: number;
}
/** Where the last one went, and how many were written. */
export interface Produced {
  readonly partition: number;
  readonly offset: number;
  readonly count: number;
}
/** `POST /api/topics/:name/replay`: copies records of a range into a topic; answers with server-sent {@link ReplayProgress}. */
export interface ReplayRequest {
  readonly target: string;
  readonly partition?: number;
  readonly from: { readonly offset: number } | { readonly timeMs: number } | "earliest";
  readonly to: { readonly offset: number } | { readonly timeMs: number } | "end";
  /** Records a second at most; none is as fast as it goes. */
  readonly perSecond?: number;
}
export interface ReplayProgress {
  readonly copied: number;
  readonly total: number;
  readonly done: boolean;
  readonly error?: string;
}

/** `GET /api/groups/:name`. `DELETE /api/groups/:name`. */
export interface GroupDetail extends GroupRow {
  readonly protocol: string;
  readonly assignor: string;
  readonly coordinator: number;
  readonly memberRows: readonly MemberRow[];
  readonly partitionRows: readonly GroupPartition[];
}
export interface MemberRow {
  readonly memberId: string;
  readonly instanceId?: string;
  readonly clientId: string;
  readonly host: string;
  readonly software?: string;
  readonly assignment: readonly { readonly topic: string; readonly partition: number }[];
}
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committed?: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly lag: number;
  readonly memberId?: string;
  readonly clientId?: string;
  /** Where the member fetched last; known of Moldau alone. */
  readonly fetchOffset?: number;
  readonly lastFetchMs?: number;
  readonly lastCommitMs?: number;
  readonly verdict: Verdict;
}
/** Why a partition does or does not move on. */
export interface Verdict {
  readonly kind:
    | "well"
    | "catching-up"
    | "no-member"
    | "never-fetches"
    | "never-commits"
    | "same-offset"
    | "rebalancing"
    | "open-transaction"
    | "out-of-range"
    | "unknown";
  /** One sentence for people. */
  readonly text: string;
  /** For `same-offset`: where it stays, and the record there. */
  readonly offset?: number;
  readonly record?: MessageRow;
  /** For `rebalancing`: the members that are waited for, where that is known. */
  readonly waitingFor?: readonly string[];
}
/** `GET /api/groups/:name/history`: lag over time with what happened, since the console was opened (an hour at most). */
export interface GroupHistory {
  readonly samples: readonly {
    readonly atMs: number;
    readonly lag: number;
    readonly committed: number;
  }[];
  readonly events: readonly {
    readonly atMs: number;
    readonly kind: "joined" | "left" | "rebalance" | "reset" | "state";
    readonly text: string;
  }[];
}
/** `POST /api/groups/:name/offsets`. With `dryRun` nothing changes, and the answer tells what would. */
export interface OffsetsReset {
  readonly topics?: readonly { readonly topic: string; readonly partitions?: readonly number[] }[];
  readonly to:
    | "earliest"
    | "latest"
    | { readonly timeMs: number }
    | { readonly shift: number }
    | {
        readonly offsets: readonly {
          readonly topic: string;
          readonly partition: number;
          readonly offset: number;
        }[];
      };
  readonly dryRun: boolean;
}
export interface OffsetsPlan {
  readonly applied: boolean;
  readonly rows: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly before?: number;
    readonly after: number;
    readonly endOffset: number;
  }[];
}
