import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const ENTRY = "src/worker/service-worker.ts";
const NAME = "sw.js";
/** Not part of the application that runs. */
const LEFT_OUT = new Set([NAME, "index.html", "licenses.md"]);

/** Builds the service worker as /sw.js, and writes into it the files of this build and a name that follows from them. */
export function worker(): Plugin {
  return {
    name: "octavo-worker",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: ENTRY, fileName: NAME });
    },
    writeBundle({ dir = "" }, bundle) {
      const chunk = bundle[NAME];
      if (chunk?.type !== "chunk") return;
      if (chunk.imports.length > 0) this.error("The service worker must stand alone.");
      const files = readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
      const hash = createHash("sha256");
      for (const file of files.sort()) hash.update(file).update(readFileSync(join(dir, file)));
      const paths = files.filter((file) => !LEFT_OUT.has(file)).map((file) => `/${file}`);
      const code = chunk.code
        .replace("%BUILD%", hash.digest("hex").slice(0, 16))
        .replace(/[`"]%FILES%[`"]/, JSON.stringify(paths));
      if (code.includes("%FILES%"))
        this.error("The files of the build found no place in the service worker.");
      writeFileSync(join(dir, NAME), code);
    },
  };
}
