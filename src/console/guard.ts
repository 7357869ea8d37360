import type { Context, MiddlewareHandler } from "hono";
import type { Problem } from "./api.ts";

/** Nothing comes from elsewhere, nothing goes elsewhere, nobody frames the page. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** The worker that computes somebody's filter may compute, and nothing else. */
const FILTER_POLICY = "default-src 'none'; script-src 'unsafe-eval'; sandbox allow-scripts";
const FILTER_PATH = "/filter-worker.js";

const changing: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** An answer that is no success. */
export function problem(
  context: Context,
  status: 400 | 403 | 404 | 409 | 413 | 415 | 500 | 503,
  body: Problem,
): Response {
  return context.json(body, status);
}

/** Headers that keep what the console shows where it is shown. */
export const withPolicy: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  const isFilter = context.req.path === FILTER_PATH;
  headers.set("content-security-policy", isFilter ? FILTER_POLICY : PAGE_POLICY);
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-resource-policy", "same-origin");
};

/**
 * Keeps other sites out: the console is asked by the name it was opened with (a name that somebody lets
 * point here, DNS rebinding, is refused), and what changes something comes from its own page, as JSON, which no
 * form of another site can send.
 */
export function sameSite(isKnownHost: (host: string) => boolean): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req;
    const host = context.req.header("host") ?? "";
    if (!isKnownHost(hostnameOf(host))) {
      return problem(context, 403, {
        code: "WRONG_HOST",
        message: `The console does not answer as "${host}".`,
        remedy:
          "Open it by the address that the broker printed, or start it with --console HOST:PORT.",
      });
    }
    const site = context.req.header("sec-fetch-site");
    // Another port of this machine is the same site to a browser; to the console it is a stranger.
    const isStranger = site === "cross-site" || site === "same-site";
    if (isStranger && !isVisit(context)) return refuseOrigin(context);
    if (!changing.has(method)) return next();
    const origin = context.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      return refuseOrigin(context);
    }
    const type = context.req.header("content-type") ?? "";
    if (method !== "DELETE" && !/^application\/json(?:;|$)/.test(type)) {
      const message = "Changes are asked for as application/json.";
      return problem(context, 415, { code: "BAD_REQUEST", message });
    }
    return next();
  };
}

/** Somebody follows a link to the page: it is shown in a window of its own, which who linked cannot look into. */
function isVisit({ req }: Context): boolean {
  return (
    req.method === "GET" &&
    req.path === "/" &&
    req.header("sec-fetch-mode") === "navigate" &&
    req.header("sec-fetch-dest") === "document"
  );
}

function refuseOrigin(context: Context): Response {
  return problem(context, 403, {
    code: "CROSS_SITE",
    message: "Another site may not use the console.",
    remedy: "Open the console itself; programs use the Kafka protocol.",
  });
}

/** `localhost` of `localhost:8080`, `::1` of `[::1]:8080`. */
export function hostnameOf(host: string): string {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/.exec(host);
  return (match?.[1] ?? match?.[2] ?? "").toLowerCase();
}

/**
 * Whether a name may be in the `Host` of requests: an address says that no name was looked up, `localhost`
 * is this machine, and the others are those that the operator named.
 */
export function hostCheck(named: readonly string[]): (host: string) => boolean {
  const known = new Set(["localhost", ...named.map((name) => name.toLowerCase())]);
  return (host) => known.has(host) || isAddress(host);
}

function isAddress(host: string): boolean {
  return (
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || (host.includes(":") && /^[0-9a-f:.]+$/.test(host))
  );
}
