/** JSON as it is written: numbers that a program of a browser cannot hold keep their digits. */

/** A number by its own writing, such as 12345678901234567890 or 1.10. Newer than the types of the language. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  readonly rawJSON?: (text: string) => object;
  readonly isRawJSON?: (value: unknown) => boolean;
};
/** Writings that may be lost: many digits, an exponent, zeros at the end. */
const LOSSY = /\d{16}|\d[eE]|\.\d*0(?!\d)|-0(?![.\d])/;

/** The value that a text of JSON holds. Throws where it is none. */
export function parseJson(text: string): unknown {
  if (rawJSON === undefined || !LOSSY.test(text)) return JSON.parse(text);
  const revive = (
    _key: string,
    value: unknown,
    context?: { readonly source?: string },
  ): unknown => {
    const source = context?.source;
    const isLost = typeof value === "number" && source !== undefined && String(value) !== source;
    return isLost ? rawJSON(source) : value;
  };
  return JSON.parse(text, revive);
}

/** A number that is kept by its writing; to be shown by `JSON.stringify`. */
export function isExactNumber(value: unknown): boolean {
  return isRawJSON?.(value) === true;
}
