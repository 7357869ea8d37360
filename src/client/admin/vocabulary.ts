import { KafkaError } from "../errors.ts";

/** Words for the numbers of one of Kafka's enumerations. */
export interface Vocabulary<Word extends string> {
  /** `unknown` for a number that this client has no word for. */
  wordOf(code: number): Word | "unknown";
  /** @throws KafkaError `INVALID_REQUEST` for what is no word of it */
  codeOf(word: Word): number;
}

/** A vocabulary from pairs of a word and its number. */
export function vocabulary<const Pair extends readonly [word: string, code: number]>(
  pairs: readonly Pair[],
): Vocabulary<Pair[0]> {
  const words = new Map<number, Pair[0]>(pairs.map(([word, code]) => [code, word]));
  const codes = new Map<string, number>(pairs);
  return {
    wordOf: (code) => words.get(code) ?? "unknown",
    codeOf(word) {
      const code = codes.get(word);
      if (code !== undefined) return code;
      throw new KafkaError(`"${word}" is not among the words there are`, {
        code: "INVALID_REQUEST",
        remedy: `Give one of ${[...codes.keys()].join(", ")}.`,
      });
    },
  };
}

/** The words of a vocabulary. */
export type WordOf<V> = V extends Vocabulary<infer Word> ? Word : never;

/** What the wire calls "none" with a negative number, as null. */
export function orNull(value: number): number | null {
  return value < 0 ? null : value;
}
