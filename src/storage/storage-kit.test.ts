import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";
import type { LogConfig } from "../config/log-config.ts";
import type { Platform } from "../platform/platform.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { buildBatch, type BatchOptions } from "../records/build.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { LogManager, type LogManagerOptions } from "./log-manager.ts";
import type { StorageSettings } from "./storage-settings.ts";

/** Things that the tests of this room share. */

export const TOPIC_ID = "HE14e3UeSH6ELAgpE2hYkQ";

/** A topic's configuration with Kafka's defaults, small indexes, and what the test wants. */
export function logConfig(changes: Partial<LogConfig> = {}): LogConfig {
  return {
    segmentBytes: 1024 * 1024 * 1024,
    segmentMs: 604_800_000,
    segmentJitterMs: 0,
    segmentIndexBytes: 64 * 1024,
    indexIntervalBytes: 4096,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    flushMessages: Number.MAX_SAFE_INTEGER,
    flushMs: Number.MAX_SAFE_INTEGER,
    fileDeleteDelayMs: 60_000,
    maxMessageBytes: 1_048_588,
    maxDecompressedMessageBytes: 64 * 1024 * 1024,
    messageTimestampType: "CreateTime",
    messageTimestampBeforeMaxMs: Infinity,
    messageTimestampAfterMaxMs: Infinity,
    compressionType: "producer",
    compressionGzipLevel: -1,
    compressionLz4Level: 9,
    compressionZstdLevel: 3,
    compact: false,
    delete: true,
    preallocate: false,
    minInsyncReplicas: 1,
    uncleanLeaderElectionEnable: false,
    minCompactionLagMs: 0,
    maxCompactionLagMs: Infinity,
    deleteRetentionMs: 86_400_000,
    minCleanableDirtyRatio: 0.5,
    ...changes,
  };
}

export function settings(logDir: string, changes: Partial<StorageSettings> = {}): StorageSettings {
  return {
    logDirs: [logDir],
    metadataLogDir: logDir,
    initialTaskDelayMs: 30_000,
    retentionCheckIntervalMs: 300_000,
    recoveryPointCheckpointIntervalMs: 60_000,
    logStartCheckpointIntervalMs: 60_000,
    highWatermarkCheckpointIntervalMs: 5_000,
    folderDeleteDelayMs: 60_000,
    producerIdExpirationMs: 86_400_000,
    producerIdExpirationCheckIntervalMs: 600_000,
    ...changes,
  };
}

/** A folder that is gone when the test is over. */
export function temporaryFolder(context: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "moldau-storage-"));
  context.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A log manager over a folder that is formatted when it is empty; let go when the test is over. */
export function openManager(
  context: TestContext,
  logDir: string,
  changes: Partial<LogManagerOptions> & { readonly platform?: Platform } = {},
): LogManager {
  const manager = LogManager.open({
    platform: nodePlatform,
    logger: silentLogger,
    settings: settings(logDir),
    nodeId: 1,
    format: { clusterId: "kqRcYTpmTYqc3Vb-Q2Zt0A" },
    poisonReleasedMemory: true,
    ...changes,
  });
  context.after(() => manager.close({ clean: false }));
  return manager;
}

/** A batch of `count` records, as a producer sends it. */
export function batchOf(
  count: number,
  options: BatchOptions & { readonly valueBytes?: number; readonly timestamp?: number } = {},
): Buffer {
  const { valueBytes = 10, timestamp = 1_700_000_000_000, ...rest } = options;
  const records = Array.from({ length: count }, (_, index) => ({
    timestamp: timestamp + index,
    key: Buffer.from(`key-${index}`),
    value: Buffer.alloc(valueBytes, index),
  }));
  return buildBatch(records, rest);
}
