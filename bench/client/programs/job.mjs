// What the programs of the comparison share: their job, and how it is measured. One job, one line of JSON.

/** The job, as the runner gives it in the first argument. */
export const job = JSON.parse(process.argv[2] ?? "{}");

/** Records of one call of a client that sends many at a time. */
export const batchRecords = job.valueBytes >= 1000 ? 200 : 1000;
/** Calls that are under way at a time, as requests are in Kafka's own producer. */
const CALLS_UNDER_WAY = 5;

/** The value of every record: printable, and compresses like nothing in particular. */
export function payload(bytes = job.valueBytes) {
  const value = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) value[i] = 33 + ((i * 7919) % 94);
  return value;
}

/** Wall clock and CPU seconds of this process, all its threads, since it was made. */
export class Meter {
  #beganMs = performance.now();
  #cpu = process.cpuUsage();

  read() {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { seconds: (performance.now() - this.#beganMs) / 1000, cpu: (user + system) / 1e6 };
  }
}

export function tell(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Runs the load for a while to warm up, then for the time of the job. It returns how many records went. */
export async function timed(load) {
  await load(performance.now() + job.warmSeconds * 1000);
  const meter = new Meter();
  const records = await load(performance.now() + job.seconds * 1000);
  tell({ records, ...meter.read() });
}

/** `send` takes an array of values and resolves when they are acknowledged. */
export function produceInBatches(send) {
  const value = payload();
  return timed(async (untilMs) => {
    let records = 0;
    const lane = async () => {
      while (performance.now() < untilMs) {
        await send(value, batchRecords);
        records += batchRecords;
      }
    };
    await Promise.all(Array.from({ length: CALLS_UNDER_WAY }, lane));
    return records;
  });
}

/** One send after the other, each awaited. */
export async function produceSingly(send) {
  const value = payload();
  const run = async (seconds, times) => {
    const untilMs = performance.now() + seconds * 1000;
    for (let now = performance.now(); now < untilMs;) {
      await send(value);
      const after = performance.now();
      times?.push(after - now);
      now = after;
    }
  };
  await run(job.warmSeconds);
  const times = [];
  const meter = new Meter();
  await run(job.seconds, times);
  const spent = meter.read();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  tell({ records: times.length, p50Ms: at(0.5), p99Ms: at(0.99), ...spent });
}

/** Share of the records that are read before time counts, unless the time to warm up is over sooner. */
const WARM_SHARE = 0.1;

/** Counts what arrives, once warm; the last record resolves `done`. */
export class Arrivals {
  #meter;
  #records = 0;
  #firstMs;
  #untilMs = Infinity;
  #finish;
  /** Something of every record, so that nobody gets away without reading it. */
  sum = 0;
  done = new Promise((resolve) => (this.#finish = resolve));

  /** `records` of them have been read. */
  add(records) {
    if (this.#finish === undefined) return;
    this.#records += records;
    if (this.#meter === undefined) {
      const nowMs = performance.now();
      this.#firstMs ??= nowMs;
      const isWarm =
        this.#records >= job.records * WARM_SHARE ||
        nowMs - this.#firstMs >= job.warmSeconds * 1000;
      if (!isWarm) return;
      this.#meter = new Meter();
      this.#records = 0;
      this.#untilMs = nowMs + job.seconds * 1000;
      return;
    }
    if (this.#records < job.records * (1 - WARM_SHARE) && performance.now() < this.#untilMs) return;
    tell({ records: this.#records, ...this.#meter.read(), sum: this.sum });
    this.#finish();
    this.#finish = undefined;
  }
}

/** The same for clients that hand out records one by one. */
export class SingleArrivals {
  #arrivals = new Arrivals();
  #pending = 0;

  get done() {
    return this.#arrivals.done;
  }

  /** One record, of which this is the value. */
  addRaw(value) {
    this.#arrivals.sum += value.length;
    this.#count();
  }

  /** One record, of which this is the parsed value. */
  addJson(value) {
    this.#arrivals.sum += value.total;
    this.#count();
  }

  #count() {
    if (++this.#pending < 100) return;
    this.#arrivals.add(this.#pending);
    this.#pending = 0;
  }
}

/**
 * A program that produces and consumes at a rate that all can keep, for as long as the job says; then
 * its memory is told. `send` takes a value and a count.
 */
export async function holdRate(send) {
  const value = payload();
  const everyMs = 20;
  const perTick = Math.round((job.rate * everyMs) / 1000);
  const beganMs = performance.now();
  const untilMs = beganMs + job.seconds * 1000;
  let sent = 0;
  while (performance.now() < untilMs) {
    const due = Math.floor((performance.now() - beganMs) / everyMs) * perTick;
    if (sent < due) {
      await send(value, perTick);
      sent += perTick;
    } else await new Promise((resolve) => setTimeout(resolve, everyMs / 2));
  }
  return sent;
}

export function tellMemory(sent, consumed) {
  tell({ sent, consumed, residentMb: process.memoryUsage.rss() / 1e6 });
}
