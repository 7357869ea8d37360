import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { forgetAfter } from "./coordinator.ts";
import type { MemberWaiters } from "./member-waiters.ts";
import { asKafkaError, within } from "./waiting.ts";

/** Tells the coordinator that the member goes. */
type Farewell = (deadline: Deadline) => Promise<unknown>;

/** How a member takes its leave: the group is told, or learns it when the session ends. */
export class Departure {
  readonly #cluster: Cluster;
  readonly #group: string;
  #deadline: Deadline | undefined;
  /** The word of a member that left by itself; nobody waits for it but whoever closes. */
  #goodbye: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, group: string) {
    this.#cluster = cluster;
    this.#group = group;
  }

  /** Leaves by `begin`; resolves to whether the group was told in time. */
  async within(deadline: Deadline, waiters: MemberWaiters, begin: () => void): Promise<boolean> {
    this.#deadline ??= deadline;
    begin();
    try {
      await waiters.untilClosed(deadline);
      await within(deadline, this.#goodbye);
      return true;
    } catch (thrown) {
      this.#cluster.logger.warn("the group was not told in time that a member left", {
        group: this.#group,
        reason: asKafkaError(thrown).message,
      });
      return false;
    }
  }

  /** The word of a member that is closed: said again until it is heard, or the deadline is there. */
  async tell(farewell: Farewell): Promise<void> {
    const deadline = this.#deadline ?? this.#cluster.deadline();
    const group = this.#group;
    try {
      await deadline.retry(
        () => farewell(deadline),
        (thrown) => forgetAfter(this.#cluster, group, thrown),
      );
    } catch (thrown) {
      const reason = asKafkaError(thrown).message;
      this.#cluster.logger.debug("a member left without a word", { group, reason });
    }
  }

  /** The word of a member that leaves by itself and goes on: said once, and not waited for. */
  post(farewell: Farewell): void {
    this.#goodbye = farewell(this.#cluster.deadline()).then(
      () => undefined,
      (thrown: unknown) => forgetAfter(this.#cluster, this.#group, thrown),
    );
  }
}
