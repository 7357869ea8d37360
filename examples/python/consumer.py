"""Prints orders as they arrive, until Ctrl-C. Usage: python consumer.py [BOOTSTRAP], by default 127.0.0.1:9092."""

import json
import os
import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException

bootstrap = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BOOTSTRAP", "127.0.0.1:9092")
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": "order-tracker",
        "auto.offset.reset": "earliest",
    }
)
consumer.subscribe(["orders"])


def stop(*_):
    raise KeyboardInterrupt


signal.signal(signal.SIGTERM, stop)
print(f"waiting for orders from {bootstrap}", flush=True)
try:
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            # The topic comes into being with the first order; until then there is nothing to read.
            if message.error().code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                continue
            raise KafkaException(message.error())
        order = json.loads(message.value().decode("utf-8"))
        print(f"received {order['quantity']} x {order['item']} from {order['user']}", flush=True)
except KeyboardInterrupt:
    print("stopping")
finally:
    # Commits the last offsets and leaves the group.
    consumer.close()
