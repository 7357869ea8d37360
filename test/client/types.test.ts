import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { isKafkaError, json, topic, type AnyKafkaError, type Kafka } from "../../src/index.ts";

const orders = topic("orders", {
  key: "string",
  value: json(z.object({ id: z.string(), total: z.number() })),
  headers: { source: "string", trace: "string?" },
});
const counts = topic("counts", { key: "int32", value: "int64" });

/** The same type both ways; anything else does not compile. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function same<A, B>(_is: Same<A, B>): void {
  // What is wrong here is told by the compiler.
}

/** Never called: `npm run check` compiles it, and each line that is expected to be refused has to be. */
async function consumed(kafka: Kafka): Promise<void> {
  for await (const order of kafka.consume(orders, { group: "billing" })) {
    same<typeof order.key, string | null>(true);
    same<typeof order.value, { id: string; total: number }>(true);
    same<typeof order.header.source, string>(true);
    same<typeof order.header.trace, string | undefined>(true);
    same<typeof order.offset, number>(true);
    // @ts-expect-error there is no such field
    void order.value.sum;
    // @ts-expect-error no header of this name is declared
    void order.header.tracing;
    // @ts-expect-error what was read does not change
    order.offset = 3;
  }
  for await (const { value } of kafka.consume(counts)) same<typeof value, bigint>(true);
  for await (const { value } of kafka.consume("raw")) same<typeof value, Buffer | null>(true);
  for await (const one of kafka.consume([orders, counts])) {
    if (one.topic === "orders") same<typeof one.value, { id: string; total: number }>(true);
    else same<typeof one.value, bigint>(true);
  }
  for await (const batch of kafka.consume(orders).batches({ max: 10 })) {
    same<(typeof batch)[0]["value"], { id: string; total: number }>(true);
  }
  // @ts-expect-error it stops at the end, or not at all
  kafka.consume(orders, { until: "forever" });
  // @ts-expect-error a place is one thing
  kafka.consume(orders, { from: "yesterday" });
  // @ts-expect-error times are in milliseconds, with that in their names
  kafka.consume(orders, { fetchWait: 500 });
  // @ts-expect-error an assignor that there is not
  kafka.consume(orders, { group: "g", assignors: ["fair"] });
  // @ts-expect-error what becomes of records that cannot be decoded
  kafka.consume(orders, { onDecodeError: { deadLetters: "orders-dead" } });
}

async function produced(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ compression: "zstd" });
  const headers = { source: "web" };
  await producer.send(orders, { key: "ada", value: { id: "1", total: 2 }, headers });
  // @ts-expect-error the total is missing
  await producer.send(orders, { key: "ada", value: { id: "1" }, headers });
  // @ts-expect-error the header is missing
  await producer.send(orders, { key: "ada", value: { id: "1", total: 2 } });
  // @ts-expect-error the key is text
  producer.post(orders, { key: 7, value: { id: "1", total: 2 }, headers });
  // @ts-expect-error objects need a typed topic
  await producer.send("raw", { value: { id: 1 } });
  // @ts-expect-error there is no such codec
  kafka.producer({ compression: "brotli" });
  // @ts-expect-error three acknowledgements
  kafka.producer({ acks: 3 });
  await kafka.transaction("tx", async (transaction) => {
    // @ts-expect-error as of any producer
    await transaction.send(counts, { key: 1, value: "many" });
  });
}

async function administered(kafka: Kafka): Promise<void> {
  // @ts-expect-error a topic has a name
  await kafka.admin.createTopic({ partitions: 3 });
  // @ts-expect-error settings belong to things that there are
  await kafka.admin.describeConfigs({ type: "queue", name: "a" });
  const about = { resourceType: "topic", resourceName: "a", principal: "User:ada" } as const;
  // @ts-expect-error operations are words
  await kafka.admin.createAcls([{ ...about, operation: "look" }]);
  // @ts-expect-error a codec that there is not
  topic("odd", { key: "text", value: "string" });
}

function handled(error: AnyKafkaError): string {
  switch (error.code) {
    case "NOT_LEADER_OR_FOLLOWER":
      return String(error.retriable);
    // @ts-expect-error no error has this code
    case "NOT_LEADER":
      return "";
    default:
      return error.remedy ?? "";
  }
}

test("types tell what is read and refuse what is wrong", () => {
  assert.equal(isKafkaError(new Error("an error of somebody else")), false);
  assert.ok([consumed, produced, administered, handled].every((one) => one.length === 1));
});
