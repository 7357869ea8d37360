import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { NewTopic, Produced, ProduceRequest } from "../../api.ts";
import { apiPath, call } from "../state/api.ts";
import { linkTo, go } from "../state/router.ts";
import { Code } from "./code.tsx";
import { Card } from "./page.tsx";
import { at, bootstrap } from "./snippets.ts";
import { say, sayProblem } from "./toast.tsx";

const EXAMPLE_TOPIC = "orders";
const regions = ["EU", "US", "Africa"] as const;
const goods = ["tea", "kettle", "cup", "biscuits"] as const;
type Language = "Command line" | "Node" | "Python" | "Java" | "Go";

/** The first thing that a new cluster shows: how events get in. */
export function GettingStarted(): JSX.Element {
  const [language, choose] = useState<Language>("Command line");
  const [isBusy, setBusy] = useState(false);
  const produce = async (): Promise<void> => {
    setBusy(true);
    try {
      await produceOrders();
      say("Ten orders are written", `Topic ${EXAMPLE_TOPIC}`);
      go(linkTo(["topics", EXAMPLE_TOPIC]));
    } catch (thrown) {
      sayProblem(thrown);
    }
    setBusy(false);
  };
  const snippets = snippetsFor(bootstrap(), at());
  return (
    <div class="columns">
      <Card title="Nothing here yet: begin with ten orders">
        <div class="page" style={{ justifyItems: "start" }}>
          <p>
            A topic is a log of events. Producers write to its end; any number of consumer groups
            read it at their own pace, and may read it again. Write a few and look at them:
          </p>
          <button
            type="button"
            class="button primary"
            disabled={isBusy}
            onClick={() => void produce()}
          >
            Produce ten orders
          </button>
          <p class="muted">
            For a whole shop whose services talk through topics run{" "}
            <code>npm run stream-store</code> in the clone.
          </p>
        </div>
      </Card>
      <Card
        title="Connect your own client"
        actions={
          <select
            class="input"
            aria-label="Language"
            value={language}
            onChange={(event) => choose(event.currentTarget.value as Language)}
          >
            {Object.keys(snippets).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        }
      >
        <Code text={snippets[language]} label={`example for ${language}`} />
      </Card>
    </div>
  );
}

async function produceOrders(): Promise<void> {
  const topic: NewTopic = { name: EXAMPLE_TOPIC, partitions: 3 };
  await call("POST", apiPath(["topics"]), topic);
  for (let i = 0; i < 10; i++) {
    const region = regions[i % regions.length] ?? "EU";
    const request: ProduceRequest = {
      key: `order-${i + 1}`,
      value: JSON.stringify({
        id: `order-${i + 1}`,
        region,
        item: goods[(i * 7) % goods.length],
        amount: 1 + ((i * 3) % 4),
        total: Number((4.9 + i * 3.3).toFixed(2)),
      }),
      headers: [{ key: "source", value: "console" }],
    };
    await call<Produced>("POST", apiPath(["topics", EXAMPLE_TOPIC, "messages"]), request);
  }
}

function snippetsFor(address: string, flag: string): Readonly<Record<Language, string>> {
  return {
    "Command line": `moldau topic create orders -p 3${flag}
echo '{"id":"order-1","total":4.9}' | moldau produce orders -k order-1${flag}
moldau consume orders${flag}`,
    Node: `import { connect } from "moldau";

const kafka = await connect("${address}");
const producer = kafka.producer({ createTopics: true });
await producer.send("orders", { key: "order-1", value: '{"total":4.9}' });
for await (const order of kafka.consume("orders", { group: "billing", from: "earliest" })) {
  console.log(order.key?.toString(), order.value?.toString());
}`,
    Python: `# pip install confluent-kafka
from confluent_kafka import Consumer, Producer

producer = Producer({"bootstrap.servers": "${address}"})
producer.produce("orders", key="order-1", value='{"total":4.9}')
producer.flush()

consumer = Consumer({"bootstrap.servers": "${address}", "group.id": "billing",
                     "auto.offset.reset": "earliest"})
consumer.subscribe(["orders"])
while True:
    message = consumer.poll(1.0)
    if message and not message.error():
        print(message.key(), message.value())`,
    Java: `// org.apache.kafka:kafka-clients:4.4.0
var config = Map.<String, Object>of(
    "bootstrap.servers", "${address}", "group.id", "billing", "auto.offset.reset", "earliest");
try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
  producer.send(new ProducerRecord<>("orders", "order-1", "{\\"total\\":4.9}")).get();
}
try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
  consumer.subscribe(List.of("orders"));
  while (true) {
    for (var order : consumer.poll(Duration.ofSeconds(1))) System.out.println(order.value());
  }
}`,
    Go: `// go get github.com/twmb/franz-go
client, err := kgo.NewClient(
	kgo.SeedBrokers("${address}"),
	kgo.ConsumerGroup("billing"), kgo.ConsumeTopics("orders"),
	kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
if err != nil {
	panic(err)
}
record := &kgo.Record{Topic: "orders", Key: []byte("order-1"), Value: []byte(\`{"total":4.9}\`)}
client.ProduceSync(context.Background(), record)
for {
	client.PollFetches(context.Background()).EachRecord(func(r *kgo.Record) {
		fmt.Println(string(r.Key), string(r.Value))
	})
}`,
  };
}
