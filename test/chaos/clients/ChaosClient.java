import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client at work while its broker is killed: `produce` or `consume`, until SIGTERM. Every line
 * of output is one fact, fields separated by tabs; see `facts.ts`.
 */
public class ChaosClient {
    static volatile boolean stopping;

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i + 1 < args.length; i += 2) options.put(args[i].substring(2), args[i + 1]);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            try {
                main.join(30_000);
            } catch (InterruptedException ignored) {
                // The machine ends anyway.
            }
        }));
        if (args[0].equals("produce")) produce(options);
        else consume(options);
    }

    static synchronized void tell(Object... fields) {
        StringBuilder line = new StringBuilder();
        for (Object field : fields) {
            if (line.length() > 0) line.append('\t');
            line.append(String.valueOf(field).replace('\t', ' ').replace('\n', ' '));
        }
        System.out.println(line);
    }

    static Properties common(Map<String, String> options) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", options.get("bootstrap"));
        properties.put("reconnect.backoff.ms", "20");
        properties.put("reconnect.backoff.max.ms", "100");
        properties.put("retry.backoff.ms", "20");
        properties.put("retry.backoff.max.ms", "100");
        return properties;
    }

    static void produce(Map<String, String> options) throws Exception {
        Properties properties = common(options);
        properties.put("enable.idempotence", "true");
        properties.put("acks", "all");
        properties.put("linger.ms", "2");
        properties.put("batch.size", "2000");
        properties.put("request.timeout.ms", "5000");
        properties.put("delivery.timeout.ms", "600000");
        properties.put("max.block.ms", "600000");
        String topic = options.get("topic");
        String name = options.get("name");
        int partitions = Integer.parseInt(options.get("partitions"));
        long pauseNanos = 1_000_000_000L / Integer.parseInt(options.get("rate"));
        int[] next = new int[partitions];
        ByteArraySerializer bytes = new ByteArraySerializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties, bytes, bytes)) {
            long due = System.nanoTime();
            for (int i = 0; !stopping; i++) {
                int partition = i % partitions;
                int number = next[partition]++;
                byte[] value = (name + ":" + partition + ":" + number).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                    if (error == null) tell("acknowledged", partition, number, metadata.offset());
                    else tell("failed", partition, number, error);
                });
                due += pauseNanos;
                long left = due - System.nanoTime();
                if (left > 0) Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
            }
        }
        tell("ended", name);
    }

    static void consume(Map<String, String> options) {
        Properties properties = common(options);
        properties.put("group.id", options.get("group"));
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("session.timeout.ms", "6000");
        properties.put("heartbeat.interval.ms", "500");
        properties.put("request.timeout.ms", "5000");
        properties.put("default.api.timeout.ms", "60000");
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
            consumer.subscribe(List.of(options.get("topic")), new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> gone) {}

                public void onPartitionsAssigned(Collection<TopicPartition> mine) {
                    long askedMs = System.currentTimeMillis();
                    for (TopicPartition one : mine) tell("begins", one.partition(), consumer.position(one), askedMs);
                }
            });
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    String value = new String(record.value(), StandardCharsets.UTF_8);
                    tell("record", record.partition(), record.offset(), value);
                }
                commit(consumer);
            }
        }
        tell("ended", "consumer");
    }

    static void commit(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition one : consumer.assignment()) {
            offsets.put(one, new OffsetAndMetadata(consumer.position(one)));
        }
        if (offsets.isEmpty()) return;
        try {
            consumer.commitSync(offsets, Duration.ofSeconds(20));
            long ackedMs = System.currentTimeMillis();
            offsets.forEach((one, offset) -> tell("committed", one.partition(), offset.offset(), ackedMs));
        } catch (KafkaException error) {
            tell("not committed", error);
        }
    }
}
