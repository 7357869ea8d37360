import { createConnection, type Socket } from "node:net";

/** How a broker took a frame. */
export type Reply =
  | { readonly kind: "frame"; readonly bytes: Buffer }
  | { readonly kind: "closed" }
  | { readonly kind: "silent" };

const SIZE_BYTES = 4;

interface Waiter {
  readonly settle: (reply: Reply) => void;
  readonly timer: NodeJS.Timeout;
}

/** A connection that carries bytes as they are. Replies come in the order of what was sent. */
export class Wire {
  readonly #socket: Socket;
  readonly #waiters: Waiter[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #closed = false;

  constructor(port: number) {
    this.#socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", () => this.#end());
    this.#socket.on("close", () => this.#end());
    this.#socket.on("end", () => this.#end());
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Sends a frame and waits for the next reply; without one the connection is of no more use. */
  exchange(chunks: readonly Uint8Array[], timeoutMs: number): Promise<Reply> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve({ kind: "closed" });
        return;
      }
      const waiter: Waiter = {
        settle: resolve,
        timer: setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          resolve({ kind: "silent" });
          this.close();
        }, timeoutMs),
      };
      this.#waiters.push(waiter);
      this.send(chunks);
    });
  }

  /** Sends a frame that has no reply. */
  send(chunks: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(chunks));
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    while (this.#receivedBytes >= SIZE_BYTES) {
      const bytes =
        this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
      this.#received = [bytes];
      const end = SIZE_BYTES + bytes.readInt32BE(0);
      if (bytes.length < end) return;
      this.#received = [bytes.subarray(end)];
      this.#receivedBytes -= end;
      const waiter = this.#waiters.shift();
      if (waiter === undefined) continue;
      clearTimeout(waiter.timer);
      waiter.settle({ kind: "frame", bytes: bytes.subarray(SIZE_BYTES, end) });
    }
  }

  #end(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.settle({ kind: "closed" });
    }
  }
}
