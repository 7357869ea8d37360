import { connect } from "../../src/client/index.ts";
import type { LoggedRecord } from "./ledger.ts";

/** Everything that is in a topic now, from the first offset on. */
export async function readTopic(
  bootstrap: string,
  topic: string,
  partitions: number,
): Promise<LoggedRecord[]> {
  const kafka = await connect(bootstrap);
  try {
    const records: LoggedRecord[] = [];
    const consumer = kafka.consume(topic, {
      partitions: Array.from({ length: partitions }, (_, partition) => partition),
      from: { offset: 0 },
      until: "end",
    });
    for await (const { partition, offset, value } of consumer) {
      records.push({ partition, offset, value: value?.toString("latin1") ?? "" });
    }
    return records;
  } finally {
    await kafka.close();
  }
}
