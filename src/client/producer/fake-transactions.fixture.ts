import type { Clock } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from "../../protocol/messages/add-partitions-to-txn.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import { endTxnRequest, endTxnResponse } from "../../protocol/messages/end-txn.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import type { FakeBroker } from "../cluster/fake-broker.fixture.ts";
import type { FakeLogCluster } from "./fake-logs.fixture.ts";

/** What befalls a request to the coordinator. */
export interface CoordinatorFate {
  readonly delayMs?: number;
  /** Answered in place of doing it. */
  readonly refusal?: number;
  /** Hung up before it is done, or after. */
  readonly request?: "lost" | "unanswered";
  /** How long the markers of an outcome take. */
  readonly markerMs?: number;
}

interface FakeTransaction {
  producerId: number;
  epoch: number;
  lastEpoch: number;
  state: "empty" | "ongoing" | "preparing" | "committed" | "aborted";
  readonly partitions: Set<string>;
}

/** The transaction coordinator of a {@link FakeLogCluster}, by Kafka's rules (coordinators.md, 5). */
export class FakeTransactions {
  fate: (api: string) => CoordinatorFate = () => ({});
  readonly #logs: FakeLogCluster;
  readonly #clock: Clock;
  readonly #transactions = new Map<string, FakeTransaction>();
  #nextProducerId = 5000;

  /** `level`: what the cluster says of `transaction.version`. */
  constructor(logs: FakeLogCluster, clock: Clock, level: 1 | 2) {
    this.#logs = logs;
    this.#clock = clock;
    for (const broker of logs.brokers) this.#serve(broker, level);
    logs.transactions = this;
  }

