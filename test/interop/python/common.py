"""What the Python programs of this suite share: how they report, and the records that every client writes."""

import sys
import time
import traceback

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
CROSS_RECORDS = 50
CROSS_BASE_MS = 1_700_000_000_000


class Suite:
    """Runs tests one after another and prints a line for each, as run.ts reads them."""

    def __init__(self):
        self._tests = []

    def test(self, name):
        def add(function):
            self._tests.append((name, function))
            return function

        return add

    def add(self, name, function):
        self._tests.append((name, function))

    def run(self, call=lambda function: function()):
        for name, function in self._tests:
            started = time.monotonic()
            try:
                call(function)
                emit("ok", name, str(int((time.monotonic() - started) * 1000)))
            except Exception as error:  # noqa: BLE001 - the report is the point
                where = traceback.extract_tb(error.__traceback__)
                here = [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in where]
                emit("not ok", name, f"{type(error).__name__}: {error} [{' '.join(here)}]")


def emit(*fields):
    line = "\t".join(field.replace("\t", " ").replace("\n", " ") for field in fields)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: got {short(actual)}, expected {short(expected)}")


def short(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"


def cross_topic(writer, codec):
    return f"cross.{writer}.{codec}"


def cross_record(writer, codec, i):
    """Record i of a writer: (key, value, headers, timestamp in ms)."""
    key = None if i % 5 == 4 and i % 7 != 6 else f"key-{i}".encode()
    text = f"{writer} {codec} {i} "
    size = (i * 97) % 2000 + 1
    value = None if i % 7 == 6 else (text * (size // len(text) + 1))[:size].encode()
    headers = [("trace", f"t-{i}".encode()), ("empty", b"")] if i % 3 == 0 else []
    return key, value, headers, CROSS_BASE_MS + i * 1000


def sample(i, size=100):
    """Record i of a round trip: (key, value, headers)."""
    key = None if i % 11 == 10 else f"k{i}".encode()
    value = None if i % 13 == 12 else (f"value {i} " * (size // 8 + 1))[:size].encode()
    headers = [("a", str(i).encode()), ("a", b"again"), ("null", None)] if i % 4 == 0 else []
    return key, value, headers
