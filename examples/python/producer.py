"""Sends one order. Usage: python producer.py [BOOTSTRAP], by default 127.0.0.1:9092."""

import json
import os
import sys
import uuid

from confluent_kafka import Producer

bootstrap = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BOOTSTRAP", "127.0.0.1:9092")
producer = Producer({"bootstrap.servers": bootstrap})
failures = []


def delivered(error, message):
    """Called from flush, once for each record."""
    if error is not None:
        failures.append(error)
        print(f"not delivered: {error}", file=sys.stderr)
    else:
        print(f"delivered to {message.topic()} [{message.partition()}] at offset {message.offset()}")


order = {
    "order_id": str(uuid.uuid4()),
    "user": "ada",
    "item": "mushroom pizza",
    "quantity": 2,
}
producer.produce("orders", value=json.dumps(order).encode("utf-8"), on_delivery=delivered)
left = producer.flush(30)
sys.exit(1 if failures or left > 0 else 0)
