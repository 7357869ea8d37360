#!/usr/bin/env node
// Only what any Node understands stands here: too old a one must still get to say so.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  const system = process.platform === "win32" ? "win" : process.platform;
  console.error(
    `moldau needs Node 22.15 or newer, and this is ${process.versions.node}; run it with: ` +
      `npx -y -p node-${system}-${process.arch}@24 -p moldau moldau ${process.argv.slice(2).join(" ")}`,
  );
  process.exit(1);
}
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { main } = await import("./main.ts");
// A reader that goes away (such as head) is no failure; what is left to say is not worth saying.
process.stdout.on("error", (error) => {
  if ("code" in error && error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await main(process, process.argv.slice(2));
