import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
  type FindCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { brokerError, throwOnError, type KafkaErrorContext } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { Coalesced } from "./coalesced.ts";
import type { BrokerConnection } from "./connection.ts";

const findCoordinatorCall = apiCall(
  ApiKey.FIND_COORDINATOR,
  findCoordinatorRequest,
  findCoordinatorResponse,
);
/** Since this version one request may ask for several. */
const LIST_VERSION = 4;

/** What coordinators coordinate. */
export type CoordinatorType = "group" | "transaction" | "share";

const keyTypes: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1, share: 2 };

/** Where a coordinator is, as brokers say it. */
export interface FoundCoordinator {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

type Answer = Omit<ElementOf<FindCoordinatorResponse["coordinators"]>, "key">;

export interface CoordinatorsOptions {
  /** A connection to any broker, for one question. */
  readonly connect: () => Promise<BrokerConnection>;
  /** For its answer. */
  readonly timeoutMs: () => number;
}

/** Which broker coordinates what: asked once for many keys, remembered until it turns out wrong. */
export class Coordinators {
  readonly #options: CoordinatorsOptions;
  readonly #known: Readonly<Record<CoordinatorType, Map<string, number>>> = {
    group: new Map(),
    transaction: new Map(),
    share: new Map(),
  };
  readonly #questions: Readonly<
    Record<CoordinatorType, Coalesced<string, ReadonlyMap<string, Answer>>>
  >;

  constructor(options: CoordinatorsOptions) {
    this.#options = options;
    this.#questions = {
      group: new Coalesced((keys) => this.#ask("group", keys)),
      transaction: new Coalesced((keys) => this.#ask("transaction", keys)),
      share: new Coalesced((keys) => this.#ask("share", keys)),
    };
  }

  /** The node id of the coordinator, if it is remembered. */
  known(type: CoordinatorType, key: string): number | undefined {
    return this.#known[type].get(key);
  }

  /** Asks where the coordinator is. Throws what the broker says, such as COORDINATOR_NOT_AVAILABLE. */
  async find(type: CoordinatorType, key: string): Promise<FoundCoordinator> {
    const answer = (await this.#questions[type].join([key])).get(key);
    const context = contextOf(type, key);
    if (answer === undefined) throw brokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE, context);
    throwOnError(answer.errorCode, context, answer.errorMessage);
    this.#known[type].set(key, answer.nodeId);
    return answer;
  }

  forget(type: CoordinatorType, key: string): void {
    this.#known[type].delete(key);
  }

  /** Everything that a broker coordinated is somewhere else, or will be. */
  forgetNode(nodeId: number): void {
    for (const known of Object.values(this.#known)) {
      for (const [key, coordinator] of known) if (coordinator === nodeId) known.delete(key);
    }
  }

  forgetAll(): void {
    for (const known of Object.values(this.#known)) known.clear();
  }

  async #ask(
    type: CoordinatorType,
    keys: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Answer>> {
    const connection = await this.#options.connect();
    const options = { timeoutMs: this.#options.timeoutMs() };
    const keyType = keyTypes[type];
    const answers = new Map<string, Answer>();
    if ((connection.versionOf(findCoordinatorCall) ?? 0) >= LIST_VERSION) {
      const body = { keyType, coordinatorKeys: [...keys] };
      const { coordinators } = await connection.request(findCoordinatorCall, body, options);
      for (const coordinator of coordinators) answers.set(coordinator.key, coordinator);
      return answers;
    }
    const asked = [...keys].map(async (key) => {
      answers.set(key, await connection.request(findCoordinatorCall, { key, keyType }, options));
    });
    await Promise.all(asked);
    return answers;
  }
}

function contextOf(type: CoordinatorType, key: string): KafkaErrorContext {
  return type === "transaction" ? { transactionalId: key } : { group: key };
}
