import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { jsonLines, moldau, scratchFolder, startBroker } from "./moldau.ts";

const scratch = scratchFolder();
after(() => scratch.remove());
const folder = scratch.path;

test("a broker says that it is ready, in Kafka's words too, and ends well on SIGTERM", async () => {
  const data = join(folder, "one");
  const broker = await startBroker(["start", "--port", "0", "--data", data], { folder });
  assert.equal(broker.ready.nodeId, 1);
  assert.deepEqual(broker.ready.dataDirectories, [data]);
  assert.equal(broker.ready.bootstrap, `127.0.0.1:${broker.ready.port}`);
  const { code, stdout, stderr } = await broker.stop();
  assert.equal(code, 0, stderr);
  assert.equal(fs.existsSync(broker.readyFile), false);
  const messages = jsonLines(stdout).map(({ msg }) => String(msg));
  assert.ok(messages.includes("ready"));
  // What the modules of Testcontainers wait for.
  assert.match(stdout, /.*Transitioning from RECOVERY to RUNNING.*/);
  assert.match(stdout, /.*Kafka Server started.*/);
  assert.match(stdout, /\[KafkaServer id=1\] started/);
  assert.equal(messages.at(-1), "stopped");
});

test("a folder keeps its cluster over a restart, and CLUSTER_ID names that of a new one", async () => {
  const data = join(folder, "two");
  const clusterId = "5L6g3nShT-eMCtK--X86sw";
  const args = ["start", "--port", "0", "--data", data];
  const first = await startBroker(args, { folder, env: { CLUSTER_ID: clusterId } });
  assert.equal(first.ready.clusterId, clusterId);
  await first.stop();
  const second = await startBroker(args, { folder });
  assert.equal(second.ready.clusterId, clusterId);
  await second.stop();
});

test("a port and a folder that are in use are told with the process that has them", async () => {
  const data = join(folder, "three");
  const broker = await startBroker(["start", "--port", "0", "--data", data], { folder });
  const { port, pid } = broker.ready;
  const samePort = await moldau(["start", "--port", String(port), "--data", join(folder, "other")]);
  assert.equal(samePort.code, 1);
  const [portProblem] = jsonLines(samePort.stderr);
  assert.equal(portProblem?.["code"], "MLD1003");
  assert.match(String(portProblem?.["error"]), new RegExp(`port ${port} is in use`));
  assert.match(String(portProblem?.["remedy"]), /--port 0/);
  const sameFolder = await moldau(["start", "--port", "0", "--data", data]);
  assert.equal(sameFolder.code, 1);
  const [folderProblem] = jsonLines(sameFolder.stderr);
  assert.equal(folderProblem?.["code"], "MLD1004");
  assert.match(String(folderProblem?.["error"]), /three/);
  if (process.platform === "linux") {
    assert.match(String(portProblem?.["error"]), new RegExp(`pid ${pid} \\(node\\)`));
    assert.match(String(folderProblem?.["error"]), new RegExp(`pid ${pid} \\(node\\)`));
  }
  await broker.stop();
});

test("a wrong value stops the start with setting, value and remedy, all of them at once", async () => {
  const args = ["--set", "num.partitions=0", "--set", "log.segment.bytes=ten"];
  const { code, stderr } = await moldau(["start", "--data", join(folder, "four"), ...args]);
  assert.equal(code, 1);
  const problems = jsonLines(stderr);
  assert.deepEqual(
    problems.map((problem) => problem["code"]),
    ["MLD1001", "MLD1001"],
  );
  assert.match(String(problems[0]?.["error"]), /num\.partitions=0 \(from --set\)/);
  assert.match(String(problems[0]?.["remedy"]), /at least 1/);
  assert.equal(fs.existsSync(join(folder, "four")), false);
});

test("a setting that nobody knows is a warning with the nearest name", async () => {
  const data = join(folder, "five");
  const args = ["start", "--port", "0", "--data", data, "--set", "num.partition=3"];
  const broker = await startBroker(args, { folder });
  const { stdout } = await broker.stop();
  const warning = jsonLines(stdout).find(({ level }) => level === 40);
  assert.match(String(warning?.["msg"]), /num\.partition.*num\.partitions/);
});

test("a properties file describes a node, and flags win over it", async () => {
  const file = join(folder, "server.properties");
  const data = join(folder, "six");
  fs.writeFileSync(
    file,
    [
      "process.roles=broker,controller",
      "node.id=7",
      "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
      "controller.listener.names=CONTROLLER",
      "controller.quorum.voters=7@127.0.0.1:9093",
      `log.dirs=${join(folder, "elsewhere")}`,
      "num.partitions=3",
    ].join("\n"),
  );
  const broker = await startBroker(["start", file, "--data", data], { folder });
  assert.equal(broker.ready.nodeId, 7);
  assert.deepEqual(broker.ready.dataDirectories, [data]);
  const created = await moldau(["topic", "create", "t", "-b", broker.ready.bootstrap]);
  assert.match(created.stdout, /"field":"partitions","before":null,"after":"3"/);
  await broker.stop();
  const missing = await moldau(["start", join(folder, "none.properties")]);
  assert.equal(missing.code, 3);
  assert.equal(jsonLines(missing.stderr)[0]?.["code"], "MLD1002");
});

test("dev keeps nothing", async () => {
  const broker = await startBroker(["dev", "--port", "0"], { folder });
  const [data = ""] = broker.ready.dataDirectories;
  assert.ok(fs.existsSync(data));
  broker.kill("SIGINT");
  assert.equal((await broker.ended).code, 0);
  assert.equal(fs.existsSync(data), false);
});

test("text lines are for people who read the log, and Kafka's lines stand in it as they are", async () => {
  const data = join(folder, "seven");
  const args = ["start", "--port", "0", "--data", data, "--log-format", "text"];
  const broker = await startBroker(args, { folder });
  const { stdout } = await broker.stop();
  const lines = stdout.split("\n");
  assert.ok(lines.includes("Kafka Server started"));
  assert.ok(lines.some((line) => /^\d\d:\d\d:\d\d\.\d{3} info {2}ready /.test(line)));
});
