/** `npm run docs`: writes the documents that are made from declarations. */
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { apiDocuments } from "./api-document.ts";
import { formatsDocument } from "./formats-document.ts";
import { root } from "./lib.ts";
import { settingsDocument } from "./settings-document.ts";

const documents = new Map([
  ["docs/settings.md", settingsDocument()],
  ["docs/formats.md", formatsDocument()],
  ...apiDocuments(),
]);

fs.rmSync(join(root, "docs", "api"), { recursive: true, force: true });
for (const [path, text] of documents) {
  fs.mkdirSync(dirname(join(root, path)), { recursive: true });
  fs.writeFileSync(join(root, path), text);
  console.log(path);
}
