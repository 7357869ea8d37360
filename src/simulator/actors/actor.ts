import type { Scene } from "../scene.ts";
import type { ActorConnection } from "../actor-connection.ts";
import type { SimRandom } from "../sim-random.ts";
import { findCoordinator } from "./find-coordinator.ts";

const RECONNECT_MS = 100;

/** Somebody who uses the node: acts, thinks, acts again, until the scene is over. */
export abstract class Actor {
  readonly name: string;
  protected readonly scene: Scene;
  protected readonly random: SimRandom;
  #client: ActorConnection | undefined;
  /** The connection over which the coordinator was found. */
  #coordinator: ActorConnection | undefined;
  #isResting = false;

  constructor(scene: Scene, name: string) {
    this.scene = scene;
    this.name = name;
    this.random = scene.random(name);
  }

  /** Waits between acts, with nothing under way. */
  get isResting(): boolean {
    return this.#isResting;
  }

  async run(): Promise<void> {
    const { scene } = this;
    while (!scene.isOver) {
      if (scene.isPaused) {
        await this.settle();
        this.#isResting = true;
        await scene.unpaused();
        this.#isResting = false;
        continue;
      }
      scene.step(this.name);
      await this.act();
      await scene.sleep(this.random.fraction() * scene.plan.thinkMsMax);
    }
    await this.settle();
    this.#isResting = true;
    this.close();
  }

  /** One thing that the actor does. */
  protected abstract act(): Promise<void>;

  /** Waits for the answers that are under way. */
  protected settle(): Promise<void> {
    return Promise.resolve();
  }

  /** The actor's connection, made anew when the last one has gone; nothing while nobody answers. */
  protected async client(): Promise<ActorConnection | undefined> {
    if (this.#client?.isClosed === false) return this.#client;
    this.#client = await this.scene.connect(this.name, this.random);
    if (this.#client === undefined) await this.scene.sleep(RECONNECT_MS);
    else this.connected();
    return this.#client;
  }

  /** The same, to the coordinator of a group. */
  protected async coordinator(group: string): Promise<ActorConnection | undefined> {
    const client = await this.client();
    if (client === undefined || client === this.#coordinator) return client;
    if (!(await findCoordinator(this.scene, client, group))) {
      await this.scene.sleep(RECONNECT_MS);
      return undefined;
    }
    this.#coordinator = client;
    return client;
  }

  /** A new connection was made. */
  protected connected(): void {}

  /** Ends the connection, as a client does that goes away. */
  protected close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
