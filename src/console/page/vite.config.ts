import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

const config: UserConfig = {
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("../../../dist/console-page", import.meta.url)),
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
