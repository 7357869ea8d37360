"""aiokafka at work: `suite`, `cross-write`, `cross-read`, `create`, `feed`, `member`."""

import argparse
import asyncio
import signal
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import MessageSizeTooLargeError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

import common
from common import CODECS, Suite, check, emit, equal, sample

NAME = "aiokafka"


class Client:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = None

    async def open(self):
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await self.admin.start()

    async def close(self):
        await self.admin.close()

    async def create(self, topic, partitions=1, configs=None):
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, topic_configs=configs or {})
        response = await self.admin.create_topics([new])
        code = response.topic_errors[0][1]
        if code == TopicAlreadyExistsError.errno:
            raise TopicAlreadyExistsError(topic)
        equal(code, 0, f"error of creating {topic}")

    async def produce(self, topic, records, partition=0, codec="none", **options):
        compression = None if codec == "none" else codec
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, compression_type=compression, linger_ms=2, **options
        )
        await producer.start()
        try:
            sent = []
            for key, value, headers, timestamp in records:
                sent.append(
                    await producer.send(
                        topic, value, key, partition=partition, timestamp_ms=timestamp, headers=headers
                    )
                )
            return [await future for future in sent]
        finally:
            await producer.stop()

    def consumer(self, *topics, group=None, **options):
        settings = {
            "bootstrap_servers": self.bootstrap,
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": 6000,
            "heartbeat_interval_ms": 500,
            "fetch_max_wait_ms": 200,
        }
        return AIOKafkaConsumer(*topics, **{**settings, **options})

    async def read(self, topic, count, partition=0, offset=None):
        consumer = self.consumer()
        await consumer.start()
        try:
            at = TopicPartition(topic, partition)
            consumer.assign([at])
            if offset is None:
                await consumer.seek_to_beginning(at)
            else:
                consumer.seek(at, offset)
            return await take(consumer, count)
        finally:
            await consumer.stop()


async def take(consumer, count, seconds=30):
    messages, deadline = [], time.monotonic() + seconds
    while len(messages) < count:
        check(time.monotonic() < deadline, f"{len(messages)} of {count} records after {seconds} s")
        for batch in (await consumer.getmany(timeout_ms=200)).values():
            messages.extend(batch)
    return messages[:count]


def content(message):
    return message.key, message.value, list(message.headers)


def numbered(count, base=None):
    return [
        (None, str(i).encode(), [], None if base is None else base + i * 1000) for i in range(count)
    ]


def aiokafka_sample(i):
    """As sample, without what aiokafka cannot write: null header values, and null key and value at once."""
    key, value, headers = sample(i)
    key = b"k" if value is None and key is None else key
    return key, value, [(name, b"" if content is None else content) for name, content in headers]


async def eventually(what, ask, seconds=20):
    deadline = time.monotonic() + seconds
    while not await ask():
        check(time.monotonic() < deadline, f"waited {seconds} s in vain for {what}")
        await asyncio.sleep(0.02)


