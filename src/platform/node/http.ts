import type { ClientRequest, IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import type { Http, HttpAnswer, HttpPost } from "../http.ts";
import { NetworkError } from "../network.ts";
import { networkError } from "./network-error.ts";

/** `node:http` and `node:https`, loaded by the first request. */
export const nodeHttp: Http = {
  async post(request: HttpPost): Promise<HttpAnswer> {
    const { url, headers, body, signal } = request;
    const options: RequestOptions = {
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      // A connection of its own, that ends with the answer.
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    };
    if (url.protocol !== "https:") {
      const { request: send } = await import("node:http");
      return exchange(request, (answered) => send(url, options, answered));
    }
    const { request: send } = await import("node:https");
    const { clientTlsOptions } = await import("./tls.ts");
    const secured = { ...options, ...clientTlsOptions(url.hostname, request.tls ?? {}) };
    return exchange(request, (answered) => send(url, secured, answered));
  },
};

async function exchange(
  { url, body, timeoutMs, answerBytesMax }: HttpPost,
  send: (answered: (response: IncomingMessage) => void) => ClientRequest,
): Promise<HttpAnswer> {
  const where = url.host;
  // Loaded already where it matters: an error of TLS comes out of a connection in TLS.
  const { tlsErrorOf } = await import("./tls-error.ts");
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      request.destroy();
      reject(error instanceof NetworkError ? error : failure(error));
    };
    const failure = (error: Error): NetworkError =>
      tlsErrorOf(where, url.hostname, error) ?? networkError(`no answer from ${where}`, error);
    const timer = setTimeout(() => {
      const message = `no answer from ${where} within ${timeoutMs} ms`;
      fail(new NetworkError(message, { code: "ETIMEDOUT", retriable: true }));
    }, timeoutMs);
    const request = send((response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= answerBytesMax) parts.push(chunk);
        else fail(new NetworkError(`the answer of ${where} is too long`, { code: "EMSGSIZE" }));
      });
      response.on("error", fail);
      response.on("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) });
      });
    });
    request.on("error", fail);
    request.end(body);
  });
}
