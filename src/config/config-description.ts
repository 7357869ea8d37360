/** What DescribeConfigs says about a setting; the fields are named as in its response. */

/** Where a value comes from (`DescribeConfigsResponse`, field ConfigSource). */
export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** Type of a value (`DescribeConfigsResponse`, field ConfigType). */
export const ConfigType = {
  unknown: 0,
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;
export type ConfigType = (typeof ConfigType)[keyof typeof ConfigType];

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

export interface ConfigDescription {
  readonly name: string;
  /** `null` for secrets and for settings without a value. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: ConfigSource;
  readonly isSensitive: boolean;
  readonly synonyms: readonly ConfigSynonym[];
  readonly configType: ConfigType;
  readonly documentation: string | null;
}

export interface DescribeOptions {
  /** Only these; `null` or nothing means all. */
  readonly names?: ReadonlySet<string> | null;
  readonly includeSynonyms?: boolean;
  readonly includeDocumentation?: boolean;
}

/** A change that is refused: the name of the protocol's error and its message. */
export interface ConfigRefusal {
  readonly error: "INVALID_CONFIG" | "INVALID_REQUEST";
  readonly message: string;
}
