/** Which values formats may have: the server's schema, for menus and for checking before anything is sent. */

import type { Json } from "../core/delta";
import { isAllowedLink } from "../core/links";
import type { FormatName, LineHeight } from "./types";

const SANS = "system-ui, sans-serif";
const SERIF = "serif";
const MONO = "ui-monospace, monospace";

/** The fonts of the schema and what stands in where one is not installed: nothing is fetched for them. */
const STACKS: Record<string, string> = {
  Arial: `"Liberation Sans", Helvetica, ${SANS}`,
  Calibri: `Carlito, ${SANS}`,
  Cambria: `Caladea, ${SERIF}`,
  "Comic Sans MS": `"Comic Neue", cursive`,
  "Courier New": `"Liberation Mono", Courier, ${MONO}`,
  Garamond: `"EB Garamond", ${SERIF}`,
  Georgia: `Gelasio, ${SERIF}`,
  Helvetica: `Arial, "Liberation Sans", ${SANS}`,
  Impact: `Anton, ${SANS}`,
  Inter: SANS,
  Lato: SANS,
  Merriweather: `Georgia, ${SERIF}`,
  Montserrat: SANS,
  "Open Sans": SANS,
  Roboto: SANS,
  "Roboto Mono": MONO,
  "Source Code Pro": MONO,
  Tahoma: `Verdana, ${SANS}`,
  "Times New Roman": `"Liberation Serif", Times, ${SERIF}`,
  "Trebuchet MS": SANS,
  Verdana: `"DejaVu Sans", ${SANS}`,
};

export const FONTS: readonly string[] = Object.keys(STACKS);

/** A `font-family`; a font that a newer server knows is asked for by its name alone. */
export const fontStack = (name: string): string =>
  STACKS[name] ? `"${name}", ${STACKS[name]}` : `"${name}"`;

export const LINE_HEIGHTS: readonly LineHeight[] = [1, 1.15, 1.5, 2, 2.5, 3];

export const MIN_SIZE = 6;
export const MAX_SIZE = 96;
/** What a menu of sizes offers, in points. */
export const SIZES: readonly number[] = [8, 9, 10, 11, 12, 14, 18, 24, 30, 36, 48, 60, 72, 96];
/** The size of text without one, in points: paragraph, then headings 1 … 6. */
export const DEFAULT_SIZES: readonly number[] = [14, 25, 19, 16, 14, 12, 12];

/** Languages that a code block's menu offers; any name of letters, digits and `+#._-` may stand there. */
export const LANGUAGES: readonly string[] = [
  ...["bash", "c", "cpp", "csharp", "css", "diff", "dockerfile", "go", "graphql", "html", "ini", "java"],
  ...["javascript", "json", "kotlin", "latex", "lua", "makefile", "markdown", "perl", "php", "python", "r"],
  ...["ruby", "rust", "scala", "sql", "swift", "toml", "typescript", "xml", "yaml"],
];
const SHORT: Record<string, string> = {
  "c++": "cpp",
  "c#": "csharp",
  cs: "csharp",
  htm: "html",
  js: "javascript",
  jsx: "javascript",
  kt: "kotlin",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  tex: "latex",
  ts: "typescript",
  tsx: "typescript",
  yml: "yaml",
  zsh: "bash",
};

/** The language that a name or its short form means; null for one that is not in the list. */
export function languageOf(name: string): string | null {
  const lower = name.toLowerCase();
  const language = SHORT[lower] ?? lower;
  return LANGUAGES.includes(language) ? language : null;
}

const COLOR = /^#[0-9a-f]{6}$/i;
const LANGUAGE = /^[A-Za-z0-9+#._-]{1,32}$/;
const whole = (low: number, high: number) => (value: Json) =>
  Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
const oneOf = (values: readonly Json[]) => (value: Json) => values.includes(value);
const matching = (pattern: RegExp) => (value: Json) => typeof value === "string" && pattern.test(value);

const ALLOWED: Record<FormatName, (value: Json) => boolean> = {
  font: oneOf(FONTS),
  size: whole(MIN_SIZE, MAX_SIZE),
  color: matching(COLOR),
  background: matching(COLOR),
  script: oneOf(["sub", "super"]),
  link: (value) => typeof value === "string" && isAllowedLink(value),
  header: whole(1, 6),
  list: oneOf(["bullet", "ordered", "checked", "unchecked"]),
  indent: whole(1, 8),
  align: oneOf(["center", "right", "justify"]),
  direction: oneOf(["rtl"]),
  "line-height": oneOf(LINE_HEIGHTS),
  "code-block": (value) => value === true || matching(LANGUAGE)(value),
};

export const isAllowed = (name: FormatName, value: Json): boolean => ALLOWED[name](value);

export const LINE_FORMATS: ReadonlySet<string> = new Set([
  "header",
  "list",
  "indent",
  "align",
  "direction",
  "line-height",
  "blockquote",
  "code-block",
]);

const isImageText = (value: unknown) => value === null || (typeof value === "string" && value.length <= 1000);

/** Attributes of an image as the schema takes them. */
export function isAllowedImage({ alt = null, caption = null, width = null }: ImageFormat): boolean {
  return isImageText(alt) && isImageText(caption) && (width === null || whole(8, 4096)(width));
}

interface ImageFormat {
  alt?: string | null;
  caption?: string | null;
  width?: number | null;
}
