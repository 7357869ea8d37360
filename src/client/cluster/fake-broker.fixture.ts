import type { Connection, Listener, Network } from "../../platform/network.ts";
import { apis, type ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  decodeRequestBody,
  decodeRequestHead,
  encodeResponse,
  type RequestHead,
} from "../../protocol/framing.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import { Reader } from "../../protocol/reader.ts";
import type { AnyMessage, InputOf, ValueOf } from "../../protocol/schema.ts";
import { FrameReceiver } from "./frame-receiver.ts";

/** `"none"` owes no answer (acks 0), `"silent"` never gives it, `"close"` hangs up. */
type NoAnswer = "none" | "silent" | "close";
export type FakeAnswer<M extends AnyMessage> = InputOf<M> | NoAnswer;

type Served = (reader: Reader, head: RequestHead) => Promise<Buffer[] | NoAnswer>;

/**
 * A broker for tests that says what it is told to say, on a host of a (simulated) network. It hangs up at
 * what nobody told it.
 */
export class FakeBroker {
  readonly host: string;
  readonly port: number;
  /** Names of the APIs that were asked for, in order. */
  readonly asked: string[] = [];
  connections: Connection[] = [];
  versions: ReadonlyMap<number, readonly [min: number, max: number]> = new Map(
    apis
      .filter(({ maxVersion }) => maxVersion >= 0)
      .map(({ key, minVersion, maxStableVersion }) => [key, [minVersion, maxStableVersion]]),
  );
  readonly #network: Network;
  readonly #served = new Map<number, Served>();
  /** Of each connection whether it has fallen silent, once all is answered that was asked before. */
  readonly #answered = new WeakMap<Connection, Promise<boolean>>();
  #listener: Listener | undefined;

  private constructor(network: Network, host: string, port: number) {
    this.#network = network;
    this.host = host;
    this.port = port;
    this.serve(apiVersionsRequest, apiVersionsResponse, () => ({
      apiKeys: [...this.versions].map(([apiKey, [minVersion, maxVersion]]) => ({
        apiKey,
        minVersion,
        maxVersion,
      })),
    }));
  }

  static async start(network: Network, host: string, port = 9092): Promise<FakeBroker> {
    const broker = new FakeBroker(network, host, port);
    await broker.listen();
    return broker;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  async listen(): Promise<void> {
    this.#listener = await this.#network.listen(this, (connection) => {
      this.connections.push(connection);
      const handler = {
        frame: (bytes: Buffer, start: number, end: number) => {
          this.#receive(connection, Buffer.from(bytes.subarray(start, end)));
          return false;
        },
        badFrame: () => connection.destroy(),
        closed: () => {
          this.connections = this.connections.filter((other) => other !== connection);
        },
      };
      connection.start(new FrameReceiver(handler));
    });
  }

  /** Listens no more, and hangs up. */
  async stop(): Promise<void> {
    await this.#listener?.close();
    for (const connection of this.connections) connection.destroy();
  }

  /** What is said to requests of an API from now on. */
  serve<Q extends AnyMessage, R extends AnyMessage>(
    request: Q,
    response: R,
    answer: (body: ValueOf<Q>, head: RequestHead) => FakeAnswer<R> | Promise<FakeAnswer<R>>,
  ): void {
    this.#served.set(request.traits.apiKey ?? -1, async (reader, head) => {
      const { apiVersion, correlationId } = head;
      const said = await answer(decodeRequestBody(request, apiVersion, reader), head);
      if (said === "none" || said === "silent" || said === "close") return said;
      return encodeResponse(response, apiVersion, correlationId, said);
    });
  }

  /** What the broker serves, but for one API. */
  limit(apiKey: ApiKey, range: readonly [min: number, max: number] | undefined): void {
    const versions = new Map(this.versions);
    if (range === undefined) versions.delete(apiKey);
    else versions.set(apiKey, range);
    this.versions = versions;
  }

  #receive(connection: Connection, frame: Buffer): void {
    const reader = new Reader(frame);
    const head = decodeRequestHead(reader);
    this.asked.push(head.api.name);
    const range = this.versions.get(head.api.key);
    if (range === undefined || head.apiVersion > range[1] || !head.supported) {
      this.#refuse(connection, head);
      return;
    }
    const serve = this.#served.get(head.api.key);
    if (serve === undefined) {
      connection.destroy();
      return;
    }
    // Answers keep the order of requests: behind one that is never given there is no other.
    const said = serve(reader, head);
    const before = this.#answered.get(connection);
    const answered = Promise.all([said, before]).then(([answer, isSilent]) => {
      if (isSilent === true || answer === "silent") return true;
      if (answer === "close") connection.destroy();
      else if (answer !== "none") connection.write(answer);
      return false;
    });
    this.#answered.set(connection, answered);
  }

  #refuse(connection: Connection, { api, correlationId }: RequestHead): void {
    if (api.name !== "ApiVersions") {
      connection.destroy();
      return;
    }
    const range = this.versions.get(api.key) ?? [0, 0];
    const body = {
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: api.key, minVersion: range[0], maxVersion: range[1] }],
    };
    connection.write(encodeResponse(apiVersionsResponse, 0, correlationId, body));
  }
}
