import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../src/client/connect.ts";
import type { Kafka } from "../../../src/client/kafka.ts";
import type { ShareConsumer } from "../../../src/client/share/share-consumer.ts";
import { configureShareGroup } from "../../client/share-group.ts";
import type { Broker } from "../broker.ts";
import { javaLoadArgs } from "../java.ts";
import { startKafka } from "../kafka.ts";
import type { Context, Part } from "../part.ts";
import { freePort, start, type Running } from "../processes.ts";
import { startCluster } from "./client-cluster.ts";

const name = "client-share";
const PARTITIONS = 6;
const RECORDS = 2_000;
const LOOK_MS = 50;
const LOOKING_MAX_MS = 90_000;

/** A share group at a cluster, and what its members were given. */
class Scene {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly group: string;
  /** How often Moldau's members were given each record. */
  readonly seen = new Map<string, number>();
  readonly accepted = new Set<string>();
  readonly #members: ShareConsumer<string>[] = [];
  readonly #working: Promise<void>[] = [];

  private constructor(kafka: Kafka, about: string) {
    this.kafka = kafka;
    this.topic = `share-${about}`;
    this.group = `share-group-${about}`;
  }

  static async open(
    brokers: readonly Broker[],
    about: string,
    replicationFactor = 3,
  ): Promise<Scene> {
    const bootstrap = brokers.map((broker) => broker.bootstrap);
    const scene = new Scene(await connect(bootstrap, { clientId: about }), about);
    const { topic, group } = scene;
    const { admin } = scene.kafka;
    await admin.createTopic({ name: topic, partitions: PARTITIONS, replicationFactor });
    await configureShareGroup(scene.kafka, group);
    return scene;
  }

  /** A member that accepts what it is given, and waits for each answer. */
  join(): void {
    const member = this.kafka.share(this.topic, { group: this.group, maxRecords: 50 });
    this.#members.push(member);
    const working = member.forEach(
      async (record) => {
        const text = String(record.value);
        this.seen.set(text, (this.seen.get(text) ?? 0) + 1);
        // Where the leader goes away under it the record comes again, here or elsewhere.
        await record.accept().then(
          () => this.accepted.add(text),
          () => undefined,
        );
      },
      { concurrency: 4 },
    );
    this.#working.push(working);
  }

  /** Until the group has so many members that all have partitions. */
  async gathered(members: number): Promise<void> {
    await until(`${members} members have partitions`, async () => {
      const described = await this.kafka.admin.describeGroup({ group: this.group, type: "Share" });
      const having = described.members.filter(({ assignment }) => assignment.length > 0);
      return having.length === members;
    });
  }

  async produce(from: number, to: number): Promise<void> {
    const producer = this.kafka.producer();
    for (let number = from; number < to; number++) {
      await producer.send(this.topic, { value: `v${number}`, partition: number % PARTITIONS });
    }
    await producer.close();
  }

  /** Until the group is done with all there is. */
  async done(): Promise<void> {
    await until("the group is done", async () => {
      const lag = await this.kafka.admin.groupLag({ group: this.group, type: "Share" });
      return lag.partitions.length === PARTITIONS && lag.partitions.every((one) => one.lag === 0);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()));
    await Promise.all(this.#working);
    await this.kafka.close();
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + LOOKING_MAX_MS;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > endMs) throw new Error(`not so in time: ${what}`);
    await sleep(LOOK_MS);
  }
}

async function startJavaMember(
  { bootstrap }: Broker,
  { topic, group }: Scene,
  logPath: string,
): Promise<Running> {
  const tool = "org.apache.kafka.tools.consumer.ConsoleShareConsumer";
  const args = ["--bootstrap-server", bootstrap, "--topic", topic, "--group", group];
  return start("java", [...(await javaLoadArgs(256)), tool, ...args], logPath);
}

