/**
 * Why a connection ended at its start. A broker that is spoken to in the wrong way, in TLS or without it,
 * with a login or without, only hangs up, and a client that tries again and again never learns why. So
 * the other way is tried once, and an error that names the mistake takes the place of the one that does not.
 */
import type { Clock } from "../../platform/clock.ts";
import { TlsError, type ConnectAddress, type Network } from "../../platform/network.ts";
import { MoldauError } from "../../core/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { codecOf } from "../../protocol/codec.ts";
import { saslHandshakeResponse } from "../../protocol/messages/sasl-handshake.ts";
import { Reader } from "../../protocol/reader.ts";
import { clientError, KafkaError } from "../errors.ts";
import { FrameReceiver } from "./frame-receiver.ts";

/** How long the other way may take. */
const PROBE_TIMEOUT_MS = 2_000;
/** Of the answer to a probe. */
const PROBE_FRAME_BYTES_MAX = 64 * 1024;
/** The first bytes of an alert of TLS, which stand where a frame has its length. */
const TLS_ALERT = 0x1503;
const CORRELATION_ID_BYTES = 4;

/** ApiVersions version 0, correlation id 1, no client id. */
const apiVersionsFrame = Buffer.from("0000000a00120000" + "00000001" + "ffff", "hex");
/** SaslHandshake version 1, correlation id 1, no client id, a mechanism without a name. */
const saslHandshakeFrame = Buffer.from("0000000c00110001" + "00000001" + "ffff" + "0000", "hex");

/** The doors that probing needs. */
export interface ProbeDoors {
  readonly network: Network;
  readonly clock: Clock;
}

/** Whether what stands for a frame's length is TLS saying that it does not understand. */
export function isTlsAlert(lengthBytes: number): boolean {
  return lengthBytes >>> 16 === TLS_ALERT;
}

/** The broker answered plaintext with an alert of TLS. */
export function tlsRequired(where: string): KafkaError {
  return clientError("TLS_REQUIRED", `${where} speaks TLS, and this client does not`, {
    context: { broker: where },
    remedy: "Set tls: true, or tls: { ca } for an authority of your own.",
  });
}

/** An error of TLS as one of the client; others as they are. */
export function tlsFailure(where: string, thrown: unknown): unknown {
  if (!(thrown instanceof TlsError)) return thrown;
  const { message, code, retriable, remedy } = thrown;
  return clientError(code, message, {
    retriable,
    remedy,
    context: { broker: where },
    cause: thrown,
  });
}

/** For an attempt to connect: a TLS handshake that was interrupted may have met a broker that speaks plaintext. */
export async function explainNoConnection(
  where: string,
  address: ConnectAddress,
  doors: ProbeDoors,
  error: unknown,
): Promise<unknown> {
  const thrown = tlsFailure(where, error);
  if (!(thrown instanceof KafkaError) || thrown.code !== "TLS_INTERRUPTED") return thrown;
  const { tls: _, ...plaintext } = address;
  const answer = await ask(plaintext, doors, apiVersionsFrame);
  if (answer === undefined) return thrown;
  return clientError("TLS_NOT_SPOKEN", `${where} speaks plaintext, and this client TLS`, {
    context: { broker: where },
    cause: thrown,
    remedy: "Leave tls out, or use the port of a listener with SSL or SASL_SSL.",
  });
}

/** For a connection that ended at its first request, without a login: does the broker ask for one? */
export async function explainClosed(
  where: string,
  address: ConnectAddress,
  doors: ProbeDoors,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof KafkaError) || thrown.code !== "CONNECTION_CLOSED") return thrown;
  const answer = await ask(address, doors, saslHandshakeFrame);
  const offered = answer === undefined ? undefined : mechanismsIn(answer);
  if (offered === undefined) return thrown;
  return clientError("SASL_REQUIRED", `${where} asks for a login with ${offered.join(" or ")}`, {
    context: { broker: where },
    cause: thrown,
    remedy: "Set sasl: { mechanism, username, password }, or use a listener without SASL.",
  });
}

/** What a listener with SASL offers; undefined for an answer of another listener. */
function mechanismsIn(answer: Buffer): readonly string[] | undefined {
  try {
    const reader = new Reader(answer.subarray(CORRELATION_ID_BYTES));
    const { errorCode, mechanisms } = codecOf(saslHandshakeResponse, 1).decode(reader);
    return errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM ? mechanisms : undefined;
  } catch (thrown) {
    if (thrown instanceof MoldauError) return undefined;
    throw thrown;
  }
}

/** The answer to one frame on a connection of its own, or undefined when there is none to be had. */
async function ask(
  address: ConnectAddress,
  { network, clock }: ProbeDoors,
  frame: Buffer,
): Promise<Buffer | undefined> {
  const timeoutMs = Math.min(address.timeoutMs, PROBE_TIMEOUT_MS);
  try {
    const connection = await network.connect({ ...address, timeoutMs });
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      const timer = clock.setTimer(timeoutMs, () => resolve(undefined));
      const finish = (bytes: Buffer | undefined): void => {
        timer.cancel();
        resolve(bytes);
      };
      const handler = {
        frame(bytes: Buffer, start: number, end: number) {
          finish(bytes.subarray(start, end));
          return true;
        },
        badFrame: () => finish(undefined),
        closed: () => finish(undefined),
      };
      connection.start(new FrameReceiver(handler, PROBE_FRAME_BYTES_MAX));
      connection.write([frame]);
    });
    connection.destroy();
    return answer;
  } catch (thrown) {
    if (thrown instanceof MoldauError) return undefined;
    throw thrown;
  }
}
