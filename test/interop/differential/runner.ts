import { messageOf } from "../../../src/core/errors.ts";
import { compareRuns, type Difference } from "./compare.ts";
import type { Own } from "./normalise.ts";
import type { Scenario } from "./scenario.ts";
import { Session, type Entry } from "./session.ts";

/** Both brokers, without the prefix of a scenario. */
export interface Pair {
  readonly kafka: Omit<Own, "prefix">;
  readonly moldau: Omit<Own, "prefix">;
}

export interface Comparison {
  /** Requests that both were sent. */
  requests: number;
  differences: Difference[];
  /** Milliseconds by scenario. */
  times: Map<string, number>;
  /** What Apache Kafka answered. */
  entries: Entry[];
}

/** Scenarios under way at a time: most of their time is spent waiting. */
const AT_A_TIME = 6;

let prefixes = 0;

async function goThrough(own: Own, scenario: Scenario): Promise<Entry[]> {
  const session = new Session(own);
  try {
    await scenario.run(session);
  } catch (error) {
    session.note("the scenario ends early", messageOf(error));
  }
  return session.finish();
}

async function compareOne(pair: Pair, scenario: Scenario, into: Comparison): Promise<void> {
  const began = performance.now();
  prefixes += 1;
  const prefix = `zq${prefixes}-`;
  const [kafka, moldau] = await Promise.all([
    goThrough({ ...pair.kafka, prefix }, scenario),
    goThrough({ ...pair.moldau, prefix }, scenario),
  ]);
  into.entries.push(...kafka);
  into.times.set(scenario.name, Math.round(performance.now() - began));
  into.requests += Math.min(kafka.length, moldau.length);
  into.differences.push(...compareRuns(scenario.name, kafka, moldau));
  // Both alike is not enough: a scenario that does not reach its end compares less than it says.
  const cut = kafka.find(({ label }) => label === "the scenario ends early");
  if (cut !== undefined) {
    const { label, request, outcome } = cut;
    into.differences.push({
      scenario: scenario.name,
      label,
      path: "on Apache Kafka",
      kafka: outcome,
      moldau: undefined,
      request,
    });
  }
}

/** Runs scenarios against both brokers, several at a time, those that need it alone. */
export async function compareAll(pair: Pair, scenarios: readonly Scenario[]): Promise<Comparison> {
  const result: Comparison = { requests: 0, differences: [], entries: [], times: new Map() };
  const together = scenarios.filter(({ alone }) => alone !== true);
  let next = 0;
  const workers = Array.from({ length: AT_A_TIME }, async () => {
    for (let i = next++; i < together.length; i = next++) {
      await compareOne(pair, together[i]!, result);
    }
  });
  await Promise.all(workers);
  for (const scenario of scenarios) {
    if (scenario.alone === true) await compareOne(pair, scenario, result);
  }
  result.differences.sort((a, b) =>
    a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0,
  );
  return result;
}
