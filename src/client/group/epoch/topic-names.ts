import { messageOf } from "../../../core/errors.ts";
import type { Uuid } from "../../../core/uuid.ts";
import type { Timer } from "../../../platform/clock.ts";
import { ApiKey } from "../../../protocol/apis.ts";
import { ErrorCode } from "../../../protocol/error-code.ts";
import { metadataRequest, metadataResponse } from "../../../protocol/messages/metadata.ts";
import { apiCall } from "../../cluster/api-call.ts";
import type { Cluster } from "../../cluster/cluster.ts";

/** Since version 12 topics can be asked for by id alone. */
const METADATA_BY_ID_VERSION = 12;
const metadataByIdCall = {
  ...apiCall(ApiKey.METADATA, metadataRequest, metadataResponse),
  minVersion: METADATA_BY_ID_VERSION,
};
/** How soon it is asked again for names that the broker did not know. */
const RETRY_MS = 1_000;

/** Partitions of a topic as the new protocol names them. */
export interface TopicIdPartitions {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

/** Finds the names of topics that an assignment names by their ids. */
export class TopicNames {
  readonly #cluster: Cluster;
  readonly #names = new Map<Uuid, string>();
  #timer: Timer | undefined;
  /** Counts what is looked for, so that an answer to something older is dropped. */
  #turn = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /**
   * Calls `found` with the names once all are known; when the broker does not know some of the topics
   * (yet, or any more), with those there are, and again for as long as more come. Only the last call of
   * this counts.
   */
  resolve(ids: readonly Uuid[], found: (names: ReadonlyMap<Uuid, string>) => void): void {
    this.stop();
    const turn = this.#turn;
    for (const id of ids) {
      const name = this.#cluster.topicById(id)?.name;
      if (typeof name === "string") this.#names.set(id, name);
    }
    const missing = ids.filter((id) => !this.#names.has(id));
    if (missing.length === 0) found(this.#names);
    else void this.#look(turn, missing, found, true);
  }

  /** Nothing that was asked for is wanted any more. */
  stop(): void {
    this.#turn++;
    this.#timer?.cancel();
  }

  async #look(
    turn: number,
    missing: readonly Uuid[],
    found: (names: ReadonlyMap<Uuid, string>) => void,
    isFirst: boolean,
  ): Promise<void> {
    await this.#ask(missing);
    if (turn !== this.#turn) return;
    const left = missing.filter((id) => !this.#names.has(id));
    if (isFirst || left.length < missing.length) found(this.#names);
    if (turn !== this.#turn || left.length === 0) return;
    this.#timer = this.#cluster.platform.clock.setTimer(
      RETRY_MS,
      () => void this.#look(turn, left, found, false),
    );
  }

  async #ask(ids: readonly Uuid[]): Promise<void> {
    try {
      const { topics } = await this.#cluster.ask(
        metadataByIdCall,
        {
          topics: ids.map((topicId) => ({ topicId, name: null })),
          allowAutoTopicCreation: false,
        },
        this.#cluster.deadline(),
      );
      for (const { topicId, name, errorCode } of topics) {
        if (name !== null && errorCode === ErrorCode.NONE) this.#names.set(topicId, name);
      }
    } catch (thrown) {
      const reason = messageOf(thrown);
      this.#cluster.logger.debug("names of topics could not be asked for", { reason });
    }
  }
}
