import { loadNodeConfig } from "../../src/config/node-config.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";

/** A broker in this process, with a client that is connected to it. */
export interface TestBroker {
  readonly node: RunningNode;
  readonly bootstrap: string;
  readonly cluster: Cluster;
  close(): Promise<void>;
}

export async function startTestBroker(settings: readonly string[] = []): Promise<TestBroker> {
  const scratch = scratchFolder();
  const { config } = loadNodeConfig({
    dataDirectory: scratch.path,
    flags: { port: 0, set: ["group.initial.rebalance.delay.ms=0", ...settings] },
  });
  const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  const bootstrap = `127.0.0.1:${node.port}`;
  const cluster = await Cluster.connect({ platform: nodePlatform, bootstrap: [bootstrap] });
  return {
    node,
    bootstrap,
    cluster,
    async close() {
      cluster.close();
      await node.close();
      scratch.remove();
    },
  };
}
