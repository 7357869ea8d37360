"""librdkafka as Python has it: the native reference for producing. One job, one line of JSON."""

import json
import resource
import sys
import time

from confluent_kafka import Consumer, Producer

job = json.loads(sys.argv[1])
base = {"bootstrap.servers": job["bootstrap"], "client.id": "bench"}


def payload():
    return bytes(33 + (i * 7919) % 94 for i in range(job["valueBytes"]))


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Meter:
    def __init__(self):
        self.began, self.cpu = time.perf_counter(), cpu()

    def read(self):
        return {"seconds": time.perf_counter() - self.began, "cpu": cpu() - self.cpu}


def tell(result):
    print(json.dumps(result), flush=True)


def producer(**settings):
    return Producer({**base, "acks": "all", "queue.buffering.max.messages": 500000, **settings})


def fire():
    made, value, topic = producer(), payload(), job["topic"]

    def run(seconds):
        records, until = 0, time.perf_counter() + seconds
        produce = made.produce
        while time.perf_counter() < until:
            try:
                for _ in range(500):
                    produce(topic, value)
                    records += 1
            except BufferError:
                made.poll(0.002)
            made.poll(0)
        made.flush()
        return records

    run(job["warmSeconds"])
    meter = Meter()
    tell({"records": run(job["seconds"]), **meter.read()})


def single():
    made, value, topic = producer(**{"linger.ms": 0}), payload(), job["topic"]
    times = []

    def run(seconds, keep):
        until = time.perf_counter() + seconds
        now = time.perf_counter()
        while now < until:
            made.produce(topic, value)
            made.flush()
            after = time.perf_counter()
            if keep:
                times.append(after - now)
            now = after

    run(job["warmSeconds"], False)
    meter = Meter()
    run(job["seconds"], True)
    spent = meter.read()
    times.sort()
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000  # noqa: E731
    tell({"records": len(times), "p50Ms": at(0.5), "p99Ms": at(0.99), **spent})


def consume():
    made = Consumer({**base, "group.id": job["group"], "auto.offset.reset": "earliest"})
    made.subscribe([job["topic"]])
    records, total, meter, began = 0, 0, None, None
    while records < job["records"] * 0.9:
        messages = made.consume(10000, 0.5)
        for message in messages:
            total += len(message.value())
        if not messages:
            continue
        records += len(messages)
        began = began or time.perf_counter()
        if meter is None:
            if records >= job["records"] * 0.1 or time.perf_counter() - began >= job["warmSeconds"]:
                meter, records = Meter(), 0
            continue
        if meter.read()["seconds"] > job["seconds"]:
            break
    tell({"records": records, "sum": total, **meter.read()})
    made.close()


# It gathers records by itself: batches are the same to it.
{"batches": fire, "fire": fire, "single": single, "consume": consume}[job["load"]]()
