import assert from "node:assert/strict";
import * as http from "node:http";
import { networkInterfaces } from "node:os";
import * as net from "node:net";
import { after, test } from "node:test";
import { jsonLines, moldauHere, scratchFolder, startBroker, type BrokerProcess } from "./moldau.ts";

const scratch = scratchFolder();
after(() => scratch.remove());

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A broker that tells clients to use an address, for as long as a test takes. */
async function withAdvertised(
  advertised: string | undefined,
  use: (broker: BrokerProcess, port: number) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const flags = advertised === undefined ? [] : ["--advertised", advertised];
  const args = ["dev", "--port", String(port), ...flags];
  const broker = await startBroker(args, { folder: scratch.path });
  try {
    await use(broker, port);
  } finally {
    await broker.stop();
  }
}

interface Check {
  readonly check: string;
  readonly target: string;
  readonly brokerId: number | null;
  readonly status: string;
  readonly problem: string | null;
  readonly code: string | null;
  readonly fix: string | null;
}

async function doctor(bootstrap: string, ...args: string[]) {
  const command = ["doctor", "-b", bootstrap, "--timeout", "2s", ...args];
  const { code, stdout } = await moldauHere([...command, "-o", "ndjson"]);
  const checks = jsonLines(stdout) as unknown as Check[];
  const words = (await moldauHere([...command, "-o", "table"])).stdout;
  return { code, checks, words };
}

test("a broker that can be reached is found to be", async () => {
  await withAdvertised(undefined, async ({ ready }) => {
    const { code, checks, words } = await doctor(ready.bootstrap);
    assert.equal(code, 0);
    assert.deepEqual(
      checks.map(({ check, status }) => [check, status]),
      [
        ["bootstrap", "ok"],
        ["broker", "ok"],
      ],
    );
    assert.match(words, /✓ 127\.0\.0\.1:\d+ +\d/);
    assert.match(words, new RegExp(`cluster ${ready.clusterId}, 1 broker\n`));
    assert.match(words, /Everything can be reached/);
  });
});

test("a port where nobody listens is advertised", async () => {
  await withAdvertised("localhost:1", async (_broker, port) => {
    const bootstrap = `127.0.0.1:${port}`;
    const { code, checks, words } = await doctor(bootstrap);
    assert.equal(code, 1);
    const [, broker] = checks;
    assert.deepEqual(
      [broker?.target, broker?.brokerId, broker?.status],
      ["localhost:1", 1, "failed"],
    );
    assert.match(String(broker?.problem), /nobody listens at localhost:1 \(connection refused\)/);
    assert.match(String(broker?.fix), new RegExp(`set advertised\\.listeners to ${bootstrap}`));
    assert.equal(broker?.code, "ECONNREFUSED");
    assert.match(words, /✗ 1 {2}localhost:1/);
    assert.match(words, /why: nobody listens[^]*fix: check that its listener/);
    assert.match(words, /The only broker cannot be reached/);
  });
});

test("names that only containers know are advertised", async () => {
  for (const [name, problem] of [
    ["kafka", /within a network of containers/],
    ["3f9c1a2b4d5e", /the id of a container/],
  ] as const) {
    await withAdvertised(`${name}:9092`, async (_broker, port) => {
      const { code, checks } = await doctor(`127.0.0.1:${port}`);
      assert.equal(code, 1);
      assert.match(String(checks[1]?.problem), problem);
    });
  }
});

test("localhost is advertised to a client that is elsewhere", async (t) => {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  if (own === undefined) return t.skip("this machine has no address of its own");
  await withAdvertised("localhost", async (_broker, port) => {
    const bootstrap = `${own.address}:${port}`;
    const { code, checks, words } = await doctor(bootstrap);
    // The client of this test is on the same machine, where localhost works all the same.
    assert.equal(code, 0);
    assert.equal(checks[1]?.status, "warning");
    assert.match(String(checks[1]?.problem), /tells clients to connect to localhost/);
    assert.match(String(checks[1]?.fix), new RegExp(`set advertised\\.listeners to ${bootstrap}`));
    assert.match(words, /! 1 {2}localhost:/);
  });
});

test("addresses that lead to nobody, to a web server, or that want another kind of client", async () => {
  const web = http.createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const { port } = web.address() as net.AddressInfo;
  try {
    await withAdvertised(undefined, async ({ ready }) => {
      const all = await doctor(
        `127.0.0.1:1,nobody.invalid:9092,127.0.0.1:${port},${ready.bootstrap}`,
      );
      assert.equal(all.code, 5);
      assert.deepEqual(
        all.checks.map(({ status }) => status),
        ["failed", "failed", "failed", "ok", "ok"],
      );
      const problems = all.checks.map(({ problem }) => problem);
      assert.match(String(problems[0]), /nobody listens at 127\.0\.0\.1:1/);
      assert.match(String(problems[1]), /the name nobody\.invalid is not known/);
      assert.match(String(problems[2]), /a web server answers/);
      const tls = await doctor(ready.bootstrap, "--tls");
      assert.equal(tls.code, 1);
      assert.match(String(tls.checks[0]?.problem), /speaks plaintext/);
      const login = await doctor(ready.bootstrap, "--user", "ada", "-X", "sasl.password=x");
      assert.match(String(login.checks[0]?.problem), /asks nobody to log in/);
      assert.match(login.words, /No broker can be reached/);
    });
  } finally {
    web.close();
  }
});
