import type { TopicPartition } from "../../core/topic-partition.ts";
import { messageOf } from "../../core/errors.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { rebalanceChannel, type RebalanceEvent } from "../diagnostics/channels.ts";
import type { KafkaError } from "../errors.ts";
import type {
  GivenPartition,
  GroupMetadata,
  Membership,
  MembershipListener,
  RevocationReason,
} from "./membership.ts";
import { asKafkaError } from "./waiting.ts";

/** Calls the listener of a member, and tells of it (log, diagnostics). */
export class MemberListener {
  readonly #cluster: Cluster;
  readonly #listener: MembershipListener;
  readonly #member: Pick<Membership, "metadata" | "protocol">;
  /** Of the revocation that is under way. */
  #lost = new AbortController();

  constructor(
    cluster: Cluster,
    listener: MembershipListener,
    member: Pick<Membership, "metadata" | "protocol">,
  ) {
    this.#cluster = cluster;
    this.#listener = listener;
    this.#member = member;
  }

  /** Partitions go. They are gone afterwards, whatever the listener makes of it. */
  async revoked(partitions: readonly TopicPartition[], reason: RevocationReason): Promise<void> {
    const kind = reason === "lost" ? "lost" : "revoked";
    const { metadata } = this.#member;
    const { clock } = this.#cluster.platform;
    const beganAtMs = clock.monotonicMs();
    let error: unknown;
    try {
      this.#lost = new AbortController();
      await this.#listener.onRevoked(partitions, reason, this.#lost.signal);
    } catch (thrown) {
      error = thrown;
      this.#cluster.logger.error("the consumer failed to give partitions up", {
        group: metadata.group,
        reason: messageOf(thrown),
      });
    }
    this.#tell({ kind, partitions, durationMs: clock.monotonicMs() - beganAtMs, error }, metadata);
  }

  /** What is being given up is lost: it is not to be finished any more. */
  hurry(): void {
    this.#lost.abort();
  }

  /** Partitions come. Resolves with what the listener made of it. */
  async assigned(partitions: readonly GivenPartition[]): Promise<KafkaError | null> {
    const { metadata } = this.#member;
    const { clock } = this.#cluster.platform;
    const beganAtMs = clock.monotonicMs();
    let error: KafkaError | null = null;
    try {
      await this.#listener.onAssigned(partitions);
    } catch (thrown) {
      error = asKafkaError(thrown);
    }
    const durationMs = clock.monotonicMs() - beganAtMs;
    this.#tell(
      { kind: "assigned", partitions, durationMs, ...(error === null ? {} : { error }) },
      metadata,
    );
    return error;
  }

  failed(error: KafkaError): void {
    this.#tell({ kind: "failed", partitions: [], durationMs: 0, error }, this.#member.metadata);
    this.#listener.onFailed(error);
  }

  #tell(
    event: Pick<RebalanceEvent, "kind" | "partitions" | "durationMs" | "error">,
    metadata: GroupMetadata,
  ): void {
    const { group, memberId, generationId } = metadata;
    const { protocol } = this.#member;
    this.#cluster.logger.debug(`partitions ${event.kind}`, {
      group,
      memberId,
      generationId,
      partitions: event.partitions.length,
    });
    if (!rebalanceChannel.hasSubscribers) return;
    const { clientId } = this.#cluster;
    rebalanceChannel.publish({ ...event, group, protocol, memberId, generationId, clientId });
  }
}
