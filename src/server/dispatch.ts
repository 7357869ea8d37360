import { AssertionError } from "../core/assert.ts";
import { messageOf } from "../core/errors.ts";
import { Pending } from "../broker/answer.ts";
import type { Broker } from "../broker/broker.ts";
import type { Route } from "../broker/handlers.ts";
import { ANONYMOUS, type RequestContext } from "../broker/request-context.ts";
import { ApiKey, apiName } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import {
  decodeRequestBody,
  decodeRequestHead,
  encodeResponse,
  type RequestHead,
} from "../protocol/framing.ts";
import { apiVersionsResponse } from "../protocol/messages/api-versions.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { Reader } from "../protocol/reader.ts";
import type { Exchange, FrameHandler, Outcome, Reply } from "./connection.ts";
import type { RepeatedLines } from "./repeated-lines.ts";
import type { RequestMetrics } from "./request-metrics.ts";

export interface DispatcherOptions {
  readonly broker: Broker;
  readonly lines: RepeatedLines;
  readonly metrics: RequestMetrics;
  /** What this listener serves, by API key. */
  readonly routes: readonly (Route | undefined)[];
  readonly listenerName: string;
  /** An invariant was found broken: the process must end. */
  readonly onDefect: (error: AssertionError) => void;
}

/**
 * Takes a frame apart, hands the request to its handler, and turns the answer into bytes. A request
 * that cannot be understood ends its connection, because nothing can be said in a version that is
 * not known; ApiVersions alone is answered in any version (KIP-511). So does one whose handler fails
 * in a way that no error code tells: the client asks again on a new connection.
 */
export function makeDispatcher(options: DispatcherOptions): FrameHandler {
  return (frame, exchange) => {
    const reader = new Reader(frame);
    let head: RequestHead | undefined;
    let request: unknown;
    let route: Route | undefined;
    try {
      head = decodeRequestHead(reader);
      route = routeOf(options.routes, head);
      if (route === undefined) {
        exchange.respond(refuseApiVersions(head, options.routes[ApiKey.API_VERSIONS]));
        return;
      }
      request = decodeRequestBody(route.request, head.apiVersion, reader);
    } catch (error) {
      refuse(options, head, exchange, error);
      return;
    }
    options.metrics.received(route.key, reader.end);
    serve(options, route, head, request, exchange);
  };
}

/** Who serves it; `undefined` is ApiVersions in a version that nobody knows. */
function routeOf(routes: DispatcherOptions["routes"], head: RequestHead): Route | undefined {
  const { api, apiVersion } = head;
  const route = routes[api.key];
  if (route === undefined) throw unsupported("this listener does not serve it");
  if (apiVersion >= route.lowestVersion && apiVersion <= route.maxVersion) return route;
  if (api.key === ApiKey.API_VERSIONS) return undefined;
  throw unsupported("there is no such version");
}

function unsupported(message: string): ProtocolError {
  return new ProtocolError("UNSUPPORTED_VERSION", message);
}

function serve(
  options: DispatcherOptions,
  route: Route,
  head: RequestHead,
  request: unknown,
  exchange: Exchange,
): void {
  const context: RequestContext = {
    apiKey: route.key,
    apiVersion: head.apiVersion,
    correlationId: head.correlationId,
    clientId: head.clientId ?? "",
    listenerName: options.listenerName,
    clientAddress: exchange.connection.remoteAddress,
    principal: ANONYMOUS,
    onSent: undefined,
    onClosed: undefined,
  };
  const { broker } = options;
  const arrivedMs = broker.observer?.arrived(route.key);
  const served: Served = { arrivedMs, options, route, context, exchange };
  try {
    const answered = route.handle(options.broker, context, request);
    if (answered instanceof Pending) {
      answered.onComplete(
        (value) => answer(served, value),
        (error) => fail(served, error),
      );
      exchange.onClosed = context.onClosed;
    } else if (answered instanceof Promise) {
      answered.then(
        (value: unknown) => answer(served, value),
        (error: unknown) => fail(served, error),
      );
    } else {
      answer(served, answered);
    }
  } catch (error) {
    fail(served, error);
  }
}

/** A request on its way through its handler. */
interface Served {
  /** When it arrived, while somebody looks at latencies. */
  readonly arrivedMs: number | undefined;
  readonly options: DispatcherOptions;
  readonly route: Route;
  readonly context: RequestContext;
  readonly exchange: Exchange;
}

function answer(served: Served, value: unknown): void {
  if (served.arrivedMs !== undefined) {
    served.options.broker.observer?.answeredRequest(served.route.key, served.arrivedMs);
  }
  let outcome: Outcome;
  try {
    outcome = encode(served.route, served.context, value);
  } catch (error) {
    fail(served, error);
    return;
  }
  served.exchange.respond(outcome);
}

function encode(route: Route, context: RequestContext, value: unknown): Outcome {
  if (value === "none" || value === "close") return value;
  const { apiVersion, correlationId } = context;
  return {
    // A route's handler returns what its response schema takes; `route` has seen to it.
    chunks: encodeResponse(route.response, apiVersion, correlationId, value as object),
    onSent: context.onSent,
  };
}

/** The request cannot be understood, or is not served here. */
function refuse(
  options: DispatcherOptions,
  head: RequestHead | undefined,
  exchange: Exchange,
  error: unknown,
): void {
  const request = head === undefined ? "a request" : `${apiName(head.api.key)} v${head.apiVersion}`;
  const message = `closing a connection: ${request} cannot be served: ${messageOf(error)}`;
  const client = clientOf(exchange);
  if (error instanceof ProtocolError) options.lines.warn("unserved", message, { client });
  else options.lines.error("undecodable", message, { client, error });
  exchange.respond("close");
}

/** A handler, or the encoding of its answer, failed. */
function fail({ options, context, exchange }: Served, error: unknown): void {
  context.onSent?.();
  const name = apiName(context.apiKey);
  options.lines.error(
    `failed ${name}`,
    `closing a connection: ${name} v${context.apiVersion} failed: ${messageOf(error)}`,
    { client: clientOf(exchange), error },
  );
  exchange.respond("close");
  if (error instanceof AssertionError) options.onDefect(error);
}

function clientOf({ connection }: Exchange): string {
  return `${connection.remoteAddress}:${connection.remotePort}`;
}

/** What a client that speaks a newer ApiVersions is told, in the version that everybody reads. */
function refuseApiVersions(head: RequestHead, route: Route | undefined): Reply {
  const { minVersion = 0, maxVersion = 0 } = route ?? {};
  const value = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: ApiKey.API_VERSIONS, minVersion, maxVersion }],
  };
  return {
    chunks: encodeResponse(apiVersionsResponse, 0, head.correlationId, value),
    onSent: undefined,
  };
}
