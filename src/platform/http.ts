import type { TlsOptions } from "./network.ts";

/** A request that carries a form or a document, and how long and how large its answer may be. */
export interface HttpPost {
  /** `https://…`, or `http://…`. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  readonly tls?: TlsOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** The door to servers that are no brokers, such as an identity provider. */
export interface Http {
  /**
   * Sends, and resolves with the answer, whatever its status; it follows no redirection. Rejects with
   * `NetworkError` (of TLS: `TlsError`).
   */
  post(request: HttpPost): Promise<HttpAnswer>;
}
