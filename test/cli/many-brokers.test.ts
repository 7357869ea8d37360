import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { javaTool } from "../interop/java.ts";
import { readClusterTarget } from "../client/cluster-target.ts";
import { jsonLines, moldauHere, scratchFolder } from "./moldau.ts";
import { until } from "./session.ts";

const cluster = readClusterTarget();
const options = { skip: cluster === undefined && "runs in npm run interop -- cli" };
const scratch = scratchFolder();
after(() => scratch.remove());

/** A command line to the first two brokers, which stay. */
async function run(line: string, code = 0): Promise<string> {
  const bootstrap = cluster?.nodes.slice(0, 2).map((node) => node.bootstrap) ?? [];
  const env = { MOLDAU_BOOTSTRAP: bootstrap.join(","), XDG_CONFIG_HOME: scratch.path };
  const outcome = await moldauHere(line.split(" "), { env });
  assert.equal(outcome.code, code, `${line}\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}

const statuses = async (code: number): Promise<Record<string, unknown>> => {
  const items = jsonLines(await run("cluster health", code));
  return Object.fromEntries(items.map(({ check, status }) => [check, status]));
};

test(
  "replicas where they are assigned, moved, and led by whom they should be",
  options,
  async () => {
    await run("topic create spread --assign 1,2,3/2,3,1/3,1,2 -c min.insync.replicas=3");
    const [topic] = jsonLines(await run("topic describe spread"));
    const partitions = topic?.["partitions"] as { replicas: number[] }[];
    assert.deepEqual(
      partitions.map(({ replicas }) => replicas),
      [
        [1, 2, 3],
        [2, 3, 1],
        [3, 1, 2],
      ],
    );
    await until(async () => {
      const listed = jsonLines(await run("topic list spread"));
      return listed[0]?.["underReplicated"] === 0;
    }, "replicas are in sync");
    assert.equal((await statuses(0))["replicas"], "ok");

    const server = `--bootstrap-server ${cluster?.nodes[0]?.bootstrap}`;
    const move = join(scratch.path, "move.json");
    const swapped = [{ topic: "spread", partition: 0, replicas: [3, 2, 1] }];
    fs.writeFileSync(move, JSON.stringify({ version: 1, partitions: swapped }));
    const reassign = `kafka-reassign-partitions ${server} --reassignment-json-file ${move}`;
    assert.match(await run(`${reassign} --execute`), /Successfully started .* for spread-0/);
    await until(
      async () => /spread-0 is completed/.test(await run(`${reassign} --verify`)),
      "the replicas have moved",
    );
    assert.equal((await statuses(0))["balance"], "warning");
    const elect = `kafka-leader-election ${server} --election-type preferred --topic spread --partition 0`;
    assert.match(await run(elect), /Successfully completed leader election \(PREFERRED\)/);
    assert.match(await run(elect), /Valid replica already elected/);
    assert.equal((await statuses(0))["balance"], undefined);
  },
);

test(
  "a quorum whose voters may change is told in the words of Kafka's own tool",
  options,
  async () => {
    const server = ["--bootstrap-server", cluster?.nodes[0]?.bootstrap ?? ""];
    const status = ["describe", "--status"];
    const nodes = (text: string): string[] =>
      text.split("\n").filter((line) => /^(ClusterId|LeaderId|CurrentVoters)/.test(line));
    const own = nodes(await run(["kafka-metadata-quorum", ...server, ...status].join(" ")));
    const original = await javaTool("org.apache.kafka.tools.MetadataQuorumCommand", [
      ...server,
      ...status,
    ]);
    assert.deepEqual(own, nodes(original.stdout));
    assert.match(own.join("\n"), /"directoryId": "/);
  },
);

test("a broker that is gone is seen everywhere", options, async () => {
  const gone = cluster?.nodes[2];
  assert.ok(gone !== undefined);
  process.kill(gone.pid, "SIGKILL");
  await until(async () => {
    const brokers = jsonLines(await run("broker list"));
    return brokers.some(({ id, fenced }) => id === gone.id && fenced === true);
  }, "the broker is fenced");
  const health = await statuses(1);
  assert.deepEqual(
    ["brokers", "leaders", "replicas", "writes", "quorum"].map((check) => health[check]),
    ["warning", "ok", "failed", "failed", "ok"],
  );
  const words = await run("cluster health -o table", 1);
  assert.match(words, /writes +3 partitions with fewer in sync.*\n +spread-0 spread-1 spread-2\n/);
  assert.match(words, /The cluster is not well\.\n$/);
  const unhealthy = jsonLines(await run("topic list --unhealthy spread"));
  assert.equal(unhealthy[0]?.["underReplicated"], 3);
  assert.match(await run("broker describe 3 -o table"), /fenced\n\nIt does not answer/);
  const doctor = await run(`doctor -b ${gone.bootstrap} -o table`, 1);
  assert.match(doctor, /nobody listens at/);

  // Nothing is written where too few would have it, and the others go on.
  await run("produce spread x --timeout 2s", 124);
  await run("topic alter spread -c min.insync.replicas=2");
  await run("produce spread x");
  assert.equal(await run("consume spread -e -o raw"), "x\n");
});
