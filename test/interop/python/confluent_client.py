"""confluent-kafka (librdkafka) at work: `suite`, `cross-write`, `cross-read`, `create`, `feed`, `member`."""

import argparse
import signal
import sys
import time

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    OFFSET_BEGINNING,
    OFFSET_END,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

import common
from common import CODECS, Suite, check, emit, equal, sample

NAME = "confluent-kafka"
WAIT = 20


class Client:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic, partitions=1, config=None):
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config or {})
        self.admin.create_topics([new])[topic].result(WAIT)
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            found = self.admin.list_topics(topic, timeout=WAIT).topics[topic]
            if found.error is None and len(found.partitions) == partitions:
                return
            time.sleep(0.02)
        raise AssertionError(f"{topic} did not show up with {partitions} partitions")

    def producer(self, **config):
        return Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, **config})

    def consumer(self, group="unused", **config):
        settings = {
            "bootstrap.servers": self.bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
        }
        settings.update({k.replace("_", "."): v for k, v in config.items()})
        if settings.get("group.protocol") == "consumer":
            # In the new protocol of groups this is the broker's.
            del settings["session.timeout.ms"]
        return Consumer(settings)

    def produce_all(self, topic, records, partition=0, **config):
        """Produces (key, value, headers, timestamp or None) and gives the offsets acknowledged."""
        producer = self.producer(**{k.replace("_", "."): v for k, v in config.items()})
        offsets, errors = {}, []

        def delivered(index):
            def callback(error, message):
                if error is not None:
                    errors.append(f"record {index}: {error}")
                else:
                    offsets[index] = message.offset()

            return callback

        for index, (key, value, headers, timestamp) in enumerate(records):
            extra = {} if timestamp is None else {"timestamp": timestamp}
            while True:
                try:
                    producer.produce(
                        topic,
                        key=key,
                        value=value,
                        headers=headers,
                        partition=partition,
                        on_delivery=delivered(index),
                        **extra,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
        left = producer.flush(60)
        equal(left, 0, "records left in the queue after flush")
        equal(errors, [], "delivery errors")
        return [offsets[i] for i in range(len(records))]

    def read(self, topic, count, partition=0, offset=OFFSET_BEGINNING, **config):
        consumer = self.consumer(**config)
        try:
            consumer.assign([TopicPartition(topic, partition, offset)])
            return take(consumer, count)
        finally:
            consumer.close()


def take(consumer, count, seconds=30):
    messages, deadline = [], time.monotonic() + seconds
    while len(messages) < count:
        check(time.monotonic() < deadline, f"{len(messages)} of {count} records after {seconds} s")
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error() is not None:
            raise KafkaException(message.error())
        messages.append(message)
    return messages


def stay_empty(consumer, seconds=0.3):
    message = consumer.poll(seconds)
    check(message is None or message.error() is not None, "a record where none was expected")


def content(message):
    return message.key(), message.value(), message.headers() or []


def main_suite(client):
    suite = Suite()
    stamp = str(int(time.time() * 1000) % 1_000_000)
    topic_of = lambda name: f"librdkafka.{name}.{stamp}"  # noqa: E731

    @suite.test("creates a topic and describes it")
    def _():
        topic = topic_of("create")
        client.create(topic, 3, {"retention.ms": "7200000"})
        described = client.admin.describe_topics(TopicCollection([topic]))[topic].result(WAIT)
        equal(described.name, topic, "name")
        equal(len(described.partitions), 3, "partitions")
        equal([p.leader.id for p in described.partitions], [1, 1, 1], "leaders")
        try:
            client.create(topic, 3)
            raise AssertionError("a second creation went through")
        except KafkaException as error:
            equal(error.args[0].code(), KafkaError.TOPIC_ALREADY_EXISTS, "error")

    def round_trip(codec):
        def test():
            topic = topic_of(f"codec.{codec}")
            client.create(topic)
            records = [(*sample(i), None) for i in range(500)]
            offsets = client.produce_all(topic, records, compression_codec=codec, acks="all")
            equal(offsets, list(range(500)), "offsets")
            read = client.read(topic, 500, check_crcs=True)
            equal([content(m) for m in read], [r[:3] for r in records], "records")
            equal([m.offset() for m in read], list(range(500)), "offsets read")

        return test

    for codec in CODECS:
        suite.add(f"round trip with {codec}: headers, null keys, null values", round_trip(codec))

    def with_acks(acks):
        def test():
            topic = topic_of(f"acks.{acks}")
            client.create(topic)
            client.produce_all(topic, [(*sample(i), None) for i in range(200)], acks=acks)
            read = client.read(topic, 200)
            equal([content(m) for m in read], [sample(i) for i in range(200)], "records")

        return test

    for acks in ["0", "1", "all"]:
        suite.add(f"produces with acks={acks}", with_acks(acks))

    @suite.test("idempotent producing keeps order and counts")
    def _():
        topic = topic_of("idempotent")
        client.create(topic, 3)
        for partition in range(3):
            records = [(None, f"{partition}-{i}".encode(), [], None) for i in range(2000)]
            offsets = client.produce_all(
                topic, records, partition, enable_idempotence=True, batch_num_messages=50
            )
            equal(offsets, list(range(2000)), f"offsets of partition {partition}")
            read = client.read(topic, 2000, partition)
            equal([m.value() for m in read], [r[1] for r in records], "values")

    @suite.test("a record of 1 MB goes through, a larger one is refused")
    def _():
        topic = topic_of("large")
        client.create(topic)
        value = bytes(range(256)) * 3900
        client.produce_all(topic, [(b"k", value, [], None)] * 3)
        read = client.read(topic, 3)
        check(all(m.value() == value for m in read), "the value came back changed")
        try:
            client.produce_all(
                topic, [(None, b"x" * 1_200_000, [], None)], message_max_bytes=5_000_000
            )
            raise AssertionError("1.2 MB was accepted")
        except AssertionError as error:
            check("too large" in str(error).lower() or "MSG_SIZE" in str(error), str(error))

    @suite.test("finds offsets by time and seeks there")
    def _():
        topic = topic_of("time")
        client.create(topic, 1, {"retention.ms": "-1"})
        base = common.CROSS_BASE_MS
        for start in range(0, 100, 10):
            records = [(None, str(i).encode(), [], base + i * 1000) for i in range(start, start + 10)]
            client.produce_all(topic, records)
        consumer = client.consumer()
        ask = lambda ms: consumer.offsets_for_times(  # noqa: E731
            [TopicPartition(topic, 0, ms)], timeout=WAIT
        )[0].offset
        equal(ask(base), 0, "first")
        equal(ask(base + 42_000), 42, "exact")
        equal(ask(base + 41_001), 42, "between")
        equal(ask(base + 99_001), -1, "after the last")
        consumer.assign([TopicPartition(topic, 0, 0)])
        take(consumer, 5)
        consumer.seek(TopicPartition(topic, 0, ask(base + 77_000)))
        equal([m.value() for m in take(consumer, 3)], [b"77", b"78", b"79"], "after the seek")
        consumer.close()

    @suite.test("earliest, latest and watermarks")
    def _():
        topic = topic_of("ends")
        client.create(topic)
        client.produce_all(topic, [(None, str(i).encode(), [], None) for i in range(10)])
        consumer = client.consumer()
        partition = TopicPartition(topic, 0)
        equal(consumer.get_watermark_offsets(partition, timeout=WAIT), (0, 10), "watermarks")
        consumer.assign([TopicPartition(topic, 0, OFFSET_END)])
        stay_empty(consumer)
        client.produce_all(topic, [(None, b"late", [], None)])
        equal(take(consumer, 1)[0].value(), b"late", "first record after the end")
        consumer.close()
        for spec, expected in [
            (OffsetSpec.earliest(), 0),
            (OffsetSpec.latest(), 11),
            (OffsetSpec.max_timestamp(), 10),
        ]:
            found = client.admin.list_offsets({partition: spec})[partition].result(WAIT)
            equal(found.offset, expected, str(spec))

    @suite.test("an offset out of range is reset as auto.offset.reset says")
    def _():
        topic = topic_of("range")
        client.create(topic)
        client.produce_all(topic, [(None, str(i).encode(), [], None) for i in range(5)])
        equal(client.read(topic, 1, offset=1000)[0].offset(), 0, "reset to earliest")
        consumer = client.consumer(auto_offset_reset="error")
        consumer.assign([TopicPartition(topic, 0, 1000)])
        deadline, error = time.monotonic() + WAIT, None
        while error is None and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            error = None if message is None else message.error()
        consumer.close()
        check(error is not None, "no error")
        equal(error.code(), KafkaError._AUTO_OFFSET_RESET, "error")

    @suite.test("topics are created on first use")
    def _():
        topic = topic_of("auto")
        client.produce_all(topic, [(None, b"first", [], None)])
        equal(client.read(topic, 1)[0].value(), b"first", "record")

    @suite.test("alters and describes configs")
    def _():
        topic = topic_of("configs")
        client.create(topic)
        entry = ConfigEntry(
            "max.message.bytes", "65536", incremental_operation=AlterConfigOpType.SET
        )
        resource = ConfigResource("topic", topic, incremental_configs=[entry])
        client.admin.incremental_alter_configs([resource])[resource].result(WAIT)
        asked = ConfigResource("topic", topic)
        deadline, value = time.monotonic() + 5, None
        while value != "65536" and time.monotonic() < deadline:
            described = client.admin.describe_configs([asked])[asked].result(WAIT)
            value = described["max.message.bytes"].value
        equal(value, "65536", "max.message.bytes")
        check("cleanup.policy" in described, "cleanup.policy is not described")
        broker = ConfigResource("broker", "1")
        described = client.admin.describe_configs([broker])[broker].result(WAIT)
        check("log.retention.hours" in described, "log.retention.hours is not described")
        bad = ConfigEntry("retention.ms", "soon", incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource("topic", topic, incremental_configs=[bad])
        try:
            client.admin.incremental_alter_configs([resource])[resource].result(WAIT)
            raise AssertionError("retention.ms=soon was accepted")
        except KafkaException as error:
            equal(error.args[0].code(), KafkaError.INVALID_CONFIG, "error")

    @suite.test("adds partitions")
    def _():
        topic = topic_of("partitions")
        client.create(topic, 1)
        client.admin.create_partitions([NewPartitions(topic, 4)])[topic].result(WAIT)
        deadline, count = time.monotonic() + WAIT, 0
        while count != 4 and time.monotonic() < deadline:
            count = len(client.admin.list_topics(topic, timeout=WAIT).topics[topic].partitions)
        equal(count, 4, "partitions")
        client.produce_all(topic, [(None, b"x", [], None)], 3)
        equal(client.read(topic, 1, 3)[0].partition(), 3, "partition")

    @suite.test("deletes records")
    def _():
        topic = topic_of("records")
        client.create(topic)
        client.produce_all(topic, [(None, str(i).encode(), [], None) for i in range(20)])
        partition = TopicPartition(topic, 0, 12)
        result = client.admin.delete_records([partition])[partition].result(WAIT)
        equal(result.low_watermark, 12, "low watermark")
        equal(client.read(topic, 1)[0].offset(), 12, "first record left")

    @suite.test("commits, lists, alters and deletes group offsets; lists, describes, deletes groups")
    def _():
        topic, group = topic_of("offsets"), topic_of("group")
        client.create(topic)
        client.produce_all(topic, [(None, str(i).encode(), [], None) for i in range(30)])
        consumer = client.consumer(group)
        consumer.subscribe([topic])
        messages = take(consumer, 10)
        consumer.commit(message=messages[9], asynchronous=False)
        described = client.admin.describe_consumer_groups([group])[group].result(WAIT)
        equal(described.state.name, "STABLE", "state")
        equal(len(described.members), 1, "members")
        assigned = described.members[0].assignment.topic_partitions
        equal([(p.topic, p.partition) for p in assigned], [(topic, 0)], "assignment")
        consumer.close()
        consumer = client.consumer(group)
        consumer.subscribe([topic])
        equal(take(consumer, 1)[0].offset(), 10, "after the committed offset")
        consumer.close()
        listed = client.admin.list_consumer_groups().result(WAIT)
        check(group in [g.group_id for g in listed.valid], "the group is not listed")
        asked = [ConsumerGroupTopicPartitions(group)]
        offsets = client.admin.list_consumer_group_offsets(asked)[group].result(WAIT)
        equal(offsets.topic_partitions[0].offset, 10, "offset")
        new = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 3)])]
        client.admin.alter_consumer_group_offsets(new)[group].result(WAIT)
        consumer = client.consumer(group)
        consumer.subscribe([topic])
        equal(take(consumer, 1)[0].offset(), 3, "after the altered offset")
        consumer.close()
        client.admin.delete_consumer_groups([group])[group].result(WAIT)
        listed = client.admin.list_consumer_groups().result(WAIT)
        check(group not in [g.group_id for g in listed.valid], "the group is still listed")

    @suite.test("static members come back to their partitions, cooperative assignment")
    def _():
        topic, group = topic_of("static"), topic_of("static-group")
        client.create(topic, 4)
        for partition in range(4):
            client.produce_all(topic, [(None, b"x", [], None)] * 5, partition)
        options = {"partition_assignment_strategy": "cooperative-sticky"}
        for _ in range(2):
            consumer = client.consumer(group, group_instance_id="one", **options)
            consumer.subscribe([topic])
            take(consumer, 20)
            equal(len(consumer.assignment()), 4, "partitions")
            consumer.close()

    @suite.test("describes the cluster")
    def _():
        cluster = client.admin.describe_cluster().result(WAIT)
        check(bool(cluster.cluster_id), "no cluster id")
        equal([n.id for n in cluster.nodes], [1], "nodes")
        equal(cluster.controller.id, 1, "controller")

    @suite.test("deletes a topic")
    def _():
        topic = topic_of("delete")
        client.create(topic)
        client.admin.delete_topics([topic])[topic].result(WAIT)
        deadline, gone = time.monotonic() + WAIT, False
        while not gone and time.monotonic() < deadline:
            gone = topic not in client.admin.list_topics(timeout=WAIT).topics
        check(gone, "the topic is still there")

    suite.run()


