import { gzipSync } from "node:zlib";
import type { OutputBundle, Plugin } from "rolldown";

const SHELL_LIMIT_KB = 20;
const EDITOR_LIMIT_KB = 130;

/** Names of the chunk and of everything that it loads statically, styles included. */
function withImports(bundle: OutputBundle, name: string, seen = new Set<string>()): Set<string> {
  const chunk = bundle[name];
  if (seen.has(name) || !chunk) return seen;
  seen.add(name);
  if (chunk.type !== "chunk") return seen;
  const styles = (chunk as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? [];
  for (const next of [...chunk.imports, ...styles]) withImports(bundle, next, seen);
  return seen;
}

function kilobytes(bundle: OutputBundle, names: Iterable<string>): number {
  let bytes = 0;
  for (const name of names) {
    const part = bundle[name];
    if (part) bytes += gzipSync(part.type === "chunk" ? part.code : part.source).length;
  }
  return bytes / 1000;
}

/** Prints what a first visit and what the editor load, gzipped, and fails the build past the limits. */
export function sizes(): Plugin {
  return {
    name: "octavo-sizes",
    writeBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
      const shell = chunks.find((chunk) => chunk.isEntry && chunk.name === "index");
      const editor = chunks.find((chunk) => chunk.facadeModuleId?.endsWith("/pages/editor/page.tsx"));
      if (!shell) return;
      const first = withImports(bundle, shell.fileName);
      const shellSize = kilobytes(bundle, first);
      this.info(`shell ${shellSize.toFixed(1)} kB gzipped (limit ${SHELL_LIMIT_KB})`);
      if (shellSize > SHELL_LIMIT_KB) this.error("The shell is past its size limit.");
      if (!editor) return;
      const editorSize = kilobytes(bundle, withImports(bundle, editor.fileName, first));
      this.info(
        `editor route, shell included, ${editorSize.toFixed(1)} kB gzipped (limit ${EDITOR_LIMIT_KB})`,
      );
      if (editorSize > EDITOR_LIMIT_KB) this.error("The editor route is past its size limit.");
    },
  };
}
