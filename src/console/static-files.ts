import type { Hono } from "hono";
import type { Disk } from "../platform/disk.ts";
import { DiskError } from "../platform/disk.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
};
/** Names of built files hold a hash of their content: they never change. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** The files of the page, and nothing beside them; compressed where the build did so and the browser takes it. */
export function serveFiles(app: Hono, disk: Disk, folder: string): void {
  app.get("*", (context) => {
    const { path } = context.req;
    const name = path === "/" ? "index.html" : path.slice(1);
    // Two levels of plain names are all that a build makes; anything else is no file of ours.
    if (!/^(?:assets\/)?[\w.-]+\.\w+$/.test(name) || name.includes("..")) {
      return context.notFound();
    }
    const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
    const compressed = takesGzip ? read(disk, `${folder}/${name}.gz`) : undefined;
    const content = compressed ?? read(disk, `${folder}/${name}`);
    if (content === undefined) return context.notFound();
    const type = types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return context.body(new Uint8Array(content), 200, {
      "content-type": type,
      "cache-control": name.startsWith("assets/") ? FOR_EVER : "no-cache",
      vary: "accept-encoding",
      ...(compressed === undefined ? {} : { "content-encoding": "gzip" }),
    });
  });
}

/** `undefined` where there is no such file. */
function read(disk: Disk, path: string): Buffer | undefined {
  try {
    return disk.readFile(path);
  } catch (thrown) {
    if (thrown instanceof DiskError && thrown.kind === "not-found") return undefined;
    throw thrown;
  }
}
