import { nodePlatform } from "../platform/node/platform.ts";
import type { CallOptions, ClientPlatform } from "./cluster/cluster.ts";
import { clientError } from "./errors.ts";
import { Kafka, type KafkaOptions } from "./kafka.ts";

/** How {@link connect} reaches a cluster. */
export type ConnectOptions = Omit<KafkaOptions, "platform" | "bootstrap"> &
  CallOptions & {
    /** Clock, network and randomness. Default: the machine's. */
    readonly platform?: ClientPlatform;
  };

/**
 * Connects to a cluster: `host:port`, or several of them (in a list, or separated by commas), of which one
 * has to answer. `close()` the client when done, or declare it with `await using`.
 *
 * @throws KafkaError `BOOTSTRAP_FAILED` when none answers, `CANCELLED` and `TIMED_OUT` as the options say
 */
export function connect(
  bootstrap: string | readonly string[],
  options: ConnectOptions = {},
): Promise<Kafka> {
  const { timeoutMs, signal, platform = nodePlatform, ...rest } = options;
  const addresses = typeof bootstrap === "string" ? bootstrap.split(",") : bootstrap;
  if (!Array.isArray(addresses) || addresses.length === 0) {
    const remedy = "Give connect an address such as host:9092, or a list of them.";
    return Promise.reject(clientError("INVALID_ADDRESS", "no broker is named", { remedy }));
  }
  return Kafka.connect({ platform, bootstrap: addresses, ...rest }, { timeoutMs, signal });
}
