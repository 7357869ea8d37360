/** Who is asking; without authentication everybody is `User:ANONYMOUS`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

export const ANONYMOUS: Principal = { type: "User", name: "ANONYMOUS" };

/** What a handler knows of a request besides its body. */
export interface RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** Name of the listener the request came in on; addresses in answers are those of this listener. */
  readonly listenerName: string;
  readonly clientAddress: string;
  readonly principal: Principal;
  /** Set by a handler whose response refers to memory that must be given back once it is sent. */
  onSent: (() => void) | undefined;
  /**
   * Set by a handler that answers later and wants to know when nobody waits for the answer any more,
   * because the connection is gone. It need not answer then. Looked at when the handler returns.
   */
  onClosed: (() => void) | undefined;
}

/** The same as coordinators take it. */
export function groupContext(context: RequestContext): {
  readonly apiVersion: number;
  readonly clientId: string;
  readonly clientHost: string;
} {
  const { apiVersion, clientId, clientAddress } = context;
  return { apiVersion, clientId, clientHost: clientAddress };
}
