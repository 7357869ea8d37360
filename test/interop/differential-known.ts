import type { Difference } from "./differential/compare.ts";

/** A difference that stays, and why. */
export interface Known {
  /** Matches `scenario: request: path`. */
  readonly where: RegExp;
  /** Match the JSON of what either answered; absent: anything. */
  readonly kafka?: RegExp;
  readonly moldau?: RegExp;
  readonly reason: string;
}

export const known: readonly Known[] = [];

/** The entry that explains a difference. */
export function explain(difference: Difference): Known | undefined {
  const { scenario, label, path } = difference;
  const where = `${scenario}: ${label}: ${path}`;
  const kafka = JSON.stringify(difference.kafka) ?? "nothing";
  const moldau = JSON.stringify(difference.moldau) ?? "nothing";
  return known.find(
    (entry) =>
      entry.where.test(where) &&
      (entry.kafka?.test(kafka) ?? true) &&
      (entry.moldau?.test(moldau) ?? true),
  );
}
