import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const PREFIX = "lucide:";
const require = createRequire(import.meta.url);

/**
 * Lets code say `import bold from "lucide:bold"` and get the inside of that SVG as a string.
 * Only the shapes are kept: size, stroke and accessible name belong to the `Icon` component.
 */
export function icons(): Plugin {
  return {
    name: "octavo-icons",
    enforce: "pre",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const name = id.slice(PREFIX.length + 1);
      const svg = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), "utf8");
      const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
      return `export default ${JSON.stringify(shapes.replace(/\s+/g, " ").trim())};`;
    },
  };
}
