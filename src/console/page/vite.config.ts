import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import type { Plugin, UserConfig } from "vite";

const outDir = fileURLToPath(new URL("../../../dist/console-page", import.meta.url));
/** Below this a packet holds it anyway. */
const COMPRESSED_BYTES_MIN = 1000;

/** Each file once more as `.gz`, so that serving it costs the broker no more than reading it. */
const compressed: Plugin = {
  name: "compressed",
  closeBundle() {
    for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\.(?:js|css|html|svg)$/.test(path)) continue;
      const content = readFileSync(path);
      if (content.length < COMPRESSED_BYTES_MIN) continue;
      writeFileSync(`${path}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
    }
  },
};

const config: UserConfig = {
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [compressed],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // Nothing is fetched before it is used, and nothing is inlined that the content security policy forbids.
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
};

// oxlint-disable-next-line import/no-default-export -- Vite asks for it.
export default config;
