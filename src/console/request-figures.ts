import { apiName } from "../protocol/apis.ts";
import type { RequestFigures } from "./api.ts";
import type { ApiLatency, BrokerInsight, Observations } from "./insight.ts";

/** What the broker was asked, the most frequent first. */
export function requestFigures(
  insight: BrokerInsight,
  observed: Observations | undefined,
  atMs: number,
): RequestFigures {
  const rows: RequestFigures["rows"][number][] = [];
  for (let key = 0; key < insight.requests.length; key++) {
    const count = insight.requests[key] ?? 0;
    if (count === 0) continue;
    const latency = observed?.latencies[key];
    rows.push({
      api: apiName(key),
      count,
      bytes: insight.requestBytes[key] ?? 0,
      ...(latency === undefined || observed === undefined
        ? {}
        : { latency: latencyOf(latency, observed.latencyBucketsMs) }),
    });
  }
  return { broker: insight.nodeId, atMs, rows: rows.sort((a, b) => b.count - a.count) };
}

function latencyOf(
  { counts, sumMs, count }: ApiLatency,
  bucketsMs: readonly number[],
): NonNullable<RequestFigures["rows"][number]["latency"]> {
  const upTo = (share: number): number => {
    let seen = 0;
    for (const [index, boundMs] of bucketsMs.entries()) {
      seen += counts[index] ?? 0;
      if (seen >= count * share) return boundMs;
    }
    // Beyond the last bucket there is no bound; the mean of them all is no less wrong.
    return Math.max(bucketsMs.at(-1) ?? 0, sumMs / count);
  };
  const meanMs = Math.round((sumMs / Math.max(1, count)) * 1000) / 1000;
  return { count, meanMs, p50Ms: upTo(0.5), p99Ms: upTo(0.99) };
}