def main_suite(client, loop):
    suite = Suite()
    stamp = str(int(time.time() * 1000) % 1_000_000)
    topic_of = lambda name: f"aiokafka.{name}.{stamp}"  # noqa: E731

    @suite.test("creates a topic and describes it")
    async def _():
        topic = topic_of("create")
        await client.create(topic, 3, {"retention.ms": "7200000"})
        described = await client.admin.describe_topics([topic])
        equal(len(described[0]["partitions"]), 3, "partitions")
        try:
            await client.create(topic, 3)
            raise AssertionError("a second creation went through")
        except TopicAlreadyExistsError:
            pass

    def round_trip(label, **options):
        async def test():
            topic = topic_of(label)
            await client.create(topic)
            records = [(*aiokafka_sample(i), None) for i in range(500)]
            await client.produce(topic, records, **options)
            read = await client.read(topic, 500)
            equal([content(m) for m in read], [r[:3] for r in records], "records")
            equal([m.offset for m in read], list(range(500)), "offsets")

        return test

    for codec in CODECS:
        suite.add(
            f"round trip with {codec}: headers, null keys, null values",
            round_trip(f"codec.{codec}", codec=codec),
        )
    for acks in [0, 1, "all"]:
        suite.add(f"produces with acks={acks}", round_trip(f"acks.{acks}", acks=acks))

    @suite.test("idempotent producing keeps order and counts")
    async def _():
        topic = topic_of("idempotent")
        await client.create(topic)
        sent = await client.produce(
            topic, numbered(2000), enable_idempotence=True, max_batch_size=500
        )
        equal([s.offset for s in sent], list(range(2000)), "offsets")
        read = await client.read(topic, 2000)
        equal([m.value for m in read], [str(i).encode() for i in range(2000)], "values")

    @suite.test("a record of 1 MB goes through, a larger one is refused")
    async def _():
        topic = topic_of("large")
        await client.create(topic)
        value = bytes(range(250)) * 4000
        await client.produce(
            topic, [(None, value, [], None)], max_request_size=5_000_000, max_batch_size=2_000_000
        )
        equal((await client.read(topic, 1))[0].value == value, True, "value")
        try:
            await client.produce(
                topic,
                [(None, b"x" * 1_200_000, [], None)],
                max_request_size=5_000_000,
                max_batch_size=2_000_000,
            )
            raise AssertionError("1.2 MB was accepted")
        except MessageSizeTooLargeError:
            pass

    @suite.test("finds offsets by time, earliest, latest; seeks")
    async def _():
        topic, base = topic_of("time"), common.CROSS_BASE_MS
        await client.create(topic, 1, {"retention.ms": "-1"})
        records = numbered(100, base)
        for start in range(0, 100, 10):
            await client.produce(topic, records[start : start + 10])
        at = TopicPartition(topic, 0)
        consumer = client.consumer()
        await consumer.start()
        try:
            for ms, expected in [(0, 0), (42_000, 42), (41_001, 42)]:
                equal((await consumer.offsets_for_times({at: base + ms}))[at].offset, expected, "offset")
            equal((await consumer.offsets_for_times({at: base + 99_001}))[at], None, "after the last")
            equal((await consumer.beginning_offsets([at]))[at], 0, "earliest")
            equal((await consumer.end_offsets([at]))[at], 100, "latest")
            consumer.assign([at])
            consumer.seek(at, 77)
            equal([m.value for m in await take(consumer, 2)], [b"77", b"78"], "after the seek")
        finally:
            await consumer.stop()

    @suite.test("alters and describes configs, adds partitions, deletes records and the topic")
    async def _():
        topic = topic_of("admin")
        await client.create(topic)
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "65536"})
        await client.admin.alter_configs([resource])

        async def altered():
            asked = ConfigResource(ConfigResourceType.TOPIC, topic)
            response = (await client.admin.describe_configs([asked]))[0]
            values = {entry[0]: entry[1] for entry in response.resources[0][4]}
            return values["max.message.bytes"] == "65536"

        await eventually("the altered config", altered)
        await client.admin.create_partitions({topic: NewPartitions(3)})

        async def partitions():
            return len((await client.admin.describe_topics([topic]))[0]["partitions"]) == 3

        await eventually("three partitions", partitions)
        await client.produce(topic, numbered(20))
        at = TopicPartition(topic, 0)
        low = await client.admin.delete_records({at: RecordsToDelete(before_offset=12)})
        equal(low[at], 12, "low watermark")
        await client.admin.delete_topics([topic])

        async def gone():
            return topic not in await client.admin.list_topics()

        await eventually("the end of the topic", gone)

    @suite.test("groups: commits, lists, describes, deletes")
    async def _():
        topic = topic_of("groups")
        group = f"{topic}.group"
        at = TopicPartition(topic, 0)
        await client.create(topic)
        await client.produce(topic, numbered(30))
        consumer = client.consumer(topic, group=group)
        await consumer.start()
        await take(consumer, 10)
        await consumer.commit({at: (10, "note")})
        described = (await client.admin.describe_consumer_groups([group]))[0].groups[0]
        equal((described[1], described[2], len(described[5])), (group, "Stable", 1), "group")
        await consumer.stop()
        consumer = client.consumer(topic, group=group)
        await consumer.start()
        equal((await take(consumer, 1))[0].offset, 10, "after the committed offset")
        await consumer.stop()
        check(group in [g[0] for g in await client.admin.list_consumer_groups()], "not listed")
        offsets = await client.admin.list_consumer_group_offsets(group)
        equal((offsets[at].offset, offsets[at].metadata), (10, "note"), "offset")

    @suite.test("describes the cluster")
    async def _():
        cluster = await client.admin.describe_cluster()
        equal(len(cluster["brokers"]), 1, "brokers")

    suite.run(lambda test: loop.run_until_complete(asyncio.wait_for(test(), 60)))


