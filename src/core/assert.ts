/** A broken invariant: a defect of Moldau, never of its input. It stops the process. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super(Object.keys(details).length === 0 ? message : `${message} ${describeDetails(details)}`);
    this.details = details;
  }
}

/** Throws {@link AssertionError} when an invariant does not hold. */
export function assert(
  condition: boolean,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new AssertionError(message, details);
}

/** Marks code that no value of a union can reach. */
export function unreachable(value: never, message: string): never {
  throw new AssertionError(message, { value });
}

function describeDetails(details: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(details, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
