"""librdkafka at work while its broker is killed: `produce` or `consume`, until SIGTERM.

Every line of output is one fact, fields separated by tabs; see `facts.ts`.
"""

import argparse
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

stopping = False


def stop(_signal, _frame):
    global stopping
    stopping = True


def tell(*fields):
    line = "\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def common(options):
    return {
        "bootstrap.servers": options.bootstrap,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "retry.backoff.ms": 20,
        "log_level": 2,
    }


def produce(options):
    producer = Producer(
        {
            **common(options),
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            "batch.num.messages": 20,
            "socket.timeout.ms": 5000,
            "message.timeout.ms": 600_000,
        }
    )

    def delivered(partition, number):
        def callback(error, message):
            if error is None:
                tell("acknowledged", partition, number, message.offset())
            else:
                tell("failed", partition, number, error)

        return callback

    numbers = [0] * options.partitions
    due = time.monotonic()
    i = 0
    while not stopping:
        partition = i % options.partitions
        number = numbers[partition]
        numbers[partition] += 1
        i += 1
        value = f"{options.name}:{partition}:{number}".encode()
        producer.produce(
            options.topic, value, partition=partition, on_delivery=delivered(partition, number)
        )
        due += 1 / options.rate
        producer.poll(max(0, due - time.monotonic()))
    producer.flush(60)
    tell("ended", options.name)


def consume(options):
    consumer = Consumer(
        {
            **common(options),
            "group.id": options.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
    )
    begun = set()
    asked_ms = 0

    def assigned(_consumer, partitions):
        nonlocal asked_ms
        asked_ms = round(time.time() * 1000)
        begun.clear()

    consumer.subscribe([options.topic], on_assign=assigned)
    while not stopping:
        records = consumer.consume(500, timeout=0.1)
        ends = {}
        for record in records:
            if record.error() is not None:
                continue
            partition, offset = record.partition(), record.offset()
            if partition not in begun:
                begun.add(partition)
                tell("begins", partition, offset, asked_ms)
            tell("record", partition, offset, record.value().decode())
            ends[partition] = offset + 1
        if not ends:
            continue
        offsets = [TopicPartition(options.topic, p, o) for p, o in ends.items()]
        try:
            for done in consumer.commit(offsets=offsets, asynchronous=False) or []:
                if done.error is None:
                    tell("committed", done.partition, done.offset, round(time.time() * 1000))
        except KafkaException as error:
            tell("not committed", error)
    consumer.close()
    tell("ended", "consumer")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["produce", "consume"])
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--name")
    parser.add_argument("--group")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--rate", type=int, default=100)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    (produce if options.mode == "produce" else consume)(options)


main()
