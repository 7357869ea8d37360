import type { Context } from "hono";
import { MoldauError } from "../core/errors.ts";

/** Bytes of a request's body: a message of the usual largest size, in Base64 and with room around it. */
export const BODY_BYTES_MAX = 2 * 1024 * 1024;

/** A request that cannot be understood. */
export class BadRequest extends MoldauError {
  override readonly name = "BadRequest";

  constructor(message: string, remedy?: string, code = "BAD_REQUEST") {
    super(message, { code, ...(remedy === undefined ? {} : { remedy }) });
  }
}

/** A whole number of at least 0, or {@link BadRequest}. */
export function wholeNumber(text: string | undefined, what: string): number {
  const value = Number(text);
  if (text === undefined || !/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new BadRequest(`"${text ?? ""}" is no ${what}: a whole number is.`);
  }
  return value;
}

/**
 * The JSON object that was sent. That the fields named are there is checked here; what they hold is
 * checked where it is used, by the client or the broker.
 */
export async function readBody<T extends object>(
  context: Context,
  ...fields: readonly (keyof T & string)[]
): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await bodyText(context));
  } catch (thrown) {
    if (thrown instanceof BadRequest) throw thrown;
    throw new BadRequest("The request holds no JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRequest("The request holds no JSON object.");
  }
  for (const field of fields) {
    if (!Object.hasOwn(value, field)) throw new BadRequest(`The request has no "${field}".`);
  }
  // Its fields are JSON of the caller: everything that uses them takes any value without harm.
  return value as T;
}

/** The body, which is not read on beyond {@link BODY_BYTES_MAX}. */
async function bodyText(context: Context): Promise<string> {
  const refusal = (): BadRequest =>
    new BadRequest(
      `A request holds at most ${BODY_BYTES_MAX / 1024 / 1024} MiB.`,
      undefined,
      "TOO_LARGE",
    );
  if (Number(context.req.header("content-length") ?? 0) > BODY_BYTES_MAX) throw refusal();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = context.req.raw.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    // Bodies of requests are made of bytes.
    const chunk = next.value as Uint8Array;
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw refusal();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}

/** A text, or {@link BadRequest}. */
export function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw new BadRequest(`${what} is a text.`);
  return value;
}

/** A finite number in bounds, or {@link BadRequest}. */
export function numberIn(value: unknown, min: number, max: number, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < min || value > max) {
    throw new BadRequest(`${what} is a number from ${min} to ${max}.`);
  }
  return value;
}

/** An object with fields of any kind, or {@link BadRequest}. */
export function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRequest(`${what} is an object.`);
  }
  return Object.fromEntries(Object.entries(value));
}

/** A list with elements of any kind, or {@link BadRequest}. */
export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadRequest(`${what} is a list.`);
  return value;
}

/** A whole number in bounds, or {@link BadRequest}. */
export function wholeIn(value: unknown, min: number, max: number, what: string): number {
  const number = numberIn(value, min, max, what);
  if (!Number.isInteger(number)) throw new BadRequest(`${what} is a whole number.`);
  return number;
}
