/**
 * Metrics as OpenTelemetry's protocol has them (`opentelemetry.proto.metrics.v1.MetricsData`, version 1), for
 * KIP-714: sums and gauges with one number each. Field numbers are those of the published .proto files.
 */

/** A measurement: a total that only rises, or a value of the moment. */
export interface OtlpMetric {
  readonly name: string;
  readonly kind: "sum" | "gauge";
  /** Whole numbers are sent as such. */
  readonly value: number;
  readonly unit?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** Measurements about one thing. */
export interface OtlpResource {
  readonly attributes: Readonly<Record<string, string>>;
  readonly metrics: readonly OtlpMetric[];
}

export interface OtlpOptions {
  /** Milliseconds since 1970: from when on sums count, and when all was measured. */
  readonly startMs: number;
  readonly nowMs: number;
  /** Whether sums are what came since `startMs`, or totals since then. Both the same for the encoder. */
  readonly temporality: "delta" | "cumulative";
  readonly scope: { readonly name: string; readonly version: string };
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const NANOS_PER_MS = 1_000_000n;
const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

/** The bytes of a MetricsData message. */
export function encodeMetrics(resources: readonly OtlpResource[], options: OtlpOptions): Buffer {
  const data = new ProtobufWriter();
  for (const { attributes, metrics } of resources) {
    data.message(1, (resourceMetrics) => {
      resourceMetrics.message(1, (resource) => writeAttributes(resource, 1, attributes));
      resourceMetrics.message(2, (scopeMetrics) => {
        scopeMetrics.message(1, (scope) => {
          scope.string(1, options.scope.name);
          scope.string(2, options.scope.version);
        });
        for (const metric of metrics) {
          scopeMetrics.message(2, (writer) => writeMetric(writer, metric, options));
        }
      });
    });
  }
  return data.bytes();
}

function writeMetric(writer: ProtobufWriter, metric: OtlpMetric, options: OtlpOptions): void {
  writer.string(1, metric.name);
  if (metric.unit !== undefined) writer.string(3, metric.unit);
  if (metric.kind === "gauge") {
    writer.message(5, (gauge) => gauge.message(1, (point) => writePoint(point, metric, options)));
    return;
  }
  writer.message(7, (sum) => {
    sum.message(1, (point) => writePoint(point, metric, options));
    sum.varint(2, TEMPORALITY[options.temporality]);
    sum.varint(3, 1);
  });
}

function writePoint(point: ProtobufWriter, metric: OtlpMetric, options: OtlpOptions): void {
  if (metric.kind === "sum") point.fixed64(2, nanosOf(options.startMs));
  point.fixed64(3, nanosOf(options.nowMs));
  if (Number.isSafeInteger(metric.value)) point.fixed64(6, BigInt(metric.value));
  else point.double(4, metric.value);
  writeAttributes(point, 7, metric.attributes ?? {});
}

function writeAttributes(
  writer: ProtobufWriter,
  field: number,
  attributes: Readonly<Record<string, string>>,
): void {
  for (const [key, text] of Object.entries(attributes)) {
    writer.message(field, (keyValue) => {
      keyValue.string(1, key);
      keyValue.message(2, (value) => value.string(1, text));
    });
  }
}

function nanosOf(timeMs: number): bigint {
  return BigInt(Math.round(timeMs)) * NANOS_PER_MS;
}

/** The few types of Protocol Buffers that metrics need. */
class ProtobufWriter {
  readonly #parts: Buffer[] = [];

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  varint(field: number, value: number): void {
    this.#tag(field, WIRE_VARINT);
    this.#parts.push(varintOf(value));
  }

  /** Eight bytes, the smallest first; of a signed number its complement on two. */
  fixed64(field: number, value: bigint): void {
    this.#tag(field, WIRE_FIXED64);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(BigInt.asIntN(64, value));
    this.#parts.push(bytes);
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE_FIXED64);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(bytes);
  }

  string(field: number, value: string): void {
    this.#sized(field, Buffer.from(value, "utf8"));
  }

  message(field: number, write: (writer: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#sized(field, inner.bytes());
  }

  #sized(field: number, bytes: Buffer): void {
    this.#tag(field, WIRE_BYTES);
    this.#parts.push(varintOf(bytes.length), bytes);
  }

  #tag(field: number, wireType: number): void {
    this.#parts.push(varintOf((field << 3) | wireType));
  }
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  bytes.push(left);
  return Buffer.from(bytes);
}
