import type { TestContext } from "node:test";
import type { Admin } from "../../src/client/admin/admin.ts";
import type { Cluster } from "../../src/client/cluster/cluster.ts";
import { Kafka } from "../../src/client/kafka.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startTarget, uniqueName, type Target } from "./target.ts";

/** A cluster, and an admin for it. */
export interface AdminScene {
  readonly target: Target;
  readonly kafka: Kafka;
  readonly cluster: Cluster;
  readonly admin: Admin;
  /** A topic of its own, which is gone after the test. */
  topic(t: TestContext, partitions?: number): Promise<string>;
  close(): Promise<void>;
}

export async function startAdmin(settings: readonly string[] = []): Promise<AdminScene> {
  const target = await startTarget(settings);
  const kafka = await Kafka.connect({ platform: nodePlatform, bootstrap: [target.bootstrap] });
  const { admin, cluster } = kafka;
  return {
    target,
    kafka,
    cluster,
    admin,
    async topic(t, partitions = 1) {
      const name = uniqueName("admin");
      await admin.createTopic({ name, partitions });
      t.after(() => admin.deleteTopics([name]));
      return name;
    },
    async close() {
      await kafka.close();
      await target.close();
    },
  };
}

const LOOK_MS = 20;

/** Looks until it is so. */
export async function until(isSo: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const before = performance.now();
  while (!(await isSo())) {
    if (performance.now() - before > timeoutMs) throw new Error(`not so after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
