/** An image laid out in a scratch folder, and the start scripts of those who start such images. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

export type Variables = Readonly<Record<string, string>>;

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch: string[] = [];
const running = new Set<ChildProcess>();

after(() => {
  // With what a start script started: the group is its own.
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, "SIGKILL");
  for (const folder of scratch) fs.rmSync(folder, { recursive: true, force: true });
});

/** What the recorder was called with. */
export interface Call {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}
const RECORDER =
  "console.log(JSON.stringify({ args: process.argv.slice(2), env: process.env }));\n";

/** An image's files below a folder, with a `moldau` on the path. */
export class Image {
  readonly root: string;
  readonly #path: string;

  /** `real` runs Moldau itself; otherwise `moldau` prints its arguments and what it would read. */
  constructor(real = false) {
    this.root = fs.mkdtempSync(join(tmpdir(), "moldau-image-"));
    scratch.push(this.root);
    const installed = spawnSync("bash", [join(project, "docker", "install.sh"), this.root]);
    assert.equal(installed.status, 0, installed.stderr.toString());
    const bin = join(this.root, "usr", "local", "bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.mkdirSync(join(this.root, "tmp"));
    const program = real ? join(project, "src/cli/bin.ts") : join(bin, "recorder.mjs");
    if (!real) fs.writeFileSync(program, RECORDER);
    const command = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
    fs.writeFileSync(join(bin, "moldau"), command, { mode: 0o755 });
    this.#path = `${bin}:${join(this.root, "opt/kafka/bin")}:/usr/bin:/bin`;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    fs.mkdirSync(dirname(this.at(path)), { recursive: true });
    fs.writeFileSync(this.at(path), text, { mode: 0o755 });
  }

  environment(variables: Variables): NodeJS.ProcessEnv {
    return { PATH: this.#path, HOME: this.root, MOLDAU_ROOT: this.root, ...variables };
  }

  /** Runs a script to its end and gives what `moldau` was called with. */
  record(script: string, variables: Variables = {}, args: readonly string[] = []): Call {
    const env = this.environment(variables);
    const ended = spawnSync(this.at(script), args, { env, encoding: "utf8" });
    assert.equal(ended.status, 0, ended.stderr);
    const line = ended.stdout.trim().split("\n").at(-1) ?? "";
    return JSON.parse(line);
  }

  /** What a script prints, errors included. */
  output(script: string, args: readonly string[]): string {
    const ended = spawnSync(this.at(script), args, { env: this.environment({}), encoding: "utf8" });
    return ended.stdout + ended.stderr;
  }

  start(script: string, variables: Variables): ChildProcess {
    const child = spawn(this.at(script), [], {
      env: this.environment(variables),
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    running.add(child);
    child.on("exit", () => running.delete(child));
    return child;
  }
}

/** Who starts such an image, how, and which line of the log makes it go on. */
export interface Starter {
  readonly name: string;
  /** What it writes into the container and runs there; the paths are below the root here. */
  readonly script: string;
  readonly ready: RegExp;
}

/** The variables that the Testcontainers modules share; the two ports after this are taken too. */
export function testcontainersVariables(port: number): Variables {
  const listeners = [`PLAINTEXT://0.0.0.0:${port}`, `BROKER://0.0.0.0:${port + 1}`];
  return {
    CLUSTER_ID: "4L6g3nShT-eMCtK--X86sw",
    KAFKA_LISTENERS: [...listeners, `CONTROLLER://0.0.0.0:${port + 2}`].join(","),
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
      "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    KAFKA_INTER_BROKER_LISTENER_NAME: "BROKER",
    KAFKA_PROCESS_ROLES: "broker,controller",
    KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
    KAFKA_NODE_ID: "1",
    KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${port + 2}`,
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "1",
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
    KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: "9223372036854775807",
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
  };
}

/** The start scripts of the Testcontainers modules. */
export function testcontainersStarters(port: number): Starter[] {
  const listeners = `PLAINTEXT://localhost:${port},BROKER://localhost:${port + 1}`;
  const advertise = `export KAFKA_ADVERTISED_LISTENERS=${listeners}`;
  const confluent = '"$MOLDAU_ROOT/etc/confluent/docker';
  const format =
    `kafka-storage format --ignore-formatted -t "$(kafka-storage random-uuid)" ` +
    `-c "$MOLDAU_ROOT/etc/kafka/kafka.properties"`;
  const running = /.*Transitioning from RECOVERY to RUNNING.*/;
  return [
    {
      name: "Testcontainers for Java, apache/kafka",
      script: `#!/bin/bash\n${advertise}\n"$MOLDAU_ROOT/etc/kafka/docker/run"\n`,
      ready: running,
    },
    {
      name: "Testcontainers for Java and Node, confluentinc/cp-kafka",
      script: `#!/bin/bash\n${advertise}\n${confluent}/run"\n`,
      ready: running,
    },
    {
      name: "Testcontainers for Python, confluentinc/cp-kafka",
      script: `#!/bin/bash
. ${confluent}/bash-config"
${advertise}
${confluent}/configure"
${confluent}/launch"
`,
      ready: /.*Kafka Server started.*|.*\[KafkaServer id=\d+\] started.*/,
    },
    {
      name: "Testcontainers for Go, confluentinc/confluent-local",
      script: `#!/bin/bash
source ${confluent}/bash-config"
${advertise}
sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' ${confluent}/configure"
echo '${format}' >> ${confluent}/configure"
echo '' > ${confluent}/ensure"
${confluent}/configure"
${confluent}/launch"
`,
      ready: running,
    },
  ];
}
