import type { Kafka } from "../../client/kafka.ts";
import type { ClientGroup } from "../checkers/client-reads.ts";
import { ClientTopic } from "../client-history.ts";
import type { Scene } from "../scene.ts";
import type { ClientTopicPlan } from "../seed-plan.ts";
import { ClientActor, type ClientSession } from "./client-actor.ts";

const PARTITIONS_MAX = 4;
/** How long a call may take: its own timeout, and that of the last request in it. */
const CALL_MS_MAX = 90_000;

/** What a call may be told when the broker goes while it works, or is away for too long. */
const callErrors = [
  "TIMED_OUT",
  "CLOSED",
  "CONNECTION_CLOSED",
  "CONNECTION_FAILED",
  "BOOTSTRAP_FAILED",
] as const;

/** Makes the topics of clients and asks about them, through the client's admin. */
export class ClientAdmin extends ClientActor {
  readonly #groups: readonly ClientGroup[];
  #scratches = 0;
  #isBusy = false;

  constructor(scene: Scene, name: string, groups: readonly ClientGroup[]) {
    super(scene, name);
    this.#groups = groups;
  }

  protected opened(): void {
    this.#isBusy = false;
  }

  protected act(session: ClientSession): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    void this.#call(session).then(() => {
      this.#isBusy = false;
    });
  }

  async #call(session: ClientSession): Promise<void> {
    const { clientErrors, clientPromises } = this.scene.checkers;
    const { kafka, process } = session;
    const what = this.random.fraction();
    const [name, call, besides = []] = this.#choose(what);
    const ask = clientPromises.asked(`${name} of ${this.name}`, CALL_MS_MAX);
    void process.life.ended.then(() => clientPromises.ended(ask));
    try {
      await call(kafka);
    } catch (thrown) {
      // A node that is about to end takes no more partitions.
      const ending = this.scene.broker.isEnding ? ["INVALID_REPLICATION_FACTOR"] : [];
      const expected = [...callErrors, ...besides, ...ending];
      clientErrors.told(`${name} of ${this.name}`, thrown, expected);
    }
    clientPromises.ended(ask);
  }

  #choose(what: number): readonly [string, (kafka: Kafka) => Promise<void>, (readonly string[])?] {
    if (what < 0.5 && this.#groups.length > 0) {
      return ["groupOffsets", (kafka) => this.#askOffsets(kafka)];
    }
    if (what < 0.6) return ["describeGroups", (kafka) => this.#describeGroups(kafka)];
    if (what < 0.75) return ["topicOffsets", (kafka) => this.#askEnds(kafka)];
    if (what < 0.85) return ["listTopics", (kafka) => this.#list(kafka)];
    if (what < 0.93) {
      // A request whose answer was lost has had its effect.
      return ["createPartitions", (kafka) => this.#addPartition(kafka), ["INVALID_PARTITIONS"]];
    }
    return ["createTopic", (kafka) => this.#scratch(kafka), scratchErrors];
  }

  async #askOffsets({ admin }: Kafka): Promise<void> {
    const group = this.random.pick(this.#groups);
    const { groupProgress } = this.scene.checkers;
    const before = new Map<string, number>();
    for (const [partition] of group.all()) {
      before.set(partition.name, groupProgress.committedBefore(group, partition));
    }
    const told = await admin.groupOffsets(group.name);
    for (const { topic, partition, offset } of told) {
      const found = this.scene.history.clients.topicNamed(topic)?.partition(partition);
      if (found === undefined) continue;
      groupProgress.told(group, found, before.get(found.name) ?? 0, offset);
    }
  }

  async #describeGroups({ admin }: Kafka): Promise<void> {
    await admin.describeGroups(this.#groups.map(({ name }) => name));
  }

  /** What was acknowledged or read is below the end. */
  async #askEnds({ admin }: Kafka): Promise<void> {
    const topic = this.random.pick(this.scene.history.clients.topics);
    const known = topic.partitions.map(({ end }) => end);
    for (const { partition, latest } of await admin.topicOffsets(topic.name)) {
      const end = known[partition] ?? 0;
      if (latest === null || latest >= end) continue;
      const { name } = topic.partition(partition);
      this.scene.history.violate("lost-writes", `${name} ends at ${latest}, before ${end}`);
    }
  }

  async #list({ admin }: Kafka): Promise<void> {
    const expected = this.scene.history.clients.topics.map(({ name }) => name);
    const listed = new Set((await admin.listTopics()).map(({ name }) => name));
    const missing = expected.filter((name) => !listed.has(name));
    if (missing.length === 0) return;
    this.scene.history.violate("metadata", `the list of topics lacks ${missing.join(", ")}`);
  }

  async #addPartition({ admin }: Kafka): Promise<void> {
    const topic = this.random.pick(this.scene.history.clients.topics);
    const count = topic.partitions.length + 1;
    if (count > PARTITIONS_MAX) return;
    await admin.createPartitions(topic.name, count);
    topic.growTo(count);
  }

  /** A topic that comes and goes. */
  async #scratch({ admin }: Kafka): Promise<void> {
    const name = `scratch-${this.name}-${this.#scratches++}`;
    await admin.createTopic({ name, partitions: 1 });
    await admin.describeTopic(name);
    await admin.deleteTopic(name);
  }
}

/** After a request whose answer was lost. */
const scratchErrors = ["TOPIC_ALREADY_EXISTS", "UNKNOWN_TOPIC_OR_PARTITION"] as const;

/** Makes a topic of clients; does what it takes until it is there. */
export async function makeClientTopic(
  scene: Scene,
  kafka: Kafka,
  { name, partitions, configs }: ClientTopicPlan,
): Promise<void> {
  const known = scene.history.clients.topicNamed(name);
  if (known !== undefined) return;
  const [outcome] = await kafka.admin.createTopics([{ name, partitions, configs }]);
  const code = outcome?.error?.code;
  if (code !== undefined && code !== "TOPIC_ALREADY_EXISTS") throw outcome?.error;
  scene.history.clients.topics.push(new ClientTopic(name, partitions));
}
