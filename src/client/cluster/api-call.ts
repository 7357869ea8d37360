import { assert } from "../../core/assert.ts";
import { apiOf, type Api, type ApiKey } from "../../protocol/apis.ts";
import type { Fields, Message, Struct } from "../../protocol/schema.ts";

/** An API as this client uses it: its messages and the versions it is content with. */
export interface ApiCall<Request extends Fields, Response extends Fields> {
  readonly api: Api;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Whether a decoded response holds views of the bytes that were received. */
  readonly responseHoldsViews: boolean;
}

/** The stable versions of an API, up to `maxVersion`. */
export function apiCall<Request extends Fields, Response extends Fields>(
  key: ApiKey,
  request: Message<Request>,
  response: Message<Response>,
  maxVersion = Infinity,
): ApiCall<Request, Response> {
  const api = apiOf(key);
  assert(api !== undefined, "an API that is called exists", { key });
  return {
    api,
    request,
    response,
    minVersion: api.minVersion,
    maxVersion: Math.min(maxVersion, api.maxStableVersion),
    responseHoldsViews: holdsViews(response),
  };
}

/** Whether a value of the struct holds views of what it was decoded from. */
function holdsViews(struct: Struct<Fields>): boolean {
  return Object.values(struct.fields).some(({ kind, struct: inner, element }) => {
    if (kind === "bytes" || kind === "records" || element === "bytes") return true;
    if (inner !== undefined) return holdsViews(inner);
    return typeof element === "object" && holdsViews(element);
  });
}