async def cross_write(client):
    for codec in CODECS:
        topic = common.cross_topic(NAME, codec)
        await client.create(topic, 1, {"retention.ms": "-1"})
        records = [common.cross_record(NAME, codec, i) for i in range(common.CROSS_RECORDS)]
        await client.produce(topic, records, codec=codec)


def cross_read(client, writers, loop):
    suite = Suite()

    def reading(writer):
        async def test():
            for codec in CODECS:
                read = await client.read(common.cross_topic(writer, codec), common.CROSS_RECORDS)
                for i, message in enumerate(read):
                    got = (*content(message), message.timestamp)
                    equal(got, common.cross_record(writer, codec, i), f"{codec} record {i}")

        return test

    for writer in writers:
        suite.add(f"reads what {writer} wrote", reading(writer))
    suite.run(lambda test: loop.run_until_complete(asyncio.wait_for(test(), 60)))


async def feed(client, topic, count, rate):
    producer = AIOKafkaProducer(bootstrap_servers=client.bootstrap, acks="all")
    await producer.start()
    started, sent = time.monotonic(), []
    for i in range(count):
        sent.append(await producer.send(topic, f"record {i}".encode(), str(i).encode()))
        ahead = (i + 1) / rate - (time.monotonic() - started)
        if ahead > 0:
            await asyncio.sleep(ahead)
    for future in sent:
        await future
    await producer.stop()


class Announce(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        emit("assigned", str(len(assigned)))


async def member(client, topic, group):
    consumer = client.consumer(group=group, partition_assignment_strategy=(RangePartitionAssignor,))
    consumer.subscribe([topic], listener=Announce())
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await consumer.start()
    while not stopping.is_set():
        batches = await consumer.getmany(timeout_ms=200, max_records=100)
        for at, messages in batches.items():
            for message in messages:
                emit("record", str(at.partition), str(message.offset))
        if batches:
            try:
                await consumer.commit()
            except Exception as error:  # noqa: BLE001 - a rebalance in between is no failure
                emit("commit", repr(error))
    await consumer.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--writers", default="")
    parser.add_argument("--topic", default="")
    parser.add_argument("--group", default="")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--rate", type=int, default=1000)
    options = parser.parse_args()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(options.bootstrap)
    if options.mode == "member":
        loop.run_until_complete(member(client, options.topic, options.group))
        return
    loop.run_until_complete(client.open())
    if options.mode == "suite":
        main_suite(client, loop)
    elif options.mode == "cross-write":
        loop.run_until_complete(cross_write(client))
    elif options.mode == "cross-read":
        cross_read(client, options.writers.split(","), loop)
    elif options.mode == "create":
        loop.run_until_complete(client.create(options.topic, options.count))
    elif options.mode == "feed":
        loop.run_until_complete(feed(client, options.topic, options.count, options.rate))
    else:
        sys.exit(f"no mode {options.mode}")
    loop.run_until_complete(client.close())


if __name__ == "__main__":
    main()
