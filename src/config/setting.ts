/**
 * The kit in which every setting is declared: once, as a value, from which its TypeScript type, its
 * validation, DescribeConfigs and `docs/settings.md` all follow.
 */
import { type Bounds, type Parsed, type ValueType } from "./value-type.ts";

/** Who may change a setting, and when (KIP-226). */
export type UpdateMode = "read-only" | "per-broker" | "cluster-wide";
export type Importance = "high" | "medium" | "low";

/** A broker setting whose value, times `multiplyBy`, serves where this one is not set. */
export interface Inherited {
  readonly name: string;
  readonly multiplyBy: number;
}

/** One declared setting. `Name` is its literal name, `T` the type of its value. */
export interface Setting<Name extends string = string, T = unknown> {
  readonly name: Name;
  readonly type: ValueType<T>;
  readonly changes: UpdateMode;
  readonly importance: Importance;
  /** Names that say the same thing, in order of precedence, this one among them. */
  readonly synonyms: readonly string[];
  /** For topics and groups: the broker's settings that give the default, the first one set. */
  readonly inherits: readonly Inherited[];
  /** Left out of descriptions unless somebody sets it. */
  readonly internal: boolean;
  /** Only records of the metadata log set it; no file and no environment can. */
  readonly dynamicOnly: boolean;
  /** Whether Moldau acts on it. One that is known without effect says so at start when set. */
  readonly effective: boolean;
  /** One sentence for DescribeConfigs and the documents. */
  readonly about: string;
}

export interface SettingOptions {
  readonly changes?: UpdateMode;
  readonly importance: Importance;
  readonly synonyms?: readonly string[];
  readonly inherits?: readonly (string | Inherited)[];
  readonly internal?: boolean;
  readonly dynamicOnly?: boolean;
  readonly effective?: boolean;
  readonly about: string;
}

/** Declares a setting. Without `changes` it is read-only: it takes a restart. */
export function setting<const Name extends string, T>(
  name: Name,
  type: ValueType<T>,
  options: SettingOptions,
): Setting<Name, T> {
  return {
    name,
    type,
    changes: options.changes ?? "read-only",
    importance: options.importance,
    synonyms: options.synonyms ?? [name],
    inherits: (options.inherits ?? []).map((from) =>
      typeof from === "string" ? { name: from, multiplyBy: 1 } : from,
    ),
    internal: options.internal ?? false,
    dynamicOnly: options.dynamicOnly ?? false,
    effective: options.effective ?? false,
    about: options.about,
  };
}

/** Keeps the literal names of a list of declarations, from which `ValuesOf` makes the types. */
export function settings<const List extends readonly Setting[]>(...list: List): List {
  return list;
}

/** The value type of each setting of a list, by name. */
export type ValuesOf<List extends readonly Setting[]> = {
  readonly [S in List[number] as S["name"]]: S extends Setting<string, infer T> ? T : never;
};

/** A list of declarations by name. */
export function byName(list: readonly Setting[]): ReadonlyMap<string, Setting> {
  return new Map(list.map((declared) => [declared.name, declared]));
}

export type { Bounds, Parsed, ValueType };
