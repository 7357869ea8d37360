import { MoldauError } from "../core/errors.ts";
import { apis, type ApiKey } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { DiskFaults } from "../simulator/sim-faults.ts";
import { ANY_HOST, type LinkConditions, type SimNetwork } from "../simulator/sim-network.ts";
import { BROKER_HOST } from "./broker-process.ts";
import { OBSERVER_CLIENT_ID, type PlannedAnswers } from "./planned-answers.ts";

type PascalCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Lowercase<Head>>}${PascalCase<Tail>}`
  : Capitalize<Lowercase<S>>;
/** Kafka's name of an API, such as `Produce`. */
export type ApiName = PascalCase<keyof typeof ApiKey>;
/** Kafka's name of an error, such as `NOT_LEADER_OR_FOLLOWER`. */
export type ErrorName = Exclude<keyof typeof ErrorCode, "NONE">;

/** Whom a fault of the network meets. */
export interface Whom {
  /** The `clientId` of a client that the test's broker connected. Default: every client. */
  readonly client?: string;
}

/** Which requests get an error for an answer, and how often. */
export interface AnswerOptions extends Whom {
  /** How many requests are answered so. Default 1; `Infinity` until {@link Faults.heal}. */
  readonly times?: number;
}

/** What faults are brought upon. */
export interface FaultTargets {
  readonly network: SimNetwork;
  readonly answers: PlannedAnswers;
  readonly disk: DiskFaults;
  /** Takes what is not on the device; `undefined` for a disk that cannot. */
  readonly losePower: (() => Promise<void>) | undefined;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** From now on the broker may end by itself. */
  readonly mayDie: () => void;
}

/** What can go wrong, by name. Everything but a broker that is not there lasts until {@link heal}. */
export class Faults {
  readonly #targets: FaultTargets;
  readonly #hosts = new Map<string, { isCut: boolean; conditions: LinkConditions }>();

  constructor(targets: FaultTargets) {
    this.#targets = targets;
    this.#spareObserver();
  }

  /** Stops the broker in good order; clients find nobody there. */
  stop(): Promise<void> {
    return this.#targets.stop();
  }

  /** Starts the broker that was stopped or killed, on the disk that it left. */
  start(): Promise<void> {
    return this.#targets.start();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** `kill -9`: connections break off, and the disk stays as it was written. */
  kill(): Promise<void> {
    return this.#targets.kill();
  }

  /** The machine loses power: what was not synced may be gone. For a disk in memory. */
  losePower(): Promise<void> {
    const { losePower } = this.#targets;
    if (losePower !== undefined) return losePower();
    return Promise.reject(
      new MoldauError("a directory of this machine does not lose power", {
        code: "NOT_IN_MEMORY",
        remedy: 'Start the broker with testBroker({ disk: "memory" }).',
      }),
    );
  }

  /** Everything takes `ms` longer on its way, in each direction. */
  delay({ ms, client }: Whom & { readonly ms: number }): void {
    this.#shape(client, { delayMs: [ms, ms] });
  }

  /** A slow link: so many bytes a second in each direction. */
  slow({ bytesPerSecond, client }: Whom & { readonly bytesPerSecond: number }): void {
    this.#shape(client, { bytesPerSecond });
  }

  /** Nothing gets through, and nobody is told: connections stay open. */
  cut({ client }: Whom = {}): void {
    this.#stateOf(client ?? ANY_HOST).isCut = true;
    this.#apply();
  }

  /** Connections end with an error on both sides. */
  reset({ client }: Whom = {}): void {
    const { network } = this.#targets;
    for (const connection of network.connections()) {
      if (connection.remoteAddress !== BROKER_HOST) continue;
      const from = connection.localAddress;
      if (from === OBSERVER_CLIENT_ID || (client ?? from) !== from) continue;
      network.reset(connection);
    }
  }

  /** The next requests of an API are refused with an error, and not carried out. */
  answer(api: ApiName, error: ErrorName, options: AnswerOptions = {}): void {
    this.#plan(api, { kind: "error", errorCode: ErrorCode[error], isCarriedOut: false }, options);
  }

  /** The next requests of an API are carried out, and answered with an error all the same. */
  answerAfter(api: ApiName, error: ErrorName, options: AnswerOptions = {}): void {
    this.#plan(api, { kind: "error", errorCode: ErrorCode[error], isCarriedOut: true }, options);
  }

  /** The next requests of an API are carried out, and their connections end before the answer. */
  loseAnswer(api: ApiName, options: AnswerOptions = {}): void {
    this.#plan(api, { kind: "lost" }, options);
  }

  /** No room on the disk: what is written is refused. */
  diskFull(): void {
    this.#targets.mayDie();
    this.#targets.disk.plan({ operation: "write", kind: "full", times: Infinity });
  }

  /** The device refuses to keep what was written; as Kafka does, the broker gives up the directory, or itself. */
  failSync({ times = Infinity }: { readonly times?: number } = {}): void {
    this.#targets.mayDie();
    this.#targets.disk.plan({ operation: "sync", times });
  }

  /** The device refuses to be written to. */
  failWrite({ times = Infinity }: { readonly times?: number } = {}): void {
    this.#targets.mayDie();
    this.#targets.disk.plan({ operation: "write", times });
  }

  /** Ends every fault of network, disk and answers. A broker that is not there stays away. */
  heal(): void {
    const { network, disk, answers } = this.#targets;
    this.#hosts.clear();
    network.clearLinks();
    this.#spareObserver();
    disk.clear();
    answers.clear();
  }

  #plan(
    api: ApiName,
    answer: Parameters<PlannedAnswers["plan"]>[1],
    { times = 1, client }: AnswerOptions,
  ): void {
    const found = apis.find(({ name }) => name === api);
    if (found === undefined) {
      throw new MoldauError(`there is no API ${api}`, { code: "NO_SUCH_API" });
    }
    this.#targets.answers.plan(found.key, answer, { times, clientId: client });
  }

  #shape(client: string | undefined, conditions: LinkConditions): void {
    const state = this.#stateOf(client ?? ANY_HOST);
    state.conditions = { ...state.conditions, ...conditions };
    this.#apply();
  }

  #stateOf(host: string): { isCut: boolean; conditions: LinkConditions } {
    let state = this.#hosts.get(host);
    if (state === undefined) {
      state = { isCut: false, conditions: {} };
      this.#hosts.set(host, state);
    }
    return state;
  }

  /** A client of whom something is said has that besides what holds for all. */
  #apply(): void {
    const { network } = this.#targets;
    const all = this.#hosts.get(ANY_HOST);
    for (const [host, { isCut, conditions }] of this.#hosts) {
      const shape = { ...all?.conditions, ...conditions };
      network.shape(host, BROKER_HOST, shape);
      network.shape(BROKER_HOST, host, shape);
      if (!isCut && all?.isCut !== true) continue;
      network.block(host, BROKER_HOST);
      network.block(BROKER_HOST, host);
    }
  }

  /** Whoever looks at topics for the test does so over a link of its own, which nothing happens to. */
  #spareObserver(): void {
    const { network } = this.#targets;
    network.shape(OBSERVER_CLIENT_ID, BROKER_HOST, {});
    network.shape(BROKER_HOST, OBSERVER_CLIENT_ID, {});
  }
}
