import { lookup } from "node:dns/promises";
import { Cluster, type BrokerMetadata, type ClusterOptions } from "../../client/cluster/cluster.ts";
import { MoldauError, messageOf } from "../../core/errors.ts";

/** What came of trying an address as a client would. */
export interface Probe {
  readonly host: string;
  readonly port: number;
  /** What the name leads to; empty when it leads nowhere. */
  readonly resolved: readonly string[];
  /** Until the broker had answered ApiVersions and Metadata. */
  readonly elapsedMs: number;
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
}

/** What a broker said of its cluster. */
export interface Answer {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly BrokerMetadata[];
}

export interface Failure {
  /** From the outermost error to its causes: the client's names, then the system's, such as `ECONNREFUSED`. */
  readonly codes: readonly string[];
  readonly message: string;
  readonly remedy: string | undefined;
}

/** Connects as the options say, asks what every client asks first, and closes. */
export async function probe(
  { host, port }: { readonly host: string; readonly port: number },
  options: ClusterOptions,
  timeoutMs: number,
): Promise<Probe> {
  const startedMs = performance.now();
  const names = await resolve(host);
  const outcome = await answerOf(host, port, options, timeoutMs);
  return {
    host,
    port,
    resolved: names.addresses,
    elapsedMs: performance.now() - startedMs,
    answer: outcome.answer,
    failure: names.failure ?? outcome.failure,
  };
}

async function resolve(
  host: string,
): Promise<{ readonly addresses: readonly string[]; readonly failure: Failure | undefined }> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: [...new Set(found.map(({ address }) => address))], failure: undefined };
  } catch (thrown) {
    return { addresses: [], failure: failureOf(thrown) };
  }
}

async function answerOf(
  host: string,
  port: number,
  options: ClusterOptions,
  timeoutMs: number,
): Promise<{ readonly answer: Answer | undefined; readonly failure: Failure | undefined }> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    const cluster = await Cluster.connect(
      { ...options, bootstrap: [address], requestTimeoutMs: timeoutMs },
      { timeoutMs },
    );
    const { clusterId, controllerId, brokers } = cluster;
    cluster.close();
    return {
      answer: { clusterId, controllerId, brokers: [...brokers.values()] },
      failure: undefined,
    };
  } catch (thrown) {
    return { answer: undefined, failure: failureOf(thrown) };
  }
}

/** The failure at the bottom of one: what went wrong at the only address there was. */
function failureOf(thrown: unknown): Failure {
  const errors: Error[] = [];
  for (let at = thrown; at instanceof Error && errors.length < CAUSES_MAX; at = at.cause)
    errors.push(at);
  const codes = errors.flatMap((error) => ("code" in error ? [String(error.code)] : []));
  const own = errors.find((error) => !("code" in error) || !WRAPPERS.has(String(error.code)));
  return {
    codes,
    message: messageOf(own ?? thrown),
    remedy: own instanceof MoldauError ? own.remedy : undefined,
  };
}

const CAUSES_MAX = 8;

/** Errors that only say that nothing worked. */
const WRAPPERS: ReadonlySet<string> = new Set(["BOOTSTRAP_FAILED", "TIMED_OUT"]);
