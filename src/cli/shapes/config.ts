import { boolean, list, nullable, object, shape, text, type ItemOf } from "../shape.ts";

export const configShape = shape("Config", "one setting of one thing", {
  type: text("topic, broker, broker-logger, group or client-metrics"),
  name: text("of the thing; empty for the default of all brokers"),
  setting: text("Kafka's name of it"),
  value: nullable(text("null: it is secret, or has none")),
  source: text("who set it: topic, broker, all brokers, file, group, default, …"),
  default: nullable(text("what it would be otherwise; null where the broker does not tell")),
  kind: text("boolean, string, int, list, …; empty when the broker does not tell"),
  readOnly: boolean("it changes with a restart alone"),
  sensitive: boolean("its value is not told"),
  synonyms: list(
    object({ setting: text(""), value: nullable(text("")), source: text("") }, ""),
    "where the value comes from, the one that counts first",
  ),
  documentation: nullable(text("what it is about")),
});

export type ConfigRow = ItemOf<typeof configShape>;
