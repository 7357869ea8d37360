import { Kafka } from "../../client/kafka.ts";
import { BROKER_HOST, BROKER_PORT } from "../broker-under-test.ts";
import type { Scene } from "../scene.ts";
import type { SimProcess } from "../sim-platform.ts";
import type { SimRandom } from "../sim-random.ts";

/** A client that is at work: a process, and its connection to the cluster. */
export interface ClientSession {
  readonly process: SimProcess;
  readonly kafka: Kafka;
  /** Counts the sessions of the actor. */
  readonly number: number;
  readonly requestTimeoutMs: number;
}

/** How long closing a client may take: what is under way is committed and sent first. */
const CLOSE_MS_MAX = 5 * 60_000;
/** A client comes back after so long, at most. */
const AWAY_MS_MAX = 2000;
const CRASH_PROBABILITY = 0.01;
const RENEW_PROBABILITY = 0.02;

/** What a client that is just starting may be told while nobody answers. */
const connectErrors = ["BOOTSTRAP_FAILED", "CONNECTION_CLOSED", "TIMED_OUT"] as const;

/**
 * A program that uses the client as programs do: it connects, works, is closed or killed now and then,
 * and begins anew. It outlives the scene until it is told to {@link finish}.
 */
export abstract class ClientActor {
  readonly name: string;
  protected readonly scene: Scene;
  protected readonly random: SimRandom;
  #session: ClientSession | undefined;
  #sessions = 0;
  #closing: Promise<void> | undefined;
  #isOver = false;

  constructor(scene: Scene, name: string) {
    this.scene = scene;
    this.name = name;
    this.random = scene.random(name);
  }

  /** Works until the scene is over; what was begun goes on. */
  async run(): Promise<void> {
    this.#live().catch((thrown: unknown) => {
      this.scene.checkers.clientErrors.told(this.name, thrown, []);
    });
    const { scene, random } = this;
    while (!scene.isOver) {
      await scene.sleep(random.fraction() * scene.plan.thinkMsMax);
      const session = this.#session;
      if (session === undefined || this.#closing !== undefined) continue;
      scene.step(this.name);
      if (random.chance(CRASH_PROBABILITY)) this.#crash();
      else if (random.chance(RENEW_PROBABILITY)) void this.#close(session);
      else this.act(session);
    }
  }

  /** Ends in good order, after everything was healed. */
  async finish(): Promise<void> {
    this.#isOver = true;
    const session = this.#session;
    if (session !== undefined) await this.#close(session);
  }

  /** A client has connected. */
  protected abstract opened(session: ClientSession): void;

  /** Something to do, now and then; returns at once. */
  protected abstract act(session: ClientSession): void;

  /** The process has ended, or is about to be closed in good order. */
  protected ended(): void {}

  /** The one that is at work. */
  protected get session(): ClientSession | undefined {
    return this.#session;
  }

  /** The client has failed for good: it is closed, and another one takes its place. */
  protected renew(session: ClientSession): void {
    void this.#close(session);
  }

  /** Waits in the process: if that is killed, for ever. */
  protected sleepIn({ process }: ClientSession, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      process.platform.clock.setTimer(delayMs, resolve);
    });
  }

  async #live(): Promise<void> {
    const { scene, random } = this;
    while (!this.#isOver) {
      const process = scene.world.host(this.name).start((thrown) => {
        scene.checkers.clientErrors.told(this.name, thrown, []);
      });
      const session = await Promise.race([this.#connect(process), process.life.ended]);
      if (session !== undefined && session !== "ended") {
        this.#session = session;
        this.opened(session);
        await process.life.ended;
        this.#session = undefined;
        this.#closing = undefined;
        this.ended();
      }
      await scene.sleep(random.fraction() * AWAY_MS_MAX);
    }
  }

  async #connect(process: SimProcess): Promise<ClientSession | undefined> {
    const { random, scene } = this;
    const requestTimeoutMs = random.pick([1000, 5000, 30_000]);
    const number = this.#sessions++;
    const ask = scene.checkers.clientPromises.asked(`connect of ${this.name}`, CLOSE_MS_MAX);
    void process.life.ended.then(() => scene.checkers.clientPromises.ended(ask));
    try {
      const kafka = await Kafka.connect({
        platform: process.platform,
        bootstrap: [`${BROKER_HOST}:${BROKER_PORT}`],
        clientId: this.name,
        requestTimeoutMs,
      });
      return { process, kafka, number, requestTimeoutMs };
    } catch (thrown) {
      scene.checkers.clientErrors.told(`connect of ${this.name}`, thrown, connectErrors);
      return undefined;
    } finally {
      scene.checkers.clientPromises.ended(ask);
    }
  }

  /** The process is killed. */
  #crash(): void {
    this.scene.world.trace.note("client killed", this.name);
    this.scene.world.host(this.name).kill();
  }

  #close(session: ClientSession): Promise<void> {
    this.#closing ??= this.#closeInOrder(session);
    return this.#closing;
  }

  async #closeInOrder({ kafka, process }: ClientSession): Promise<void> {
    const { clientErrors, clientPromises } = this.scene.checkers;
    const ask = clientPromises.asked(`close of ${this.name}`, CLOSE_MS_MAX);
    try {
      await Promise.race([kafka.close(), process.life.ended]);
    } catch (thrown) {
      clientErrors.told(`close of ${this.name}`, thrown, []);
    }
    clientPromises.ended(ask);
    if (process.life.isAlive) this.scene.world.host(this.name).kill();
  }
}
