import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brokerSettings } from "../src/config/broker-settings.ts";
import { topicSettings } from "../src/config/topic-settings.ts";
import { filesBelow, root } from "./lib.ts";

/** Read by `src/config` itself, for others who ask it about listeners and the quorum. */
const READ_BY_CONFIG: ReadonlySet<string> = new Set([
  "listeners",
  "advertised.listeners",
  "listener.security.protocol.map",
  "inter.broker.listener.name",
  "security.inter.broker.protocol",
  "controller.quorum.bootstrap.servers",
  "process.roles",
]);

test("a setting is marked as effective exactly when something reads it", () => {
  const sources = filesBelow("src", ".ts")
    // Clients have settings of the same names, which say nothing of a broker's.
    .filter((path) => !/^src\/(config|protocol|simulator|client|console|cli|testing)\//.test(path))
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => fs.readFileSync(join(root, path), "utf8"))
    .join("\n");
  const inherited = new Set<string>();
  for (const { effective, inherits } of topicSettings) {
    if (effective) for (const { name } of inherits) inherited.add(name);
  }
  const wrong: string[] = [];
  for (const { name, effective } of brokerSettings) {
    const isRead = sources.includes(`"${name}"`) || inherited.has(name) || READ_BY_CONFIG.has(name);
    if (isRead !== effective)
      wrong.push(`${name}: ${effective ? "nothing reads it" : "it is read"}`);
  }
  assert.deepEqual(wrong, []);
});