def cross_write(client):
    for codec in CODECS:
        topic = common.cross_topic(NAME, codec)
        client.create(topic, 1, {"retention.ms": "-1"})
        records = [common.cross_record(NAME, codec, i) for i in range(common.CROSS_RECORDS)]
        client.produce_all(topic, records, compression_codec=codec, enable_idempotence=True)


def cross_read(client, writers):
    suite = Suite()

    def reading(writer):
        def test():
            for codec in CODECS:
                read = client.read(
                    common.cross_topic(writer, codec), common.CROSS_RECORDS, check_crcs=True
                )
                for i, message in enumerate(read):
                    got = (*content(message), message.timestamp()[1])
                    equal(got, common.cross_record(writer, codec, i), f"{codec} record {i}")

        return test

    for writer in writers:
        suite.add(f"reads what {writer} wrote", reading(writer))
    suite.run()


def feed(client, topic, count, rate):
    producer = client.producer(**{"enable.idempotence": True})
    errors = []
    started = time.monotonic()
    for i in range(count):
        producer.produce(
            topic,
            key=str(i).encode(),
            value=f"record {i}".encode(),
            on_delivery=lambda error, _: errors.append(str(error)) if error else None,
        )
        producer.poll(0)
        ahead = (i + 1) / rate - (time.monotonic() - started)
        if ahead > 0:
            time.sleep(ahead)
    left = producer.flush(60)
    check(left == 0 and not errors, f"{left} left, errors {errors[:3]}")


