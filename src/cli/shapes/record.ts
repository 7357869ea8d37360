import { any, integer, list, nullable, object, optional, shape, text } from "../shape.ts";

const headerFields = {
  key: text("its name; several may have the same"),
  value: optional(nullable(text("as text"))),
  valueBase64: optional(text("in place of value when that is no UTF-8")),
};

export const recordShape = shape("Record", "one record; produce -f ndjson takes it back", {
  topic: text("where it stands"),
  partition: integer("in which partition"),
  offset: integer("at which offset"),
  timestamp: integer("milliseconds since 1970; -1 for none"),
  key: optional(any("text, or null; with --decode whatever that makes of it")),
  keyBase64: optional(text("in place of key when that is no UTF-8")),
  keyError: optional(text("why --decode could not read it")),
  value: optional(any("text, or null for a tombstone; with --decode whatever that makes of it")),
  valueBase64: optional(text("in place of value when that is no UTF-8")),
  valueError: optional(text("why --decode could not read it")),
  headers: list(object(headerFields, ""), "in their order"),
});

export const sentShape = shape("Sent", "where one record went", {
  topic: text("which topic"),
  partition: integer("which partition"),
  offset: integer("its offset; -1 with acks 0"),
  timestamp: integer("milliseconds since 1970"),
});
