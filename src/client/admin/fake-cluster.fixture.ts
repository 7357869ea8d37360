import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Clock } from "../../platform/clock.ts";
import { Cluster, type ClientPlatform, type ClusterOptions } from "../cluster/cluster.ts";
import { FakeBroker } from "../cluster/fake-broker.fixture.ts";
import { Admin } from "./admin.ts";

/** Hosts on one network, and a clock that goes on by itself: a simulated world. */
export interface FakeWorld {
  readonly clock: Clock & { wait<T>(promise: Promise<T>): Promise<T> };
  host(name: string): { start(): { readonly platform: ClientPlatform } };
}

/** Brokers for tests that agree on who leads, who coordinates, and who controls. */
export class FakeCluster {
  readonly world: FakeWorld;
  readonly brokers: FakeBroker[] = [];
  /** Who is told to be alive, by node id. */
  readonly alive = new Set<number>();
  /** Node ids of leaders by topic, in order of the partitions; -1: none. */
  readonly leaders = new Map<string, number[]>();
  /** Node ids of coordinators by key; others are coordinated by the first broker. */
  readonly coordinators = new Map<string, number>();
  controllerId = 1;
  #cluster: Cluster | undefined;

  private constructor(world: FakeWorld) {
    this.world = world;
  }

  static async start(world: FakeWorld, count: number): Promise<FakeCluster> {
    const fake = new FakeCluster(world);
    for (let id = 1; id <= count; id++) {
      const host = `broker-${id}`;
      const { network } = fake.world.host(host).start().platform;
      const broker = await FakeBroker.start(network, host);
      fake.brokers.push(broker);
      fake.alive.add(id);
      broker.serve(metadataRequest, metadataResponse, ({ topics }) => ({
        ...fake.#nodes(),
        topics: (topics?.map(({ name }) => name ?? "") ?? [...fake.leaders.keys()]).map((name) =>
          fake.#topic(name),
        ),
      }));
      broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys, key }) =>
        coordinatorKeys.length > 0
          ? {
              coordinators: coordinatorKeys.map((one) => ({ key: one, ...fake.#coordinator(one) })),
            }
          : fake.#coordinator(key),
      );
    }
    return fake;
  }

  /** The broker with this node id. */
  broker(id: number): FakeBroker {
    const broker = this.brokers[id - 1];
    if (broker === undefined) throw new Error(`there is no broker ${id}`);
    return broker;
  }

  /** An admin that knows the brokers. */
  async admin(options: Partial<ClusterOptions> = {}): Promise<Admin> {
    const { clock, network, random } = this.world.host("client").start().platform;
    const bootstrap = [this.broker(1).address];
    this.#cluster = await this.run(
      Cluster.connect({ platform: { clock, network, random }, bootstrap, ...options }),
    );
    return new Admin(this.#cluster);
  }

  /** Lets the world go on until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.world.clock.wait(promise);
  }

  /** How often brokers were asked an API, by node id. */
  asked(api: string): number[] {
    return this.brokers.map(({ asked }) => asked.filter((name) => name === api).length);
  }

  #nodes() {
    return {
      clusterId: "fake",
      controllerId: this.controllerId,
      brokers: [...this.alive].map((nodeId) => {
        const { host, port } = this.broker(nodeId);
        return { nodeId, host, port };
      }),
    };
  }

  #topic(name: string) {
    const leaders = this.leaders.get(name);
    if (leaders === undefined) return { name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
    return {
      name,
      partitions: leaders.map((leaderId, partitionIndex) => ({
        errorCode: leaderId < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
        partitionIndex,
        leaderId,
        replicaNodes: [1, 2],
        isrNodes: [1, 2],
      })),
    };
  }

  #coordinator(key: string) {
    const nodeId = this.coordinators.get(key) ?? 1;
    const { host, port } = this.broker(nodeId);
    return { nodeId, host, port };
  }
}
