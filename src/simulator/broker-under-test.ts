import { loadNodeConfig } from "../config/node-config.ts";
import { messageOf } from "../core/errors.ts";
import { startNode, type RunningNode } from "../server/node.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { History, RestartKind } from "./history.ts";
import type { SeedPlan } from "./seed-plan.ts";
import type { SimHost, SimWorld } from "./sim-platform.ts";

export const BROKER_HOST = "broker";
export const BROKER_PORT = 9092;
/** Virtual time that a start may take, and a clean stop. */
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
const CONTROLLER_PORT = 9093;

export type BrokerState = "down" | "starting" | "up" | "stopping";

/**
 * The node that is simulated: started, stopped and ended on its host. What it does by itself, such as
 * dying or refusing to start, is a violation unless `mayDie` says that its metadata was hit.
 */
export class BrokerUnderTest {
  readonly host: SimHost;
  readonly #world: SimWorld;
  readonly #plan: SeedPlan;
  readonly #history: History;
  readonly #logger: Logger;
  #node: RunningNode | undefined;
  #state: BrokerState = "down";
  #incarnation = 0;
  /** The worst that happened since the node was looked at. */
  #ended: RestartKind = "clean";
  #endingUntilMs = 0;
  #cameBackAfter: RestartKind = "clean";
  /** The metadata log was hit: the node is expected to end itself. */
  mayDie = false;
  /** Called when it ends by itself. */
  onDeath: (() => void) | undefined;

  constructor(world: SimWorld, plan: SeedPlan, history: History, logger: Logger) {
    this.#world = world;
    this.#plan = plan;
    this.#history = history;
    this.#logger = logger;
    this.host = world.host(BROKER_HOST);
  }

  get state(): BrokerState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /** Counts the processes. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** Whether the node is about to end, or was just now: partitions have no leader then. */
  get isEnding(): boolean {
    return this.#world.clock.monotonicMs() < this.#endingUntilMs;
  }

  /** Somebody has looked at everything that it came back with. */
  lookedAt(): void {
    this.#ended = "clean";
  }

  /** Whether the machine lost power since the node was looked at. */
  get hasLostPower(): boolean {
    return this.#ended === "power loss";
  }

  /** What was not synced is damaged, as a loss of power may leave it. */
  hasLostSome(): void {
    this.#ended = "power loss";
  }

  /** What the node that is up had to come back from. */
  get cameBackAfter(): RestartKind {
    return this.#cameBackAfter;
  }

  get node(): RunningNode | undefined {
    return this.#node;
  }

  /** Starts the node; false when it did not start, for which a fault must be the reason. */
  async start(): Promise<boolean> {
    const incarnation = ++this.#incarnation;
    this.#state = "starting";
    this.mayDie = false;
    const process = this.host.start((thrown) => this.#died(incarnation, thrown));
    const { platform } = process;
    const { config } = loadNodeConfig({
      dataDirectory: "/data",
      flags: { set: [...this.#plan.brokerSettings, ...listenerSettings] },
    });
    const starting = startNode({
      platform,
      config,
      logger: this.#logger,
      onFatal: (error) => this.#died(incarnation, error),
    });
    const result = await Promise.race([
      starting.then(
        (node) => node,
        (thrown: unknown) => ({ thrown }),
      ),
      this.#after(START_MS_MAX),
      process.life.ended,
    ]);
    if (this.#incarnation !== incarnation || this.state === "down") return false;
    if (result === "late") {
      this.#history.violate("liveness", `the node has not started within ${START_MS_MAX} ms`);
      return false;
    }
    if (result === "ended") return false;
    if ("thrown" in result) {
      this.#died(incarnation, result.thrown);
      return false;
    }
    this.#node = result;
    this.#state = "up";
    this.#cameBackAfter = this.#ended;
    this.#history.emit({
      kind: "restarted",
      how: this.#cameBackAfter,
      partitions: this.#history.livePartitions(),
    });
    return true;
  }

  /** SIGTERM. With a disk that `isHurt` not everything can be kept as after a clean end. */
  async stop(isHurt: boolean): Promise<void> {
    const node = this.#node;
    const process = this.host.process;
    if (node === undefined || process === undefined) return;
    const incarnation = this.#incarnation;
    this.#state = "stopping";
    this.#endingUntilMs = this.#world.clock.monotonicMs() + STOP_MS_MAX;
    const result = await Promise.race([
      node.close().then(
        () => "done" as const,
        (thrown: unknown) => ({ thrown }),
      ),
      this.#after(STOP_MS_MAX),
      process.life.ended,
    ]);
    if (this.#incarnation !== incarnation || this.state !== "stopping") return;
    if (result === "late") {
      this.#history.violate("liveness", `the node has not stopped within ${STOP_MS_MAX} ms`);
    } else if (typeof result === "object") {
      this.#died(incarnation, result.thrown);
      return;
    }
    this.host.kill();
    this.#goneBy(isHurt ? "kill" : "clean");
  }

  /** SIGKILL. */
  kill(): void {
    this.host.kill();
    this.#goneBy("kill");
  }

  losePower(): void {
    this.host.losePower();
    this.#goneBy("power loss");
  }

  #goneBy(how: RestartKind): void {
    this.#node = undefined;
    this.#state = "down";
    if (this.#ended === "clean" || how === "power loss") this.#ended = how;
  }

  #died(incarnation: number, thrown: unknown): void {
    if (incarnation !== this.#incarnation || this.#state === "down") return;
    this.#world.trace.note("the node died", messageOf(thrown));
    if (!this.mayDie) {
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      this.#history.violate("survival", `the node ended by itself while ${this.state}: ${text}`);
    }
    this.kill();
    this.onDeath?.();
  }

  #after(delayMs: number): Promise<"late"> {
    return new Promise((resolve) => {
      this.#world.clock.setTimer(delayMs, () => resolve("late"));
    });
  }
}

const listenerSettings: readonly string[] = [
  "process.roles=broker,controller",
  "node.id=1",
  `listeners=PLAINTEXT://${BROKER_HOST}:${BROKER_PORT},CONTROLLER://${BROKER_HOST}:${CONTROLLER_PORT}`,
  "controller.listener.names=CONTROLLER",
  "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
  `controller.quorum.voters=1@${BROKER_HOST}:${CONTROLLER_PORT}`,
  "offsets.topic.replication.factor=1",
];
