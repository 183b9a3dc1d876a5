import { defineConfig } from "vite";
import { icons } from "./plugins/icons.ts";
import { sizes } from "./plugins/sizes.ts";
import { worker } from "./plugins/worker.ts";

/** The server whose API `npm run dev` talks to. */
const SERVER = process.env.OCTAVO_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [icons(), sizes(), worker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/octavo/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  server: {
    proxy: {
      "/api": { target: SERVER },
      "/ws": { target: SERVER, ws: true },
    },
  },
});
