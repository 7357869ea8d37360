/**
 * Decisions as a table: for every state and every event one function. A missing one does not compile.
 * States and events are given as maps from their `kind`, which is how the types of a cell stay together.
 */
export type DecisionTable<States, Events, Inputs, Step> = {
  readonly [S in keyof States]: DecisionRow<States[S], Events, Inputs, Step>;
};

/** What the events mean in one state. */
export type DecisionRow<State, Events, Inputs, Step> = {
  readonly [E in keyof Events]: (state: State, event: Events[E], inputs: Inputs) => Step;
};

/** Makes the decision of a table. */
export function decideBy<States, Events, Inputs, Step, S extends keyof States>(
  table: DecisionTable<States, Events, Inputs, Step>,
  state: States[S] & { readonly kind: S },
  event: Events[keyof Events] & { readonly kind: keyof Events },
  inputs: Inputs,
): Step {
  const row: DecisionRow<States[S], Events, Inputs, Step> = table[state.kind];
  return decideInRow(row, state, event.kind, event, inputs);
}

function decideInRow<State, Events, Inputs, Step, E extends keyof Events>(
  row: DecisionRow<State, Events, Inputs, Step>,
  state: State,
  kind: E,
  event: Events[E],
  inputs: Inputs,
): Step {
  return row[kind](state, event, inputs);
}
