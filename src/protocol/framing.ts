/**
 * What goes around a message on a connection: a size of four bytes, a header, the body. A header's
 * version follows from the API and its version, see `apis.ts`.
 */

import { apiOf, hasVersion, requestHeaderVersion, responseHeaderVersion } from "./apis.ts";
import type { Api } from "./apis.ts";
import { codecOf, heapFactorOf } from "./codec.ts";
import { requestHeader, responseHeader } from "./messages/header.ts";
import { ProtocolError } from "./protocol-error.ts";
import { REQUEST_HEAP_FACTOR_MAX, Reader } from "./reader.ts";
import type { AnyMessage, InputOf, ValueOf } from "./schema.ts";
import { Writer } from "./writer.ts";

/** Bytes of the size before each frame. */
export const SIZE_BYTES = 4;
/** Bytes of a request that tell API, version and correlation id, in every version. */
const HEADER_START_BYTES = 8;
/** The size is an int32. */
const FRAME_BYTES_MAX = 0x7fff_ffff;

/** The header of a request, and the API it is for. */
export interface RequestHead {
  readonly api: Api;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** False when the API has no such version; then the body has not been looked at. */
  readonly supported: boolean;
}

/**
 * Reads the header of a request where the reader stands (after the size). The reader then stands at
 * the body. Of an API in a version that is not known only the start of the header is read: that is
 * enough to answer UNSUPPORTED_VERSION, which ApiVersions must (KIP-511). From here on the reader
 * holds the request to the memory that requests may take.
 *
 * @throws ProtocolError UNKNOWN_API when no API has the key, and when the header is broken
 */
export function decodeRequestHead(reader: Reader): RequestHead {
  const from = reader.offset;
  reader.limitHeap(REQUEST_HEAP_FACTOR_MAX);
  if (reader.remaining < HEADER_START_BYTES) reader.failTruncated(HEADER_START_BYTES);
  const apiKey = reader.readInt16();
  const apiVersion = reader.readInt16();
  const correlationId = reader.readInt32();
  const api = apiOf(apiKey);
  if (api === undefined) {
    throw new ProtocolError("UNKNOWN_API", `no API has the key ${apiKey}`, {
      path: "RequestHeader.requestApiKey",
      offset: from,
    });
  }
  if (!hasVersion(api, apiVersion)) {
    return { api, apiVersion, correlationId, clientId: null, supported: false };
  }
  reader.offset = from;
  const header = codecOf(requestHeader, requestHeaderVersion(api, apiVersion)).decode(reader);
  return { api, apiVersion, correlationId, clientId: header.clientId, supported: true };
}

/**
 * Reads the body of a request where the reader stands. Bytes after it are left alone, as Kafka does.
 * @throws ProtocolError
 */
export function decodeRequestBody<M extends AnyMessage>(
  message: M,
  apiVersion: number,
  reader: Reader,
): ValueOf<M> {
  return codecOf(message, apiVersion).decode(reader);
}

/**
 * A whole response as chunks to be sent: size, header, body. Record batches in it are the buffers
 * that were given.
 */
export function encodeResponse<M extends AnyMessage>(
  message: M,
  apiVersion: number,
  correlationId: number,
  value: InputOf<M>,
): Buffer[] {
  const headerVersion = responseHeaderVersion(apiOfMessage(message), apiVersion);
  const writer = new Writer();
  writer.take(SIZE_BYTES);
  codecOf(responseHeader, headerVersion).encode(writer, { correlationId });
  codecOf(message, apiVersion).encode(writer, value);
  return framed(writer);
}

/** What a request's header says besides API and version. */
export interface RequestOptions {
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** A whole request as chunks to be sent: size, header, body. */
export function encodeRequest<M extends AnyMessage>(
  message: M,
  apiVersion: number,
  options: RequestOptions,
  value: InputOf<M>,
): Buffer[] {
  const api = apiOfMessage(message);
  const writer = new Writer();
  writer.take(SIZE_BYTES);
  codecOf(requestHeader, requestHeaderVersion(api, apiVersion)).encode(writer, {
    requestApiKey: api.key,
    requestApiVersion: apiVersion,
    correlationId: options.correlationId,
    clientId: options.clientId,
  });
  codecOf(message, apiVersion).encode(writer, value);
  return framed(writer);
}

function framed(writer: Writer): Buffer[] {
  const length = writer.length - SIZE_BYTES;
  if (length > FRAME_BYTES_MAX) writer.failRange("int32", length);
  const chunks = writer.chunks();
  chunks[0]!.writeInt32BE(length, 0);
  return chunks;
}

/** The correlation id of a response whose header starts at `offset`; it is the first of it always. */
export function correlationIdOf(bytes: Buffer, offset: number): number {
  return bytes.readInt32BE(offset);
}

/** A response: the header's correlation id, and the body. */
export interface DecodedResponse<V> {
  readonly correlationId: number;
  readonly body: V;
}

/**
 * Reads header and body of a response from `bytes`, which begin after the size.
 * @throws ProtocolError
 */
export function decodeResponse<M extends AnyMessage>(
  message: M,
  apiVersion: number,
  bytes: Buffer,
): DecodedResponse<ValueOf<M>> {
  const reader = new Reader(bytes, 0, bytes.length, heapFactorOf(message));
  const headerVersion = responseHeaderVersion(apiOfMessage(message), apiVersion);
  const { correlationId } = codecOf(responseHeader, headerVersion).decode(reader);
  return { correlationId, body: codecOf(message, apiVersion).decode(reader) };
}

function apiOfMessage(message: AnyMessage): Api {
  const api = apiOf(message.traits.apiKey ?? -1);
  if (api !== undefined) return api;
  throw new ProtocolError("UNKNOWN_API", `${message.name} is no request or response`);
}
