import { choice, integer, list, nullable, number, shape, text, type ItemOf } from "../shape.ts";

export const checkShape = shape("Check", "one thing that moldau doctor looked at", {
  check: choice(["bootstrap", "broker", "cluster"], "an address given, one advertised, or all"),
  target: text("host:port, or what it is about"),
  brokerId: nullable(integer("of an advertised address")),
  status: choice(["ok", "warning", "failed"], "warning: it works, and may not for others"),
  resolved: list(text(""), "the addresses that the name leads to"),
  elapsedMs: nullable(number("connection and first answers; null when there were none")),
  problem: nullable(text("what is wrong, and why")),
  code: nullable(text("the code of the error")),
  fix: nullable(text("what to set, and where")),
});

export type Check = ItemOf<typeof checkShape>;