/** Moldau's members and one of Apache Kafka's own share records: each is somebody's, once. */
async function withJava(brokers: readonly Broker[], scratch: string): Promise<void> {
  const scene = await Scene.open(brokers, "java");
  const java = await startJavaMember(brokers[0]!, scene, join(scratch, "java-member.log"));
  try {
    scene.join();
    await scene.gathered(2);
    await scene.produce(0, RECORDS);
    await scene.done();
    await java.stop("SIGTERM");
  } finally {
    if (java.alive) await java.stop("SIGKILL");
    await scene.close();
  }
  const theirs = java
    .output()
    .split("\n")
    .filter((line) => /^v\d+$/.test(line));
  const ours = [...scene.seen.keys()];
  if (ours.length === 0) throw new Error("all records went to the Java member");
  if (theirs.length === 0) throw new Error("no record went to the Java member");
  const missing = missingIn(new Set([...ours, ...theirs]));
  if (missing.length > 0) throw new Error(`${missing.length} lost: ${missing.slice(0, 5).join()}`);
  if (ours.length + theirs.length !== RECORDS) {
    throw new Error(`${ours.length} and ${theirs.length} records of ${RECORDS}`);
  }
}

/** A broker is killed while members work: nothing is left out. */
async function withoutLeaders(brokers: readonly Broker[]): Promise<void> {
  const scene = await Scene.open(brokers, "leaders");
  try {
    scene.join();
    scene.join();
    await scene.gathered(2);
    await scene.produce(0, RECORDS / 4);
    const killing = (async () => {
      await until("some are done", async () => scene.accepted.size > RECORDS / 4);
      await brokers[2]!.kill();
    })();
    await scene.produce(RECORDS / 4, RECORDS / 2);
    await killing;
    await scene.produce(RECORDS / 2, RECORDS);
    await scene.done();
  } finally {
    await scene.close();
  }
  const missing = missingIn(new Set(scene.seen.keys()));
  if (missing.length > 0) throw new Error(`${missing.length} lost: ${missing.slice(0, 5).join()}`);
}

/** The only broker is stopped and started again, twice, the second time by force. */
async function withRestarts(scratch: string): Promise<void> {
  const options = {
    dataDir: join(scratch, "restarted"),
    logPath: join(scratch, "restarted.log"),
    port: await freePort(),
    controllerPort: await freePort(),
  };
  let broker = await startKafka(options);
  const scene = await Scene.open([broker], "restarts", 1);
  try {
    scene.join();
    scene.join();
    await scene.gathered(2);
    const quarter = RECORDS / 4;
    await scene.produce(0, quarter);
    for (const end of ["stop", "kill"] as const) {
      const from = end === "stop" ? quarter : 2 * quarter;
      const producing = scene.produce(from, from + quarter);
      await until("some are done", () => Promise.resolve(scene.accepted.size > from));
      await broker[end]();
      broker = await startKafka(options);
      await producing;
    }
    await scene.produce(3 * quarter, RECORDS);
    await scene.done();
  } finally {
    await scene.close();
    await broker.stop();
  }
  const missing = missingIn(new Set(scene.seen.keys()));
  if (missing.length > 0) throw new Error(`${missing.length} lost: ${missing.slice(0, 5).join()}`);
}

function missingIn(seen: ReadonlySet<string>): string[] {
  return Array.from({ length: RECORDS }, (_, i) => `v${i}`).filter((text) => !seen.has(text));
}

async function runTests({ report, scratch }: Context): Promise<void> {
  const { brokers } = await startCluster(scratch);
  const test = async (title: string, scenario: () => Promise<void>): Promise<void> => {
    const beganMs = performance.now();
    try {
      await scenario();
      report.pass(name, title, performance.now() - beganMs);
    } catch (thrown) {
      report.fail(name, title, thrown instanceof Error ? (thrown.stack ?? "") : String(thrown));
    }
  };
  try {
    await test("members of Moldau and of Java share a group", () => withJava(brokers, scratch));
    await test("no record is left out when a leader is killed", () => withoutLeaders(brokers));
    await test("nor when the only broker is restarted", () => withRestarts(scratch));
  } finally {
    for (const broker of brokers.reverse()) if (broker.process.alive) await broker.stop();
  }
}

export const clientSharePart: Part = {
  name,
  about:
    "share groups at an Apache Kafka of three, with a member of its own, and a leader that ends",
  run: runTests,
};
