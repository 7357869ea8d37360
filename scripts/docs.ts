/** `npm run docs`: writes the documents that are made from declarations. */
import * as fs from "node:fs";
import { join } from "node:path";
import { formatsDocument } from "./formats-document.ts";
import { root } from "./lib.ts";
import { settingsDocument } from "./settings-document.ts";

const documents = { "docs/settings.md": settingsDocument, "docs/formats.md": formatsDocument };

for (const [path, make] of Object.entries(documents)) {
  fs.writeFileSync(join(root, path), make());
  console.log(path);
}