def member(client, topic, group, assignor):
    """Joins the group, prints each record, commits after each batch; leaves at SIGTERM."""
    way = (
        {"group_protocol": "consumer"}
        if assignor == "new"
        else {}
        if assignor == "default"
        else {"partition_assignment_strategy": assignor}
    )
    consumer = client.consumer(group, **way)
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    consumer.subscribe(
        [topic], on_assign=lambda _, assigned: emit("assigned", str(len(assigned)))
    )
    while not stopping:
        messages = [m for m in consumer.consume(100, 0.2) if m.error() is None]
        for message in messages:
            emit("record", str(message.partition()), str(message.offset()))
        if messages:
            try:
                consumer.commit(asynchronous=False)
            except KafkaException as error:
                emit("commit", str(error))
    consumer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--writers", default="")
    parser.add_argument("--topic", default="")
    parser.add_argument("--group", default="")
    parser.add_argument("--assignor", default="range")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--rate", type=int, default=1000)
    options = parser.parse_args()
    client = Client(options.bootstrap)
    if options.mode == "suite":
        main_suite(client)
    elif options.mode == "cross-write":
        cross_write(client)
    elif options.mode == "cross-read":
        cross_read(client, options.writers.split(","))
    elif options.mode == "create":
        client.create(options.topic, options.count)
    elif options.mode == "feed":
        feed(client, options.topic, options.count, options.rate)
    elif options.mode == "member":
        member(client, options.topic, options.group, options.assignor)
    else:
        sys.exit(f"no mode {options.mode}")


if __name__ == "__main__":
    main()
