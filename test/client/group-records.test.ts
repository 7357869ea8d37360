import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { Consumer } from "../../src/client/consumer/consumer.ts";
import { isKafkaError } from "../../src/client/errors.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { SimRandom } from "../../src/simulator/sim-random.ts";
import { ConsumerScene, eventually, turn } from "./consumer-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

const PARTITIONS = 8;
const MEMBERS_MAX = 8;
const STEPS = 24;
const PER_STEP = 160;
/** Of those that may be killed. */
const SESSION_MS = 1_000;
/** Of those that are not: however busy the machine is, nobody takes them for dead. */
const LONG_SESSION_MS = 30_000;

let scene: ConsumerScene;

before(async () => {
  scene = await ConsumerScene.open([`group.min.session.timeout.ms=${SESSION_MS}`]);
});

after(() => scene.close());

/** What all members have seen, by partition: how often each offset, and by whom it is read now. */
class Witness {
  readonly times = Array.from({ length: PARTITIONS }, () => new Map<number, number>());
  /** Records that came twice while nobody was killed. */
  repeated = 0;
  mayRepeat = false;
  kills = 0;

  saw(partition: number, offset: number): void {
    const of = this.times[partition];
    const before = of?.get(offset) ?? 0;
    of?.set(offset, before + 1);
    if (before > 0 && !this.mayRepeat) this.repeated++;
  }

  get distinct(): number {
    return this.times.reduce((sum, of) => sum + of.size, 0);
  }
}

/** How long a group of the new protocol keeps a member that it hears nothing of. */
async function setSession(group: string, sessionMs: number): Promise<void> {
  await scene.kafka.admin.alterConfigs(
    { type: "group", name: group },
    { "consumer.session.timeout.ms": sessionMs, "consumer.heartbeat.interval.ms": 100 },
  );
}

/** A process of its own, as far as brokers can tell. */
class Member {
  readonly kafka: Kafka;
  readonly #consumer: Consumer<string>;
  readonly #reading: Promise<void>;
  readonly #positions = new Map<number, number>();
  #isKilled = false;

  private constructor(kafka: Kafka, topic: string, options: ConsumeOptions, witness: Witness) {
    this.kafka = kafka;
    this.#consumer = kafka.consume(topic, options);
    this.#reading = this.#read(witness);
  }

  static async join(topic: string, options: ConsumeOptions, witness: Witness): Promise<Member> {
    return new Member(await connect(scene.target.bootstrap), topic, options, witness);
  }

  async #read(witness: Witness): Promise<void> {
    const changes = this.#watchChanges();
    try {
      for await (const { partition, offset } of this.#consumer) {
        if (this.#isKilled) return;
        const expected = this.#positions.get(partition);
        if (expected !== undefined) assert.equal(offset, expected, "a record was passed over");
        this.#positions.set(partition, offset + 1);
        witness.saw(partition, offset);
        await turn();
      }
    } catch (thrown) {
      if (!this.#isKilled || !isKafkaError(thrown)) throw thrown;
    }
    await changes;
  }

  /** Whoever gets a partition back goes on where others were. */
  async #watchChanges(): Promise<void> {
    for await (const { kind, partitions } of this.#consumer.rebalances()) {
      if (kind === "assigned") continue;
      for (const { partition } of partitions) this.#positions.delete(partition);
    }
  }

  async leave(): Promise<void> {
    await this.#consumer.close();
    await this.#reading;
    await this.kafka.close();
  }

  /** Ends without a word: connections close, and no offset is stored any more. */
  kill(): void {
    this.#isKilled = true;
    this.kafka.cluster.close();
    void this.#consumer.close().catch(() => undefined);
  }
}

const ways: Readonly<Record<string, ConsumeOptions>> = {
  range: { groupProtocol: "classic", assignors: ["range"] },
  "cooperative-sticky": { groupProtocol: "classic" },
  "new protocol": { groupProtocol: "consumer" },
};

for (const [name, way] of Object.entries(ways)) {
  test(
    `${name}: one to eight members that join, leave and are killed see each record`,
    { timeout: 180_000 },
    async (t) => {
      if (way.groupProtocol === "consumer") {
        if (skipOnMoldau(t, "the new protocol of groups")) return;
      }
      const topic = await scene.makeTopic(PARTITIONS);
      const group = uniqueName("records");
      const optionsOf = (sessionTimeoutMs: number): ConsumeOptions => {
        return { group, ...way, sessionTimeoutMs, heartbeatIntervalMs: 100 };
      };
      if (way.groupProtocol === "consumer") await setSession(group, LONG_SESSION_MS);
      const random = new SimRandom(8, name);
      const witness = new Witness();
      const members = [await Member.join(topic, optionsOf(LONG_SESSION_MS), witness)];
      const mortals = new Set<Member>();
      // A test that fails leaves nobody behind.
      t.after(() => {
        for (const member of members) member.kill();
      });
      for (let step = 0; step < STEPS; step++) {
        await scene.produce(topic, PER_STEP, { partitions: PARTITIONS, from: step * PER_STEP });
        // Half of the time whoever is there has read all before things change, half of the time they change meanwhile.
        if (random.chance(0.5)) {
          const sofar = (step + 1) * PER_STEP;
          await eventually("what there is so far is seen", () => witness.distinct === sofar);
        }
        // First only those that say goodbye: until then no record may come twice.
        const mayKill = step > STEPS / 2;
        witness.mayRepeat ||= mayKill;
        if (step === STEPS / 2 && way.groupProtocol === "consumer") {
          await setSession(group, SESSION_MS);
        }
        if (members.length === 1 || (members.length < MEMBERS_MAX && random.chance(0.6))) {
          const options = optionsOf(mayKill ? SESSION_MS : LONG_SESSION_MS);
          const member = await Member.join(topic, options, witness);
          members.push(member);
          if (mayKill) mortals.add(member);
          continue;
        }
        const [gone] = members.splice(random.below(members.length), 1);
        if (gone !== undefined && mortals.has(gone) && random.chance(0.7)) {
          witness.kills++;
          gone.kill();
        } else await gone?.leave();
      }
      const all = STEPS * PER_STEP;
      await eventually("every record is seen", () => witness.distinct === all);
      assert.equal(witness.repeated, 0);
      assert.ok(witness.kills > 0);
      await Promise.all(members.map((member) => member.leave()));
      const each = all / PARTITIONS;
      assert.deepEqual(
        await scene.committed(group),
        Array.from({ length: PARTITIONS }, () => each),
      );
      for (const of of witness.times) assert.equal(Math.max(...of.keys()), each - 1);
    },
  );
}
