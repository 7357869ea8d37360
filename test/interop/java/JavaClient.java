import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeProducersOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client at work: suite, cross-write, cross-read, create, feed, member. */
public final class JavaClient {
    static final String NAME = "java";
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    static final int CROSS_RECORDS = 50;
    static final long CROSS_BASE_MS = 1_700_000_000_000L;

    final String bootstrap;
    final Admin admin;

    JavaClient(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    // ---- reporting

    interface Test {
        void run() throws Exception;
    }

    static void emit(String... fields) {
        StringBuilder line = new StringBuilder();
        for (String field : fields) {
            if (line.length() > 0) line.append('\t');
            line.append(field.replace('\t', ' ').replace('\n', ' '));
        }
        System.out.println(line);
        System.out.flush();
    }

    static void test(String name, Test body) {
        long started = System.nanoTime();
        try {
            body.run();
            emit("ok", name, Long.toString((System.nanoTime() - started) / 1_000_000));
        } catch (Throwable error) {
            StringBuilder where = new StringBuilder();
            for (StackTraceElement at : error.getStackTrace()) {
                if (at.getClassName().startsWith("JavaClient")) where.append(' ').append(at.getLineNumber());
            }
            emit("not ok", name, error + " [lines" + where + "]");
        }
    }

    static void check(boolean condition, String message) {
        if (!condition) throw new AssertionError(message);
    }

    static void equal(Object actual, Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + ": got " + shorten(actual) + ", expected " + shorten(expected));
        }
    }

    static String shorten(Object value) {
        String text = String.valueOf(value);
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    static <E extends Throwable> void fails(Class<E> with, Test body) throws Exception {
        try {
            body.run();
        } catch (ExecutionException error) {
            check(with.isInstance(error.getCause()), "failed with " + error.getCause() + ", expected " + with.getSimpleName());
            return;
        }
        throw new AssertionError("went through, expected " + with.getSimpleName());
    }

    static <T> T get(Future<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // ---- clients

    void create(String topic, int partitions, Map<String, String> configs) throws Exception {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all());
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < deadline) {
            try {
                if (get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size() == partitions) return;
            } catch (ExecutionException error) {
                if (!(error.getCause() instanceof UnknownTopicOrPartitionException)) throw error;
            }
            Thread.sleep(20);
        }
        throw new AssertionError(topic + " did not show up");
    }

    KafkaProducer<byte[], byte[]> producer(Map<String, String> configs) {
        Properties all = new Properties();
        all.put("bootstrap.servers", bootstrap);
        all.putAll(configs);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(Map<String, String> configs) {
        Properties all = new Properties();
        all.put("bootstrap.servers", bootstrap);
        all.put("group.id", "unused");
        all.put("enable.auto.commit", "false");
        all.put("auto.offset.reset", "earliest");
        all.put("session.timeout.ms", "6000");
        all.put("heartbeat.interval.ms", "500");
        all.put("fetch.max.wait.ms", "100");
        all.putAll(configs);
        // In the new protocol of groups these are the broker's.
        if ("consumer".equals(all.get("group.protocol"))) {
            all.remove("session.timeout.ms");
            all.remove("heartbeat.interval.ms");
        }
        return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    List<RecordMetadata> produce(List<ProducerRecord<byte[], byte[]>> records, Map<String, String> configs) throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(configs)) {
            for (ProducerRecord<byte[], byte[]> record : records) sent.add(producer.send(record));
            producer.flush();
        }
        List<RecordMetadata> result = new ArrayList<>();
        for (Future<RecordMetadata> one : sent) result.add(get(one));
        return result;
    }

    List<ConsumerRecord<byte[], byte[]>> take(KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> result = new ArrayList<>();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (result.size() < count) {
            check(System.nanoTime() < deadline, result.size() + " of " + count + " records after 30 s");
            consumer.poll(Duration.ofMillis(200)).forEach(result::add);
        }
        return result;
    }

    List<ConsumerRecord<byte[], byte[]>> read(String topic, int partition, long offset, int count) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("check.crcs", "true"))) {
            TopicPartition at = new TopicPartition(topic, partition);
            consumer.assign(List.of(at));
            consumer.seek(at, offset);
            return take(consumer, count);
        }
    }

    // ---- records

    static ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
        return new ProducerRecord<>(topic, partition, null, value == null ? null : bytes(value));
    }

    static List<ProducerRecord<byte[], byte[]>> numbered(String topic, int partition, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) records.add(record(topic, partition, Integer.toString(i)));
        return records;
    }

    static ProducerRecord<byte[], byte[]> sample(String topic, int i) {
        byte[] key = i % 11 == 10 ? null : bytes("k" + i);
        byte[] value = i % 13 == 12 ? null : bytes(("value " + i + " ").repeat(12));
        List<Header> headers = new ArrayList<>();
        if (i % 4 == 0) {
            headers.add(new RecordHeader("a", bytes(Integer.toString(i))));
            headers.add(new RecordHeader("a", bytes("again")));
            headers.add(new RecordHeader("null", null));
        }
        return new ProducerRecord<>(topic, 0, null, key, value, headers);
    }

    static ProducerRecord<byte[], byte[]> crossRecord(String writer, String codec, int i) {
        String text = writer + " " + codec + " " + i + " ";
        int size = i * 97 % 2000 + 1;
        byte[] key = i % 5 == 4 && i % 7 != 6 ? null : bytes("key-" + i);
        byte[] value = i % 7 == 6 ? null : bytes(text.repeat(size / text.length() + 1).substring(0, size));
        List<Header> headers = new ArrayList<>();
        if (i % 3 == 0) {
            headers.add(new RecordHeader("trace", bytes("t-" + i)));
            headers.add(new RecordHeader("empty", new byte[0]));
        }
        return new ProducerRecord<>("cross." + writer + "." + codec, 0, CROSS_BASE_MS + i * 1000L, key, value, headers);
    }

    static void same(ConsumerRecord<byte[], byte[]> got, ProducerRecord<byte[], byte[]> wanted, String what) {
        check(Arrays.equals(got.key(), wanted.key()), what + ": the key differs");
        check(Arrays.equals(got.value(), wanted.value()), what + ": the value differs");
        equal(List.of(got.headers().toArray()), List.of(wanted.headers().toArray()), what + ": headers");
        if (wanted.timestamp() != null) equal(got.timestamp(), wanted.timestamp(), what + ": timestamp");
    }

    // ---- the suite

    void roundTrip(String topic, int count, Map<String, String> configs) throws Exception {
        create(topic, 1, Map.of());
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) records.add(sample(topic, i));
        List<RecordMetadata> acknowledged = produce(records, configs);
        if (!"0".equals(configs.get("acks"))) {
            for (int i = 0; i < count; i++) equal(acknowledged.get(i).offset(), (long) i, "offset");
        }
        List<ConsumerRecord<byte[], byte[]>> read = read(topic, 0, 0, count);
        for (int i = 0; i < count; i++) same(read.get(i), records.get(i), "record " + i);
    }

    void suite() {
        String stamp = "." + System.currentTimeMillis() % 1_000_000;
        test("creates a topic and describes it", () -> {
            String topic = "java.create" + stamp;
            create(topic, 3, Map.of("retention.ms", "7200000"));
            TopicDescription described = get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
            equal(described.partitions().size(), 3, "partitions");
            equal(described.partitions().get(2).leader().id(), 1, "leader");
            TopicDescription byId = get(admin.describeTopics(
                org.apache.kafka.common.TopicCollection.ofTopicIds(List.of(described.topicId()))).allTopicIds()).get(described.topicId());
            equal(byId.name(), topic, "name by id");
            fails(TopicExistsException.class, () -> create(topic, 3, Map.of()));
            fails(InvalidConfigurationException.class, () -> create(topic + "2", 1, Map.of("retention.ms", "soon")));
        });
        for (String codec : CODECS) {
            test("round trip with " + codec + ": headers, null keys, null values",
                () -> roundTrip("java.codec." + codec + stamp, 500, Map.of("compression.type", codec)));
        }
        for (String acks : List.of("0", "1", "all")) {
            test("produces with acks=" + acks, () -> roundTrip("java.acks." + acks + stamp, 200,
                Map.of("acks", acks, "enable.idempotence", Boolean.toString(acks.equals("all")))));
        }
        test("idempotent producing keeps order and counts", () -> idempotent("java.idempotent" + stamp));
        test("a record of 1 MB goes through, a larger one is refused", () -> large("java.large" + stamp));
        test("finds offsets by time and seeks there", () -> byTime("java.time" + stamp));
        test("earliest, latest and maximal timestamp", () -> ends("java.ends" + stamp));
        test("alters and describes configs", () -> configs("java.configs" + stamp));
        test("adds partitions, deletes records, deletes the topic", () -> partitions("java.partitions" + stamp));
        test("groups: commits, lists, describes, alters and deletes offsets, deletes", () -> groups("java.groups" + stamp));
        test("subscribes by pattern and sees a topic that comes later", () -> pattern("java.pattern" + stamp));
        test("static members and cooperative assignment", () -> staticMember("java.static" + stamp));
        test("describes cluster, log directories, features, quorum, producers", () -> describes("java.describes" + stamp));
    }

    void idempotent(String topic) throws Exception {
        create(topic, 3, Map.of());
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < 2000; i++) for (int p = 0; p < 3; p++) records.add(record(topic, p, p + "-" + i));
        produce(records, Map.of("enable.idempotence", "true", "batch.size", "400", "linger.ms", "0"));
        for (int p = 0; p < 3; p++) {
            List<ConsumerRecord<byte[], byte[]>> read = read(topic, p, 0, 2000);
            for (int i = 0; i < 2000; i++) equal(new String(read.get(i).value()), p + "-" + i, "value");
            Map<TopicPartition, ListOffsetsResultInfo> latest =
                get(admin.listOffsets(Map.of(new TopicPartition(topic, p), OffsetSpec.latest())).all());
            equal(latest.get(new TopicPartition(topic, p)).offset(), 2000L, "end offset");
        }
    }

    void large(String topic) throws Exception {
        create(topic, 1, Map.of());
        byte[] value = new byte[1_000_000];
        for (int i = 0; i < value.length; i++) value[i] = (byte) (i * 31);
        produce(Collections.nCopies(3, new ProducerRecord<>(topic, 0, null, value)), Map.of());
        for (ConsumerRecord<byte[], byte[]> got : read(topic, 0, 0, 3)) {
            check(Arrays.equals(got.value(), value), "the value came back changed");
        }
        fails(RecordTooLargeException.class, () -> produce(
            List.of(new ProducerRecord<>(topic, 0, null, new byte[1_200_000])), Map.of("max.request.size", "5000000")));
    }

    void byTime(String topic) throws Exception {
        create(topic, 1, Map.of("retention.ms", "-1"));
        for (int start = 0; start < 100; start += 10) {
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = start; i < start + 10; i++) {
                records.add(new ProducerRecord<>(topic, 0, CROSS_BASE_MS + i * 1000L, null, bytes("" + i)));
            }
            produce(records, Map.of());
        }
        TopicPartition at = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            long[][] cases = {{0, 0}, {42_000, 42}, {41_001, 42}, {99_001, -1}};
            for (long[] one : cases) {
                OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(at, CROSS_BASE_MS + one[0])).get(at);
                equal(found == null ? -1L : found.offset(), one[1], "offset for +" + one[0]);
            }
            consumer.assign(List.of(at));
            consumer.seek(at, 77);
            equal(new String(take(consumer, 1).get(0).value()), "77", "after the seek");
        }
    }

    void ends(String topic) throws Exception {
        create(topic, 1, Map.of());
        produce(numbered(topic, 0, 10), Map.of());
        TopicPartition at = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("auto.offset.reset", "latest"))) {
            equal(consumer.beginningOffsets(List.of(at)).get(at), 0L, "beginning");
            equal(consumer.endOffsets(List.of(at)).get(at), 10L, "end");
            consumer.assign(List.of(at));
            consumer.seekToEnd(List.of(at));
            equal(consumer.position(at), 10L, "position");
            equal(consumer.poll(Duration.ofMillis(200)).count(), 0, "records at the end");
            produce(numbered(topic, 0, 1), Map.of());
            equal(take(consumer, 1).get(0).offset(), 10L, "first record after the end");
        }
        equal(get(admin.listOffsets(Map.of(at, OffsetSpec.maxTimestamp())).all()).get(at).offset(), 10L, "maximal timestamp");
        equal(get(admin.listOffsets(Map.of(at, OffsetSpec.earliestLocal())).all()).get(at).offset(), 0L, "earliest local");
    }

    void configs(String topic) throws Exception {
        create(topic, 1, Map.of());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry("max.message.bytes", "65536"), AlterConfigOp.OpType.SET);
        get(admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all());
        String value = "";
        for (int i = 0; i < 100 && !value.equals("65536"); i++) {
            value = get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("max.message.bytes").value();
        }
        equal(value, "65536", "max.message.bytes");
        fails(RecordTooLargeException.class, () -> produce(List.of(new ProducerRecord<>(topic, 0, null, new byte[100_000])), Map.of()));
        AlterConfigOp delete = new AlterConfigOp(new ConfigEntry("max.message.bytes", ""), AlterConfigOp.OpType.DELETE);
        get(admin.incrementalAlterConfigs(Map.of(resource, List.of(delete))).all());
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        AlterConfigOp dynamic = new AlterConfigOp(new ConfigEntry("log.cleaner.threads", "2"), AlterConfigOp.OpType.SET);
        get(admin.incrementalAlterConfigs(Map.of(broker, List.of(dynamic))).all());
        for (int i = 0; i < 100 && !value.equals("2"); i++) {
            value = get(admin.describeConfigs(List.of(broker)).all()).get(broker).get("log.cleaner.threads").value();
        }
        equal(value, "2", "log.cleaner.threads");
        dynamic = new AlterConfigOp(new ConfigEntry("log.cleaner.threads", ""), AlterConfigOp.OpType.DELETE);
        get(admin.incrementalAlterConfigs(Map.of(broker, List.of(dynamic))).all());
        check(get(admin.listConfigResources().all()).contains(resource), "the topic is no config resource");
    }

    void partitions(String topic) throws Exception {
        create(topic, 1, Map.of());
        get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
        produce(numbered(topic, 3, 20), Map.of());
        TopicPartition at = new TopicPartition(topic, 3);
        equal(get(admin.deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(12))).lowWatermarks().get(at)).lowWatermark(), 12L, "low watermark");
        equal(get(admin.listOffsets(Map.of(at, OffsetSpec.earliest())).all()).get(at).offset(), 12L, "earliest");
        get(admin.deleteTopics(List.of(topic)).all());
        boolean gone = false;
        for (int i = 0; i < 200 && !gone; i++) gone = !get(admin.listTopics().names()).contains(topic);
        check(gone, "the topic is still there");
    }

    void groups(String topic) throws Exception {
        create(topic, 1, Map.of());
        produce(numbered(topic, 0, 30), Map.of());
        String group = topic + ".group";
        TopicPartition at = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", group))) {
            consumer.subscribe(List.of(topic));
            take(consumer, 30);
            consumer.commitSync(Map.of(at, new OffsetAndMetadata(10, Optional.of(0), "note")));
            equal(consumer.committed(Set.of(at)).get(at).metadata(), "note", "metadata");
            var described = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
            equal(described.groupState().toString(), "Stable", "state");
            equal(described.members().size(), 1, "members");
            equal(described.members().iterator().next().assignment().topicPartitions(), Set.of(at), "assignment");
        }
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", group))) {
            consumer.subscribe(List.of(topic));
            equal(take(consumer, 1).get(0).offset(), 10L, "after the committed offset");
        }
        var listed = get(admin.listGroups().all());
        check(listed.stream().anyMatch(one -> one.groupId().equals(group)), "the group is not listed");
        equal(get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(at).offset(), 10L, "offset");
        get(admin.alterConsumerGroupOffsets(group, Map.of(at, new OffsetAndMetadata(3))).all());
        equal(get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(at).offset(), 3L, "altered offset");
        get(admin.deleteConsumerGroupOffsets(group, Set.of(at)).all());
        check(get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(at) == null, "the offset is still there");
        get(admin.alterConsumerGroupOffsets(group, Map.of(at, new OffsetAndMetadata(3))).all());
        get(admin.deleteConsumerGroups(List.of(group)).all());
        check(get(admin.listGroups().all()).stream().noneMatch(one -> one.groupId().equals(group)), "the group is still listed");
    }

    void pattern(String topic) throws Exception {
        create(topic + ".one", 1, Map.of());
        produce(numbered(topic + ".one", 0, 5), Map.of());
        Map<String, String> configs = Map.of("group.id", topic + ".group", "metadata.max.age.ms", "500");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(configs)) {
            consumer.subscribe(java.util.regex.Pattern.compile(java.util.regex.Pattern.quote(topic) + ".*"));
            take(consumer, 5);
            consumer.commitSync();
            create(topic + ".two", 1, Map.of());
            produce(numbered(topic + ".two", 0, 5), Map.of());
            equal(take(consumer, 5).get(0).topic(), topic + ".two", "topic");
        }
    }

    void staticMember(String topic) throws Exception {
        create(topic, 4, Map.of());
        for (int p = 0; p < 4; p++) produce(numbered(topic, p, 5), Map.of());
        Map<String, String> configs = Map.of("group.id", topic + ".group", "group.instance.id", "one",
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        String first = "";
        for (int round = 0; round < 2; round++) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(configs)) {
                consumer.subscribe(List.of(topic));
                take(consumer, 20);
                equal(consumer.assignment().size(), 4, "partitions");
                equal(consumer.groupMetadata().groupInstanceId(), Optional.of("one"), "instance");
                check(!consumer.groupMetadata().memberId().equals(first), "a new start has a new member id");
                first = consumer.groupMetadata().memberId();
            }
        }
        get(admin.removeMembersFromConsumerGroup(topic + ".group",
            new org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions()).all());
        equal(get(admin.describeConsumerGroups(List.of(topic + ".group")).all()).get(topic + ".group").members().size(), 0, "members");
    }

    void describes(String topic) throws Exception {
        create(topic, 1, Map.of());
        TopicPartition at = new TopicPartition(topic, 0);
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("enable.idempotence", "true"))) {
            get(producer.send(record(topic, 0, "x")));
            var producers = get(admin.describeProducers(List.of(at), new DescribeProducersOptions()).all()).get(at).activeProducers();
            equal(producers.size(), 1, "active producers");
            equal(producers.get(0).lastSequence(), 0, "last sequence");
        }
        var cluster = admin.describeCluster();
        equal(get(cluster.nodes()).size(), 1, "nodes");
        equal(get(cluster.controller()).id(), 1, "controller");
        check(get(cluster.clusterId()).length() == 22, "cluster id");
        var dirs = get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1);
        equal(dirs.size(), 1, "log directories");
        check(dirs.values().iterator().next().replicaInfos().get(at).size() > 0, "the partition has no size");
        var features = get(admin.describeFeatures().featureMetadata());
        equal((int) features.finalizedFeatures().get("metadata.version").maxVersionLevel(), 33, "metadata.version");
        var quorum = get(admin.describeMetadataQuorum().quorumInfo());
        equal(quorum.leaderId(), 1, "quorum leader");
        equal(quorum.voters().size(), 1, "voters");
        check(quorum.highWatermark() > 0, "the quorum has no high watermark");
    }

    // ---- other modes

    void crossWrite() throws Exception {
        for (String codec : CODECS) {
            create("cross." + NAME + "." + codec, 1, Map.of("retention.ms", "-1"));
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = 0; i < CROSS_RECORDS; i++) records.add(crossRecord(NAME, codec, i));
            produce(records, Map.of("compression.type", codec));
        }
    }

    void crossRead(String[] writers) {
        for (String writer : writers) {
            test("reads what " + writer + " wrote", () -> {
                for (String codec : CODECS) {
                    List<ConsumerRecord<byte[], byte[]>> read = read("cross." + writer + "." + codec, 0, 0, CROSS_RECORDS);
                    for (int i = 0; i < CROSS_RECORDS; i++) same(read.get(i), crossRecord(writer, codec, i), codec + " record " + i);
                }
            });
        }
    }

    void feed(String topic, int count, int rate) throws Exception {
        long started = System.nanoTime();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, bytes("" + i), bytes("record " + i))));
                long ahead = (i + 1) * 1_000_000_000L / rate - (System.nanoTime() - started);
                if (ahead > 0) Thread.sleep(ahead / 1_000_000, (int) (ahead % 1_000_000));
            }
            for (Future<RecordMetadata> one : sent) get(one);
        }
    }

    /** How a member takes part: an assignor of the classic protocol, `new` for the new protocol, `default`. */
    static Map<String, String> way(String assignor) {
        String strategy = "org.apache.kafka.clients.consumer.";
        return switch (assignor) {
            case "range" -> Map.of("partition.assignment.strategy", strategy + "RangeAssignor");
            case "roundrobin" -> Map.of("partition.assignment.strategy", strategy + "RoundRobinAssignor");
            case "sticky" -> Map.of("partition.assignment.strategy", strategy + "StickyAssignor");
            case "cooperative-sticky" -> Map.of("partition.assignment.strategy", strategy + "CooperativeStickyAssignor");
            case "default" -> Map.of();
            case "new" -> Map.of("group.protocol", "consumer");
            default -> throw new IllegalArgumentException("no assignor " + assignor);
        };
    }

    void member(String topic, String group, String assignor) {
        AtomicBoolean stopping = new AtomicBoolean();
        Map<String, String> configs = new HashMap<>(way(assignor));
        configs.putAll(Map.of("group.id", group, "max.poll.records", "100"));
        KafkaConsumer<byte[], byte[]> consumer = consumer(configs);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.set(true);
            consumer.wakeup();
            try {
                main.join(8000);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        }));
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                emit("assigned", Integer.toString(partitions.size()));
            }
        });
        try {
            while (!stopping.get()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    emit("record", Integer.toString(record.partition()), Long.toString(record.offset()));
                }
                try {
                    consumer.commitSync();
                } catch (org.apache.kafka.clients.consumer.CommitFailedException
                    | org.apache.kafka.common.errors.RebalanceInProgressException error) {
                    emit("commit", error.toString());
                }
            }
        } catch (WakeupException error) {
            emit("stopping");
        } finally {
            consumer.close();
        }
    }

    static final int SWAP_RECORDS = 300;

    /** Writes what a data directory has to keep when the broker is swapped: round 1 creates, later rounds go on. */
    void swapWrite(int round) throws Exception {
        long baseMs = System.currentTimeMillis() - 1_000_000L;
        for (String codec : CODECS) {
            String topic = "swap." + codec;
            if (round == 1) create(topic, 2, Map.of("retention.ms", "-1", "segment.bytes", "1048576"));
            long[] before = {end(topic, 0), end(topic, 1)};
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = 0; i < 2 * SWAP_RECORDS; i++) records.add(swapRecord(topic, i, round, baseMs));
            produce(records, Map.of("compression.type", codec, "enable.idempotence", "true"));
            for (int p = 0; p < 2; p++) equal(end(topic, p), before[p] + SWAP_RECORDS, "end of " + topic + "-" + p);
        }
        if (round == 1) create("swap.empty", 3, Map.of("cleanup.policy", "compact"));
        if (round == 1) create("swap.gone", 1, Map.of());
        produce(numbered(round == 1 ? "swap.gone" : "swap.later." + round, 0, 10), Map.of("enable.idempotence", "false", "acks", "1"));
        if (round == 1) get(admin.deleteTopics(List.of("swap.gone")).all());
        TopicPartition cut = new TopicPartition("swap.none", 1);
        get(admin.deleteRecords(Map.of(cut, RecordsToDelete.beforeOffset(40L * round))).all());
        String group = "swap.group";
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", group))) {
            consumer.subscribe(List.of("swap.none", "swap.zstd"));
            take(consumer, SWAP_RECORDS);
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (TopicPartition at : consumer.assignment()) {
                offsets.put(at, new OffsetAndMetadata(100L * round + at.partition(), Optional.of(0), "round " + round));
            }
            consumer.commitSync(offsets);
        }
        get(admin.alterConsumerGroupOffsets("swap.simple." + round, Map.of(cut, new OffsetAndMetadata(50L + round))).all());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "swap.gzip");
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry("retention.bytes", "" + 1_000_000_000L * round), AlterConfigOp.OpType.SET);
        get(admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all());
    }

    long end(String topic, int partition) throws Exception {
        TopicPartition at = new TopicPartition(topic, partition);
        return get(admin.listOffsets(Map.of(at, OffsetSpec.latest())).all()).get(at).offset();
    }

    /** Values that do not compress, so that a partition gets several segments of a megabyte. */
    static ProducerRecord<byte[], byte[]> swapRecord(String topic, int i, int round, long baseMs) {
        byte[] value = new byte[i % 9 == 0 ? 10 : 6000];
        new java.util.Random(i * 31L + round).nextBytes(value);
        List<Header> headers = i % 7 == 0 ? List.of(new RecordHeader("round", bytes("" + round)), new RecordHeader("null", null)) : List.of();
        byte[] key = i % 5 == 0 ? null : bytes("key-" + i);
        return new ProducerRecord<>(topic, i % 2, baseMs + i * 1000L, key, i % 11 == 0 ? null : value, headers);
    }

    /** Prints a line for every record of every topic: what a data directory answers, to be compared as text. */
    void dump() throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        emit("cluster", get(admin.describeCluster().clusterId()));
        List<String> topics = new ArrayList<>(get(admin.listTopics().names()));
        Collections.sort(topics);
        Map<String, TopicDescription> described = get(admin.describeTopics(topics).allTopicNames());
        for (String topic : topics) {
            emit("topic", topic, described.get(topic).topicId().toString(), "" + described.get(topic).partitions().size());
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            get(admin.describeConfigs(List.of(resource)).all()).get(resource).entries().stream()
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .sorted(java.util.Comparator.comparing(ConfigEntry::name))
                .forEach(entry -> emit("config", topic, entry.name(), entry.value()));
            for (int p = 0; p < described.get(topic).partitions().size(); p++) partitions.add(new TopicPartition(topic, p));
        }
        dumpRecords(partitions);
        List<String> groups = new ArrayList<>();
        get(admin.listGroups().all()).forEach(one -> groups.add(one.groupId()));
        Collections.sort(groups);
        for (String group : groups) {
            Map<TopicPartition, OffsetAndMetadata> offsets = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
            List<String> lines = new ArrayList<>();
            offsets.forEach((at, offset) -> lines.add(at + " " + offset.offset() + " " + offset.leaderEpoch() + " " + offset.metadata()));
            Collections.sort(lines);
            emit("group", group, String.join("; ", lines));
        }
    }

    void dumpRecords(List<TopicPartition> partitions) throws Exception {
        Map<String, String> configs = Map.of("check.crcs", "true", "auto.offset.reset", "none", "fetch.max.wait.ms", "50");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(configs)) {
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, List<String[]>> lines = new HashMap<>();
            consumer.assign(partitions);
            for (TopicPartition at : partitions) {
                consumer.seek(at, starts.get(at));
                lines.put(at, new ArrayList<>());
            }
            long deadline = System.nanoTime() + 40_000_000_000L;
            List<TopicPartition> open = new ArrayList<>(partitions);
            while (true) {
                open.removeIf(at -> consumer.position(at) >= ends.get(at));
                if (open.isEmpty()) break;
                check(System.nanoTime() < deadline, open + " not read to the end, the first stands at " + consumer.position(open.get(0)));
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    lines.get(new TopicPartition(record.topic(), record.partition())).add(describe(record));
                }
            }
            var producers = get(admin.describeProducers(partitions).all());
            for (TopicPartition at : partitions) {
                emit("partition", at.toString(), "" + starts.get(at), "" + ends.get(at));
                producers.get(at).activeProducers().stream().sorted(java.util.Comparator.comparing(one -> one.producerId()))
                    .forEach(one -> emit("producer", at.toString(), "" + one.producerId(), "" + one.producerEpoch(),
                        "" + one.lastSequence(), "" + one.lastTimestamp()));
                for (String[] line : lines.get(at)) emit(line);
            }
        }
    }

    static String[] describe(ConsumerRecord<byte[], byte[]> record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) headers.add(header.key() + "=" + Arrays.toString(header.value()));
        return new String[] {"record", record.topic() + "-" + record.partition(), "" + record.offset(), "" + record.timestamp(),
            record.timestampType().name, "" + record.leaderEpoch().orElse(-1), "" + Arrays.hashCode(record.key()),
            "" + Arrays.hashCode(record.value()), "" + (record.value() == null ? -1 : record.value().length), headers.toString()};
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        JavaClient client = new JavaClient(options.get("--bootstrap"));
        String topic = options.getOrDefault("--topic", "");
        int count = Integer.parseInt(options.getOrDefault("--count", "0"));
        try {
            switch (args[0]) {
                case "suite" -> client.suite();
                case "cross-write" -> client.crossWrite();
                case "cross-read" -> client.crossRead(options.get("--writers").split(","));
                case "create" -> client.create(topic, count, Map.of());
                case "feed" -> client.feed(topic, count, Integer.parseInt(options.getOrDefault("--rate", "1000")));
                case "member" -> client.member(topic, options.get("--group"), options.getOrDefault("--assignor", "range"));
                case "swap-write" -> client.swapWrite(count);
                case "dump" -> client.dump();
                default -> throw new IllegalArgumentException("no mode " + args[0]);
            }
        } finally {
            client.admin.close(Duration.ofSeconds(5));
        }
    }
}
