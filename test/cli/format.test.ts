import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { moldau, scratchFolder, startBroker } from "./moldau.ts";

const scratch = scratchFolder();
after(() => scratch.remove());

test("kafka-storage format prepares a folder that start takes", async () => {
  const data = join(scratch.path, "formatted");
  const file = join(scratch.path, "format.properties");
  fs.writeFileSync(
    file,
    [
      "process.roles=broker,controller",
      "node.id=4",
      "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
      "controller.listener.names=CONTROLLER",
      "controller.quorum.voters=4@127.0.0.1:9093",
      `log.dirs=${data}`,
    ].join("\n"),
  );
  const { stdout: uuid } = await moldau(["kafka-storage", "random-uuid"]);
  assert.match(uuid, /^[\w-]{22}\n$/);
  const args = ["kafka-storage", "format", "-t", uuid.trim(), "-c", file];
  const formatted = await moldau(args);
  assert.equal(formatted.code, 0, formatted.stderr);
  assert.match(
    formatted.stdout,
    /^Formatting data directory .*formatted with metadata\.version 4\.4/,
  );
  const again = await moldau(args);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /MLD1011/);
  const ignored = await moldau([...args, "--ignore-formatted"]);
  assert.equal(ignored.stdout, "All of the log directories are already formatted.\n");
  const started = await startBroker(["start", file], { folder: scratch.path });
  assert.equal(started.ready.clusterId, uuid.trim());
  assert.equal((await started.stop()).code, 0);
});
