import { messageOf } from "../../../src/core/errors.ts";
import { encodeRequest, decodeResponse } from "../../../src/protocol/framing.ts";
import { responseHeaderVersion, apiOf } from "../../../src/protocol/apis.ts";
import { encodeMessage } from "../../../src/protocol/codec.ts";
import { responseHeader } from "../../../src/protocol/messages/header.ts";
import { ProtocolError } from "../../../src/protocol/protocol-error.ts";
import type { AnyMessage, InputOf, ValueOf } from "../../../src/protocol/schema.ts";
import type { Exchange } from "./exchanges.ts";
import { Normaliser, type Own, type Plain } from "./normalise.ts";
import { Wire, type Reply } from "./wire.ts";

const ANSWER_WITHIN_MS = 15_000;
/** Long enough for a broker that answers at all. */
const SILENT_AFTER_MS = 2000;
/** Long enough for a broker that closes a connection to do so. */
const CLOSE_WITHIN_MS = 700;

/** One request and what came of it, in the form that is compared. */
export interface Entry {
  readonly label: string;
  readonly request: Plain;
  readonly outcome: Plain;
}

interface Raw {
  label: string;
  request: (normaliser: Normaliser) => Plain;
  outcome: ((normaliser: Normaliser) => Plain) | undefined;
}

export interface AskOptions {
  /** What the request is about, for the report. */
  readonly note?: string;
  /** The connection; default is the scenario's own. */
  readonly on?: Lane;
  /** Client id of the header. */
  readonly clientId?: string | null;
  readonly timeoutMs?: number;
  /** Not compared: it only prepares what is. */
  readonly quiet?: boolean;
}

/** A place to send requests from: a connection that is opened anew after it was closed. */
export class Lane {
  readonly #port: number;
  #wire: Wire | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  wire(): Wire {
    if (this.#wire === undefined || this.#wire.isClosed) this.#wire = new Wire(this.#port);
    return this.#wire;
  }

  close(): void {
    this.#wire?.close();
  }
}

/** One broker in one scenario: sends requests and writes down what came of them. */
export class Session {
  readonly own: Own;
  /** Begins the names of this scenario's topics and groups. */
  readonly prefix: string;
  readonly #entries: Raw[] = [];
  readonly #lanes: Lane[] = [];
  readonly #main: Lane;
  #correlationId = 1;

  constructor(own: Own) {
    this.own = own;
    this.prefix = own.prefix;
    this.#main = this.lane();
  }

  /** Another connection. */
  lane(): Lane {
    const lane = new Lane(this.own.port);
    this.#lanes.push(lane);
    return lane;
  }

  /**
   * Sends a request and notes the answer, or that there was none. A body that has no form in this
   * version is passed over.
   */
  async ask<Q extends AnyMessage, R extends AnyMessage>(
    exchange: Exchange<Q, R>,
    version: number,
    body: InputOf<Q>,
    options: AskOptions = {},
  ): Promise<ValueOf<R> | undefined> {
    const { request, response } = exchange;
    const chunks = this.encode(exchange, version, body, options.clientId);
    if (chunks === undefined) return undefined;
    const entry: Raw = {
      label: `${exchange.name} v${version}${options.note === undefined ? "" : ` ${options.note}`}`,
      request: (normaliser) => normaliser.message(request, version, body),
      outcome: undefined,
    };
    if (options.quiet !== true) this.#entries.push(entry);
    const lane = options.on ?? this.#main;
    const reply = await lane.wire().exchange(chunks, options.timeoutMs ?? ANSWER_WITHIN_MS);
    if (reply.kind !== "frame") {
      entry.outcome = () => reply.kind;
      return undefined;
    }
    const decoded = decode(response, version, reply.bytes);
    if (typeof decoded === "string") {
      entry.outcome = () => decoded;
      return undefined;
    }
    entry.outcome = (normaliser) => normaliser.message(response, version, decoded.value);
    return decoded.value;
  }

  /** The same, where the scenario has no point without an answer. */
  async must<Q extends AnyMessage, R extends AnyMessage>(
    exchange: Exchange<Q, R>,
    version: number,
    body: InputOf<Q>,
    options: AskOptions = {},
  ): Promise<ValueOf<R>> {
    const answer = await this.ask(exchange, version, body, options);
    if (answer === undefined) throw new Error(`${exchange.name} v${version} has no answer`);
    return answer;
  }

  /** The bytes of a request; `undefined` when this version cannot say it. */
  encode<Q extends AnyMessage>(
    exchange: Exchange<Q>,
    version: number,
    body: InputOf<Q>,
    clientId: string | null = "differential",
  ): Buffer[] | undefined {
    const correlationId = this.#correlationId++;
    try {
      return encodeRequest(exchange.request, version, { correlationId, clientId }, body);
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** Sends a frame as it is on a connection of its own: answered (with what), closed, or neither. */
  async frame(
    note: string,
    bytes: Buffer,
    show: (reply: Buffer) => Plain = (reply) => `answered with ${reply.length} bytes`,
  ): Promise<void> {
    const lane = this.lane();
    const entry: Raw = { label: note, request: () => bytes.toString("hex"), outcome: undefined };
    this.#entries.push(entry);
    const reply: Reply = await lane.wire().exchange([bytes], CLOSE_WITHIN_MS);
    entry.outcome = () => (reply.kind === "frame" ? show(reply.bytes) : reply.kind);
    lane.close();
  }

  /** Sends a request that has no answer, and notes whether the connection lives on. */
  async tell(
    note: string,
    chunks: readonly Buffer[],
    probe: { readonly exchange: Exchange; readonly version: number },
  ): Promise<void> {
    const lane = this.lane();
    const entry: Raw = { label: note, request: () => null, outcome: undefined };
    this.#entries.push(entry);
    const question = this.encode(probe.exchange, probe.version, {})!;
    const reply = await lane.wire().exchange([...chunks, ...question], SILENT_AFTER_MS);
    entry.outcome = () => (reply.kind === "frame" ? "the connection goes on" : reply.kind);
    lane.close();
  }

  /** Notes a finding that the scenario made itself. */
  note(label: string, finding: Plain): void {
    this.#entries.push({ label, request: () => null, outcome: () => finding });
  }

  /** Everything that was asked, once the scenario is over. */
  finish(): Entry[] {
    for (const lane of this.#lanes) lane.close();
    const normaliser = new Normaliser(this.own);
    return this.#entries.map(({ label, request, outcome }) => ({
      label: normaliser.text(label),
      request: safely(() => request(normaliser)),
      outcome: outcome === undefined ? "not waited for" : safely(() => outcome(normaliser)),
    }));
  }
}

function safely(act: () => Plain): Plain {
  try {
    return act();
  } catch (error) {
    return `cannot be shown: ${messageOf(error)}`;
  }
}

/** The answer, or why it cannot be read. Bytes that are left over, or lost in reading, are told. */
function decode<R extends AnyMessage>(
  response: R,
  version: number,
  bytes: Buffer,
): { readonly value: ValueOf<R> } | string {
  try {
    const value = decodeResponse(response, version, bytes).body;
    const api = apiOf(response.traits.apiKey ?? -1)!;
    const header = encodeMessage(responseHeader, responseHeaderVersion(api, version), {
      correlationId: 0,
    }).length;
    const again = encodeMessage<AnyMessage>(response, version, value as object).length;
    return header + again === bytes.length
      ? { value }
      : `${bytes.length} bytes, of which ${header + again} were understood`;
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}
