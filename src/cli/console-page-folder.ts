import * as fs from "node:fs";
import { fileURLToPath } from "node:url";

/** Beside the bundle of the package, and in the clone. */
const places = ["../console-page/", "../../dist/console-page/"];

/** Where the built page of the console is. */
export function consolePageFolder(): string {
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return (folders.find((folder) => fs.existsSync(`${folder}index.html`)) ?? folders[0]!).replace(
    /\/$/,
    "",
  );
}
