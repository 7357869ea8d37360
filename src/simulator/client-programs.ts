import { Kafka } from "../client/kafka.ts";
import { ClientAdmin, makeClientTopic } from "./actors/client-admin.ts";
import type { ClientActor } from "./actors/client-actor.ts";
import { ClientConsumer } from "./actors/client-consumer.ts";
import { ClientProducer } from "./actors/client-producer.ts";
import { BROKER_HOST, BROKER_PORT } from "./broker-under-test.ts";
import type { ClientGroup } from "./checkers/client-reads.ts";
import type { ClientPartition, ClientTopic } from "./client-history.ts";
import { readRecordId, type RecordId } from "./sent-records.ts";
import type { Scene } from "./scene.ts";

const SETUP_HOST = "client-setup";
const AUDIT_HOST = "client-audit";
/** Virtual time for consumers to get to the end after everything was healed. */
const CATCH_UP_MS_MAX = 4 * 60_000;
const LOOK_MS = 100;
const CONNECT_TRIES_MAX = 10;

/** The programs of a seed that use the node through the client, from their topics to the last look. */
export class ClientPrograms {
  readonly #scene: Scene;
  readonly #producers: ClientProducer[] = [];
  readonly #consumers: ClientConsumer[] = [];
  readonly #admins: ClientAdmin[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  get actors(): readonly ClientActor[] {
    return [...this.#producers, ...this.#consumers, ...this.#admins];
  }

  /** Makes the topics, while nothing goes wrong yet, and those who use them. */
  async begin(): Promise<void> {
    const { clients } = this.#scene.plan;
    const kafka = await this.#connect(SETUP_HOST);
    for (const topic of clients.topics) await makeClientTopic(this.#scene, kafka, topic);
    await kafka.close();
    this.#cast();
  }

  /** Everything is healed: all that was sent is settled, all is read, and everybody goes in good order. */
  async end(): Promise<void> {
    const { history } = this.#scene;
    await Promise.all(this.#producers.map((producer) => producer.settled()));
    await this.#catchUp();
    if (history.violation !== undefined) return;
    await Promise.all(this.actors.map((actor) => actor.finish()));
    await this.#audit();
  }

  #cast(): void {
    const scene = this.#scene;
    const { plan, history } = scene;
    const { producers, groups, readers, admins } = plan.clients;
    const all = history.clients.topics;
    for (let i = 0; i < producers; i++) {
      this.#producers.push(new ClientProducer(scene, `client-producer-${i}`));
    }
    const asked: ClientGroup[] = [];
    for (const { name, members, topics, assignors } of groups) {
      const some = all.filter((topic) => topics.includes(topic.name));
      for (let i = 0; i < members; i++) {
        const of = { topics: some, group: name, assignors };
        this.#consumers.push(new ClientConsumer(scene, `client-${name}-${i}`, of));
      }
      asked.push(scene.checkers.groupProgress.group(name));
    }
    for (let i = 0; i < readers; i++) {
      const of = { topics: all, group: undefined, assignors: undefined };
      this.#consumers.push(new ClientConsumer(scene, `client-reader-${i}`, of));
    }
    for (let i = 0; i < admins; i++) {
      this.#admins.push(new ClientAdmin(scene, `client-admin-${i}`, asked));
    }
  }

  /** Every consumer comes to the end of all that is there, and partitions have one owner each. */
  async #catchUp(): Promise<void> {
    const { history, world } = this.#scene;
    const untilMs = world.clock.monotonicMs() + CATCH_UP_MS_MAX;
    for (;;) {
      const missing = this.#missing();
      if (missing === undefined || history.violation !== undefined) return;
      if (world.clock.monotonicMs() > untilMs) {
        history.violate("client-liveness", missing);
        return;
      }
      await this.#scene.sleep(LOOK_MS);
    }
  }

  /** What keeps consumers from being at the end, if anything does. */
  #missing(): string | undefined {
    for (const consumer of this.#consumers) {
      if (consumer.group === undefined && !consumer.isAtEnd) {
        return `${consumer.name} does not come to the end`;
      }
    }
    const groups = new Map<ClientGroup, ClientConsumer[]>();
    for (const consumer of this.#consumers) {
      const { group } = consumer;
      if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), consumer]);
    }
    for (const [group, members] of groups) {
      const missing = missingOf(group, members);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  /** Reads everything anew, and asks what groups have committed. */
  async #audit(): Promise<void> {
    const { history, plan, checkers } = this.#scene;
    const kafka = await this.#connect(AUDIT_HOST);
    for (const topic of history.clients.topics) await this.#readWhole(kafka, topic);
    for (const { name } of plan.clients.groups) {
      const group = checkers.groupProgress.group(name);
      const told = await kafka.admin.groupOffsets(name);
      for (const { topic, partition, offset } of told) {
        const found = history.clients.topicNamed(topic)?.partition(partition);
        if (found === undefined) continue;
        const before = checkers.groupProgress.committedBefore(group, found);
        checkers.groupProgress.told(group, found, before, offset);
      }
    }
    await kafka.close();
  }

  async #readWhole(kafka: Kafka, topic: ClientTopic): Promise<void> {
    const { history } = this.#scene;
    const ids = new Set<RecordId>();
    const consumer = kafka.consume(topic.name, { from: "earliest", until: "end" });
    for await (const { partition, offset, value } of consumer) {
      const id = readRecordId({ value });
      if (id !== undefined) ids.add(id);
      history.emit({ kind: "record seen", partition: topic.partition(partition), offset, id });
    }
    await consumer.close();
    history.emit({ kind: "topic read whole", topic, ids });
  }

  /** A client of the simulator's own; connections may be reset at any time. */
  async #connect(host: string): Promise<Kafka> {
    const { platform } = this.#scene.world.host(host).start();
    const bootstrap = [`${BROKER_HOST}:${BROKER_PORT}`];
    for (let tries = 1; ; tries++) {
      try {
        return await Kafka.connect({ platform, bootstrap, clientId: host });
      } catch (thrown) {
        if (tries === CONNECT_TRIES_MAX) throw thrown;
        await this.#scene.sleep(LOOK_MS);
      }
    }
  }
}

function missingOf(group: ClientGroup, members: readonly ClientConsumer[]): string | undefined {
  const owners = new Map<ClientPartition, string[]>();
  for (const member of members) {
    for (const partition of member.assignment) {
      owners.set(partition, [...(owners.get(partition) ?? []), member.name]);
    }
  }
  for (const topic of members[0]?.topics ?? []) {
    for (const partition of topic.partitions) {
      const { processedTo } = group.progressOf(partition);
      if (processedTo < partition.end) {
        return `${group.name} is done with ${processedTo} of ${partition.end} records of ${partition.name}`;
      }
      const of = owners.get(partition) ?? [];
      if (of.length !== 1) {
        return `${partition.name} is read for ${group.name} by ${of.join(" and ") || "nobody"}`;
      }
    }
  }
  return undefined;
}
