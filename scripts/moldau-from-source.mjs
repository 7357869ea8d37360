// Programs of this clone import "moldau" as users do; this leads them to the sources. For `node --import`.
import { registerHooks } from "node:module";

const entries = {
  moldau: "../src/index.ts",
  "moldau/client": "../src/client/index.ts",
  "moldau/testing": "../src/testing/index.ts",
  "moldau/protocol": "../src/protocol/index.ts",
};

registerHooks({
  resolve(specifier, context, next) {
    const entry = entries[specifier];
    return entry === undefined
      ? next(specifier, context)
      : { url: new URL(entry, import.meta.url).href, shortCircuit: true };
  },
});
