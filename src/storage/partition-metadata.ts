import { uuidBytes, type Uuid } from "../core/uuid.ts";
import type { Disk } from "../platform/disk.ts";
import { DamagedFileError } from "./storage-error.ts";

/** Name of the file in a partition folder that says which topic it belongs to. */
export const PARTITION_METADATA_FILE = "partition.metadata";

/**
 * The topic id that a partition folder bears; `undefined` when it has no such file. Throws
 * {@link DamagedFileError}.
 */
export function readPartitionMetadata(disk: Disk, folder: string): Uuid | undefined {
  const path = `${folder}/${PARTITION_METADATA_FILE}`;
  if (disk.status(path) === undefined) return undefined;
  const values = new Map<string, string>();
  for (const line of disk.readFile(path).toString("utf8").split("\n")) {
    const colon = line.indexOf(":");
    if (colon >= 0) values.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const topicId = values.get("topic_id");
  if (values.get("version") !== "0" || topicId === undefined || uuidBytes(topicId) === undefined) {
    throw new DamagedFileError(path, "does not say version and topic id");
  }
  return topicId;
}

/** Writes the file of a new folder; it is durable once the log's names were flushed. */
export function writePartitionMetadata(disk: Disk, folder: string, topicId: Uuid): void {
  const content = Buffer.from(`version: 0\ntopic_id: ${topicId}`);
  const file = disk.open(`${folder}/${PARTITION_METADATA_FILE}`, "write");
  try {
    file.write(content, 0, content.length, 0);
    file.truncate(content.length);
  } finally {
    file.close();
  }
}
