/**
 * What a command prints for programs, declared once: the rows' types are inferred from it, `--schema`
 * prints it, and the tests hold what is printed to it.
 */
export interface Field<T> {
  readonly type: FieldType;
  readonly about: string;
  readonly isNullable: boolean;
  /** May be missing. */
  readonly isOptional: boolean;
  /** A phantom for inference; never there. */
  readonly value?: T;
}

export type FieldType =
  | { readonly kind: "text" | "number" | "integer" | "boolean" | "any" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "list"; readonly of: Field<unknown> }
  /** An object whose names are data. */
  | { readonly kind: "map"; readonly of: Field<unknown> }
  | { readonly kind: "object"; readonly fields: Fields };

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The shape of one item of what a command prints. */
export type Shape = ShapeOf<Fields>;

interface ShapeOf<F extends Fields> {
  /** Such as `Topic`. */
  readonly name: string;
  readonly about: string;
  readonly fields: F;
}

type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N] extends { readonly isOptional: true } ? N : never;
}[keyof F];

type ValueOfField<F> = F extends Field<infer T> ? T : never;

/** The values that fields stand for. */
export type ValueOf<F extends Fields> = {
  readonly [N in Exclude<keyof F, OptionalNames<F>>]: ValueOfField<F[N]>;
} & { readonly [N in OptionalNames<F>]?: ValueOfField<F[N]> | undefined };

/** The items that a shape stands for. */
export type ItemOf<S extends { readonly fields: Fields }> = ValueOf<S["fields"]>;

function field<T>(type: FieldType, about: string): Field<T> {
  return { type, about, isNullable: false, isOptional: false };
}

export const text = (about: string): Field<string> => field({ kind: "text" }, about);
export const integer = (about: string): Field<number> => field({ kind: "integer" }, about);
export const number = (about: string): Field<number> => field({ kind: "number" }, about);
export const boolean = (about: string): Field<boolean> => field({ kind: "boolean" }, about);
export const any = (about: string): Field<unknown> => field({ kind: "any" }, about);

export function choice<const C extends string>(choices: readonly C[], about: string): Field<C> {
  return field({ kind: "choice", choices }, about);
}

export function list<T>(of: Field<T>, about: string): Field<readonly T[]> {
  return field({ kind: "list", of }, about);
}

export function map<T>(of: Field<T>, about: string): Field<Readonly<Record<string, T>>> {
  return field({ kind: "map", of }, about);
}

export function object<const F extends Fields>(fields: F, about: string): Field<ValueOf<F>> {
  return field({ kind: "object", fields }, about);
}

/** It may be null. */
export function nullable<T>(of: Field<T>): Field<T | null> {
  return { type: of.type, about: of.about, isNullable: true, isOptional: of.isOptional };
}

/** It may be missing. */
export function optional<T>(of: Field<T>): Field<T> & { readonly isOptional: true } {
  return { ...of, isOptional: true };
}

export function shape<const F extends Fields>(name: string, about: string, fields: F): ShapeOf<F> {
  return { name, about, fields };
}
