/**
 * The package `moldau`: a client for any Kafka, with the platform of Node filled in. The command line is
 * `moldau`; the parts without a platform are in `moldau/client` and `moldau/protocol`.
 */
import { Cluster, type CallOptions, type ClusterOptions } from "./client/cluster/cluster.ts";
import { nodePlatform } from "./platform/node/platform.ts";

export {
  Admin,
  Consumer,
  GroupConsumer,
  KafkaError,
  listOffsets,
  OffsetSpec,
  Producer,
  type ConsumedRecord,
  type ConsumerOptions,
  type GroupConsumerOptions,
  type NewTopic,
  type Position,
  type ProducerOptions,
  type ProducerRecord,
  type RecordMetadata,
} from "./client/index.ts";
export { Cluster } from "./client/cluster/cluster.ts";
export { moldauVersion as version } from "./core/version.ts";

export type ConnectOptions = Omit<ClusterOptions, "platform" | "bootstrap"> & CallOptions;

/**
 * Connects to a cluster: `host:port`, or several. Throws a {@link KafkaError} with the code
 * `BOOTSTRAP_FAILED` when none of them answers. `close()` it when done.
 */
export function connect(
  bootstrap: string | readonly string[],
  options: ConnectOptions = {},
): Promise<Cluster> {
  const { timeoutMs, signal, ...rest } = options;
  return Cluster.connect(
    {
      platform: nodePlatform,
      bootstrap: typeof bootstrap === "string" ? bootstrap.split(",") : bootstrap,
      ...rest,
    },
    { timeoutMs, signal },
  );
}
