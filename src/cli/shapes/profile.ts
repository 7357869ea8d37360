import { boolean, map, shape, text, type ItemOf } from "../shape.ts";

export const profileShape = shape("Profile", "one cluster by name; secrets are hidden", {
  profile: text("its name"),
  inUse: boolean("whether commands take it when none is named"),
  bootstrap: text("addresses to begin with"),
  security: text("PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"),
  user: text("who logs in; empty for nobody"),
  properties: map(text(""), "all that it says, by Kafka's names"),
  path: text("the file"),
});

export type ProfileRow = ItemOf<typeof profileShape>;
