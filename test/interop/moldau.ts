import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Broker, type BrokerOptions, waitUntilReady } from "./broker.ts";
import { Missing, root } from "./cache.ts";
import { freePort, start } from "./processes.ts";

/** The command that starts Moldau. */
export interface MoldauCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
}

/** The sources, or what `MOLDAU_BIN` names: a built or packed Moldau. */
function moldauBin(): string {
  return process.env.MOLDAU_BIN ?? join(root, "src", "cli", "bin.ts");
}

export async function prepareMoldau(options: BrokerOptions): Promise<MoldauCommand> {
  const bin = moldauBin();
  if (!existsSync(bin)) throw new Missing(`${bin} does not exist`);
  const port = options.port ?? (await freePort());
  mkdirSync(options.dataDir, { recursive: true });
  const controllerPort = options.controllerPort ?? (await freePort());
  const settings = {
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    ...options.settings,
  };
  const args = [...(options.runtimeArgs ?? []), bin, "start"];
  args.push("--port", String(port), "--data", options.dataDir);
  for (const [name, value] of Object.entries(settings)) args.push("--set", `${name}=${value}`);
  return { program: process.execPath, args, port };
}

/** Starts Moldau on the data directory. */
export async function startMoldau(options: BrokerOptions): Promise<Broker> {
  const command = await prepareMoldau(options);
  const running = start(command.program, command.args, options.logPath);
  await waitUntilReady(running, command.port, 30_000);
  return {
    product: "moldau",
    process: running,
    port: command.port,
    bootstrap: `127.0.0.1:${command.port}`,
    dataDir: options.dataDir,
    async stop() {
      const code = await running.stop("SIGTERM");
      if (code !== 0)
        throw new Error(`Moldau ended with ${code}:\n${running.output().slice(-2000)}`);
    },
    async kill() {
      await running.stop("SIGKILL");
    },
  };
}
