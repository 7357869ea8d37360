import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine, or `undefined` where there is none: then tests in it are skipped by name. */
export const browserPath = process.env["CHROMIUM"] ?? places.find((path) => existsSync(path));
export const withoutBrowser = browserPath === undefined ? "there is no Chromium here" : false;

/** Starts the browser without a window; nothing it does goes beyond this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(browserPath === undefined ? {} : { executablePath: browserPath }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
