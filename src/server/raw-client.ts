import { decodeResponse, encodeRequest, correlationIdOf } from "../protocol/framing.ts";
import type { AnyMessage, InputOf, ValueOf } from "../protocol/schema.ts";
import type { Connection, Network, Receiver } from "../platform/network.ts";

const RECEIVE_BYTES = 64 * 1024;
const SIZE_BYTES = 4;

/**
 * The smallest client there can be, for tests: requests of any API in any version over one
 * connection, answers by correlation id.
 */
export class RawClient implements Receiver {
  readonly #connection: Connection;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);
  readonly #waiting = new Map<number, (frame: Buffer | undefined) => void>();
  #rest: Buffer = Buffer.alloc(0);
  #nextId = 1;
  #closed = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async connect(
    network: Network,
    address: { host: string; port: number },
  ): Promise<RawClient> {
    const connection = await network.connect({ ...address, timeoutMs: 5000 });
    const client = new RawClient(connection);
    connection.start(client);
    return client;
  }

  /** Sends a request; rejects when the connection closes before the answer. */
  async send<Q extends AnyMessage, R extends AnyMessage>(
    request: Q,
    response: R,
    version: number,
    body: InputOf<Q>,
  ): Promise<ValueOf<R>> {
    if (this.#closed) throw new Error("connection closed");
    const correlationId = this.#nextId++;
    const chunks = encodeRequest(request, version, { correlationId, clientId: "test" }, body);
    const answer = new Promise<Buffer | undefined>((resolve) => {
      this.#waiting.set(correlationId, resolve);
    });
    this.#connection.write(chunks);
    const frame = await answer;
    if (frame === undefined) throw new Error(`connection closed by ${request.name} v${version}`);
    return decodeResponse(response, version, frame).body;
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#connection.write([bytes]);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#connection.destroy();
  }

  receiveBuffer(): Uint8Array {
    return this.#buffer;
  }

  received(length: number): void {
    this.#rest = Buffer.concat([this.#rest, this.#buffer.subarray(0, length)]);
    while (this.#rest.length >= SIZE_BYTES) {
      const size = this.#rest.readInt32BE(0);
      if (this.#rest.length < SIZE_BYTES + size) break;
      const frame = this.#rest.subarray(SIZE_BYTES, SIZE_BYTES + size);
      this.#rest = this.#rest.subarray(SIZE_BYTES + size);
      const id = correlationIdOf(frame, 0);
      const resolve = this.#waiting.get(id);
      this.#waiting.delete(id);
      resolve?.(frame);
    }
  }

  closed(): void {
    this.#closed = true;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}
