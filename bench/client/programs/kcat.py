"""librdkafka as kcat has it: the native reference for consuming, with nothing in between but a counter."""

import json
import resource
import subprocess
import sys
import time

job = json.loads(sys.argv[1])
# One byte a record is what kcat prints, so that the first and the last are seen.
command = ["kcat", "-C", "-b", job["bootstrap"], "-t", job["topic"], "-o", "beginning", "-q", "-f", "."]
count = job["records"]
kcat = subprocess.Popen([*command, "-c", str(count)], stdout=subprocess.PIPE, bufsize=0)
began, first, records, last = None, 0, 0, 0.0
while True:
    printed = kcat.stdout.read(65536)
    if not printed:
        break
    last = time.perf_counter()
    records += len(printed)
    if began is None:
        began, first = last, records
    elif last - began > job["seconds"]:
        kcat.terminate()
        break
kcat.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"records": records - first, "seconds": last - began, "cpu": used.ru_utime + used.ru_stime}))
