import { nearestName } from "../config/nearest-name.ts";

/** A beginning of a word that is as telling as a whole one. */
const PREFIX_LENGTH_MIN = 3;
/** Of words up to this length nearly any other is only a few letters away. */
const SHORT_LENGTH_MAX = 4;

/** The word that a wrong one was meant to be, or `undefined` when none is near. */
export function nearest(wrong: string, words: Iterable<string>): string | undefined {
  const known = [...words];
  const asked = wrong.toLowerCase();
  const started =
    asked.length < PREFIX_LENGTH_MIN
      ? undefined
      : known.find((word) => word.toLowerCase().startsWith(asked));
  const found = started ?? nearestName(wrong, known);
  const isFarFetched = asked.length <= SHORT_LENGTH_MAX && found?.[0]?.toLowerCase() !== asked[0];
  return isFarFetched ? undefined : found;
}
