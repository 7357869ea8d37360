/** The page's files. Its program is TypeScript; Node takes the types out when somebody asks for it. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/app.js": ["app.ts", "text/javascript; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function servePage(path: string, response: ServerResponse): void {
  const entry = files[path];
  if (entry === undefined) {
    response.writeHead(404).end("There is no such page.");
    return;
  }
  const [file, type] = entry;
  const text = readFileSync(new URL(`page/${file}`, import.meta.url), "utf8");
  response.writeHead(200, {
    "content-type": type,
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
  });
  response.end(file.endsWith(".ts") ? stripTypeScriptTypes(text) : text);
}
