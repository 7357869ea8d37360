import { AssertionError } from "../core/assert.ts";
import { messageOf } from "../core/errors.ts";
import { Pending, type Answer } from "../broker/answer.ts";
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
import { Reader } from "../protocol/reader.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ClientConnection, FrameHandler, Reply } from "./connection.ts";
import type { RequestMetrics } from "./request-metrics.ts";

export interface DispatcherOptions {
  readonly broker: Broker;
  readonly logger: Logger;
  readonly metrics: RequestMetrics;
  /** What this listener serves, by API key. */
  readonly routes: readonly (Route | undefined)[];
  readonly listenerName: string;
}

type Respond = (reply: Reply | "none" | "close") => void;

/**
 * Takes a frame apart, hands the request to its handler, and turns the answer into bytes. A request
 * that cannot be understood ends its connection, because nothing can be said in a version that is
 * not known; ApiVersions alone is answered in any version (KIP-511).
 */
export function makeDispatcher(options: DispatcherOptions): FrameHandler {
  const { logger, routes } = options;
  return (frame, connection, respond) => {
    let head: RequestHead | undefined;
    try {
      const reader = new Reader(frame);
      head = decodeRequestHead(reader);
      const { api, apiVersion } = head;
      const route = routes[api.key];
      if (route === undefined) throw new Error("this listener does not serve it");
      if (apiVersion < route.lowestVersion || apiVersion > route.maxVersion) {
        if (api.key === ApiKey.API_VERSIONS) {
          respond(refuseApiVersions(route, head));
          return;
        }
        throw new Error("there is no such version");
      }
      serve(options, route, head, reader, connection, respond);
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const request =
        head === undefined ? "a request" : `${apiName(head.api.key)} v${head.apiVersion}`;
      logger.warn(`closing a connection: ${request} cannot be served: ${messageOf(error)}`, {
        client: `${connection.remoteAddress}:${connection.remotePort}`,
      });
      respond("close");
    }
  };
}

function serve(
  options: DispatcherOptions,
  route: Route,
  head: RequestHead,
  reader: Reader,
  connection: ClientConnection,
  respond: Respond,
): void {
  const { broker, metrics } = options;
  const request = decodeRequestBody(route.request, head.apiVersion, reader);
  const context: RequestContext = {
    apiKey: route.key,
    apiVersion: head.apiVersion,
    correlationId: head.correlationId,
    clientId: head.clientId ?? "",
    listenerName: options.listenerName,
    clientAddress: connection.remoteAddress,
    principal: ANONYMOUS,
    onSent: undefined,
  };
  metrics.received(route.key, reader.end);
  const answer: Answer<unknown> = route.handle(broker, context, request);
  if (answer instanceof Pending) {
    answer.onComplete((value) => respond(encode(route, context, value)));
  } else if (answer instanceof Promise) {
    answer.then(
      (value: unknown) => respond(encode(route, context, value)),
      (error: unknown) => fail(options, context, error, respond),
    );
  } else {
    respond(encode(route, context, answer));
  }
}

function encode(route: Route, context: RequestContext, value: unknown): Reply | "none" | "close" {
  if (value === "none" || value === "close") return value;
  const { apiVersion, correlationId } = context;
  return {
    // A route's handler returns what its response schema takes; `route` has seen to it.
    chunks: encodeResponse(route.response, apiVersion, correlationId, value as object),
    onSent: context.onSent,
  };
}

/** A handler failed in a way that no error code tells: the client asks again on a new connection. */
function fail(
  options: DispatcherOptions,
  context: RequestContext,
  error: unknown,
  respond: Respond,
): void {
  if (error instanceof AssertionError) throw error;
  options.logger.error(`${apiName(context.apiKey)} failed: ${messageOf(error)}`, { error });
  respond("close");
}

/** What a client that speaks a newer ApiVersions is told, in the version that everybody reads. */
function refuseApiVersions(route: Route, head: RequestHead): Reply {
  const { key, minVersion, maxVersion } = route;
  const value = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: key, minVersion, maxVersion }],
  };
  return {
    chunks: encodeResponse(apiVersionsResponse, 0, head.correlationId, value),
    onSent: undefined,
  };
}
