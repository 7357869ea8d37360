import { Cluster, Consumer, listOffsets, OffsetSpec } from "../../src/client/index.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import type { LoggedRecord } from "./ledger.ts";

const POLL_MS = 2000;

/** Everything that is in a topic now, from the first offset on. */
export async function readTopic(
  bootstrap: string,
  topic: string,
  partitions: number,
): Promise<LoggedRecord[]> {
  const cluster = await Cluster.connect({ platform: nodePlatform, bootstrap: [bootstrap] });
  try {
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const ends = await listOffsets(cluster, all, OffsetSpec.latest);
    const open = new Map(ends.map(({ partition, offset }) => [partition, offset]));
    const consumer = new Consumer(cluster);
    consumer.assign(all.map((one) => ({ ...one, offset: 0 })));
    const records: LoggedRecord[] = [];
    const behind = (): boolean =>
      consumer.positions().some(({ partition, offset }) => offset < (open.get(partition) ?? 0));
    while (behind()) {
      for (const { partition, offset, value } of await consumer.poll(POLL_MS)) {
        records.push({ partition, offset, value: value?.toString("latin1") ?? "" });
      }
    }
    return records;
  } finally {
    cluster.close();
  }
}