  #serve(broker: FakeBroker, level: number): void {
    broker.serve(apiVersionsRequest, apiVersionsResponse, () => ({
      apiKeys: [...broker.versions].map(([apiKey, [minVersion, maxVersion]]) => ({
        apiKey,
        minVersion,
        maxVersion,
      })),
      finalizedFeatures: [
        { name: "transaction.version", maxVersionLevel: level, minVersionLevel: level },
      ],
    }));
    broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => {
        const { host, port } = this.#logs.brokers[0]!;
        return { key, nodeId: 1, host, port, errorCode: ErrorCode.NONE };
      }),
    }));
    broker.serve(initProducerIdRequest, initProducerIdResponse, (request) =>
      this.#befall("InitProducerId", (code) => {
        const result = code ?? this.#init(request.transactionalId ?? "", request);
        return typeof result === "number"
          ? { errorCode: result, producerId: -1, producerEpoch: -1 }
          : { errorCode: ErrorCode.NONE, ...result };
      }),
    );
    broker.serve(addPartitionsToTxnRequest, addPartitionsToTxnResponse, (request) =>
      this.#befall("AddPartitionsToTxn", (code) => {
        const topics = request.v3AndBelowTopics;
        const names = topics.flatMap(({ name, partitions }) =>
          partitions.map((partition) => `${partition} ${name}`),
        );
        const producer = {
          producerId: request.v3AndBelowProducerId,
          producerEpoch: request.v3AndBelowProducerEpoch,
        };
        const errorCode = code ?? this.add(request.v3AndBelowTransactionalId, producer, names);
        return {
          resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
            name,
            resultsByPartition: partitions.map((partitionIndex) => ({
              partitionIndex,
              partitionErrorCode: errorCode,
            })),
          })),
        };
      }),
    );
    broker.serve(endTxnRequest, endTxnResponse, (request, { apiVersion }) =>
      this.#befall("EndTxn", (code, markerMs) => {
        const result = code ?? this.#end(request, apiVersion, markerMs);
        return typeof result === "number"
          ? { errorCode: result }
          : { errorCode: ErrorCode.NONE, ...(apiVersion >= 5 ? result : {}) };
      }),
    );
  }

  async #befall<T>(
    api: string,
    run: (refusal: number | undefined, markerMs: number) => T,
  ): Promise<T | "close"> {
    const { delayMs, refusal, request, markerMs = 0 } = this.fate(api);
    if (delayMs !== undefined) {
      await new Promise<void>((resolve) => void this.#clock.setTimer(delayMs, resolve));
    }
    if (request === "lost") return "close";
    const answer = run(refusal, markerMs);
    return request === "unanswered" ? "close" : answer;
  }

  #init(
    id: string,
    given: { readonly producerId: number; readonly producerEpoch: number },
  ): number | { readonly producerId: number; readonly producerEpoch: number } {
    let known = this.#transactions.get(id);
    if (known === undefined) {
      const producerId = this.#nextProducerId++;
      known = { producerId, epoch: -1, lastEpoch: -1, state: "empty", partitions: new Set() };
      this.#transactions.set(id, known);
    }
    if (known.state === "preparing") return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (given.producerId >= 0 && known.epoch >= 0) {
      if (given.producerId !== known.producerId) return ErrorCode.PRODUCER_FENCED;
      const isKnown =
        given.producerEpoch === known.epoch || given.producerEpoch === known.lastEpoch;
      if (!isKnown) return ErrorCode.PRODUCER_FENCED;
    }
    if (known.state === "ongoing") {
      known.lastEpoch = known.epoch;
      known.epoch++;
      this.#prepare(known, false, 5);
      return ErrorCode.CONCURRENT_TRANSACTIONS;
    }
    if (given.producerId < 0 || given.producerEpoch === known.epoch) {
      known.lastEpoch = given.producerId < 0 ? -1 : known.epoch;
      known.epoch++;
    }
    known.state = "empty";
    return { producerId: known.producerId, producerEpoch: known.epoch };
  }

  /** Partitions become part of a transaction: by request, or by being written to. */
  add(
    id: string,
    producer: { readonly producerId: number; readonly producerEpoch: number },
    names: readonly string[],
  ): number {
    const known = this.#transactions.get(id);
    if (known === undefined || known.producerId !== producer.producerId) {
      return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    }
    if (known.epoch !== producer.producerEpoch) return ErrorCode.PRODUCER_FENCED;
    if (known.state === "preparing") return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (known.state !== "ongoing") known.partitions.clear();
    known.state = "ongoing";
    for (const name of names) known.partitions.add(name);
    return ErrorCode.NONE;
  }

  /** Whether a partition is part of the transaction: what its leader asks before it writes. */
  has(
    id: string,
    producer: { readonly producerId: number; readonly producerEpoch: number },
    name: string,
  ): boolean {
    const known = this.#transactions.get(id);
    return (
      known?.state === "ongoing" &&
      known.producerId === producer.producerId &&
      known.epoch === producer.producerEpoch &&
      known.partitions.has(name)
    );
  }

  #end(
    request: {
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly committed: boolean;
    },
    apiVersion: number,
    markerMs: number,
  ): number | { readonly producerId: number; readonly producerEpoch: number } {
    const { committed, producerEpoch } = request;
    const known = this.#transactions.get(request.transactionalId);
    if (known === undefined || known.producerId !== request.producerId) {
      return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    }
    const bumps = apiVersion >= 5;
    const isRetry = bumps && producerEpoch === known.epoch - 1 && known.state !== "ongoing";
    if (producerEpoch !== known.epoch && !isRetry) return ErrorCode.PRODUCER_FENCED;
    const result = (): { producerId: number; producerEpoch: number } => ({
      producerId: known.producerId,
      producerEpoch: known.epoch,
    });
    switch (known.state) {
      case "ongoing":
        if (bumps) known.epoch++;
        this.#prepare(known, committed, markerMs);
        return result();
      case "preparing":
        return ErrorCode.CONCURRENT_TRANSACTIONS;
      case "empty":
        if (!bumps || committed) return ErrorCode.INVALID_TXN_STATE;
        known.epoch++;
        return result();
      case "committed":
      case "aborted": {
        const isSame = (known.state === "committed") === committed;
        if (bumps && !isRetry) {
          if (committed) return ErrorCode.INVALID_TXN_STATE;
          known.epoch++;
          known.state = "aborted";
          return result();
        }
        return isSame ? result() : ErrorCode.INVALID_TXN_STATE;
      }
    }
  }

  #prepare(known: FakeTransaction, committed: boolean, markerMs: number): void {
    known.state = "preparing";
    const { producerId, epoch } = known;
    const partitions = [...known.partitions];
    this.#clock.setTimer(markerMs, () => {
      for (const name of partitions) {
        const [partition = "0", topic = ""] = name.split(" ");
        this.#logs.log(topic, Number(partition)).mark(producerId, epoch, committed);
      }
      known.partitions.clear();
      known.state = committed ? "committed" : "aborted";
    });
  }
}
