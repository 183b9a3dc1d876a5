/** What a paste or drop brings, whatever it came from: fit for the schema, not yet at its place. */

import { type Attributes, type Delta, DeltaBuilder, type Embed, type Json } from "../../core/delta";
import { FONTS, isAllowed, LINE_FORMATS } from "../formats";
import type { FormatName } from "../types";

/** An image to be taken in: bytes, an address for the server to fetch, or one that the server has. */
export type ImageSource = { file: File } | { url: string } | { imageId: string };

export interface PastedImage {
  source: ImageSource;
  /** Where it belongs: an index, in the pasted content at first, in the document once that was put in. */
  index: number;
  /** `alt`, `caption`, `width`, `link`: fit for the schema. */
  attributes: Attributes;
}

export interface Pasted {
  /** Inserts only. */
  content: Delta;
  /** The attributes of the line that the content leaves open; null when it ends with the end of a line. */
  tail: Attributes | null;
  images: readonly PastedImage[];
}

const IMAGE = /^\/api\/v1\/images\/([\w-]{1,64})$/;
const SUGGESTION = /^[\w~-]{1,64}\.[\w~-]{22,64}$/;
const FLAGS: ReadonlySet<string> = new Set(["bold", "italic", "underline", "strike", "code"]);
const VALUES: ReadonlySet<string> = new Set(["script", "link", "color", "background", "font", "size"]);
const MAX_TEXT = 1000;

const LINE_ENDS = /\r\n?|[\u2028\u2029]/g;
/** Controls but for tab and newline, and halves of surrogate pairs. */
const NOT_TEXT = /(?![\t\n])\p{Cc}|\p{Cs}/gu;

/** Text that a document may hold; every end of a line is "\n". */
export const cleanText = (text: string): string => text.replace(LINE_ENDS, "\n").replace(NOT_TEXT, "");

/** The id of one of the server's images, from the path that an embed has. */
export const imageIdOf = (path: unknown): string | null =>
  (typeof path === "string" && IMAGE.exec(path)?.[1]) || null;

type Place = "text" | "line" | "image" | "embed";

/** The attributes of `given` that the schema takes at a place. */
export function fitting(given: unknown, place: Place, suggestions = false): Attributes {
  const fits: Record<string, Json> = {};
  if (typeof given !== "object" || given === null || Array.isArray(given)) return fits;
  for (const [name, value] of Object.entries(given as Record<string, Json>)) {
    if (isSuggestion(name, value) ? suggestions : isFitting(name, value, place)) fits[name] = value;
  }
  return fits;
}

function isFitting(name: string, value: Json, place: Place): boolean {
  if (FLAGS.has(name) || (place === "line" && name === "blockquote")) return value === true;
  if (VALUES.has(name) || (place === "line" && LINE_FORMATS.has(name)))
    return isAllowed(name as FormatName, value);
  if (place !== "image") return false;
  if (name === "alt" || name === "caption") return typeof value === "string" && value.length <= MAX_TEXT;
  return name === "width" && typeof value === "number" && value >= 8 && value <= 4096;
}

function isSuggestion(name: string, value: Json): boolean {
  if (name === "suggest-insert") return typeof value === "string" && SUGGESTION.test(value);
  const [family, id] = name.split(":", 2) as [string, string?];
  if (!id || !SUGGESTION.test(id)) return false;
  if (family === "suggest-delete") return value === true;
  return family === "suggest-format" && isFormat(value);
}

/** What a suggestion would set: names and values of formats, null for those that it takes away. */
function isFormat(value: Json): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const known = (name: string) => FLAGS.has(name) || VALUES.has(name) || LINE_FORMATS.has(name);
  return (
    entries.length > 0 &&
    entries.every(([name, inner]) => known(name) && (inner === null || isFitting(name, inner, "line")))
  );
}

/** An `alt` or `caption` as long as the schema takes it. */
export function imageText(text: string): string {
  const line = cleanText(text).replace(/\s+/g, " ").trim();
  // Not through the middle of a surrogate pair.
  return line.length <= MAX_TEXT ? line : line.slice(0, MAX_TEXT).replace(/\p{Cs}$/u, "");
}

/** Text without formats; each of its lines is left to what stands around it. */
export function plain(text: string): Pasted {
  const content = new DeltaBuilder().insert(cleanText(text)).build();
  return { content, tail: {}, images: [] };
}

/** The first font of a `font-family` that the schema has, or the one that looks like it. */
export function fontOf(family: string): string | null {
  for (const part of family.split(",")) {
    const name = part
      .trim()
      .replace(/^["']|["']$/g, "")
      .toLowerCase();
    const font = FONTS.find((known) => known.toLowerCase() === name) ?? ALIKE.get(name);
    if (font) return font;
  }
  return null;
}

const ALIKE: ReadonlyMap<string, string> = new Map([
  ["liberation sans", "Arial"],
  ["liberation serif", "Times New Roman"],
  ["liberation mono", "Courier New"],
  ["calibri light", "Calibri"],
  ["carlito", "Calibri"],
  ["caladea", "Cambria"],
  ["times", "Times New Roman"],
  ["courier", "Courier New"],
  ["consolas", "Courier New"],
  ["menlo", "Courier New"],
  ["monaco", "Courier New"],
  ["helvetica neue", "Helvetica"],
  ["monospace", "Courier New"],
]);

/** Embeds that a paste may bring, images apart. */
export const isRule = (embed: Embed): boolean => {
  const [name, ...others] = Object.keys(embed);
  return (
    others.length === 0 && (name === "divider" || name === "page-break") && embed[name as string] === true
  );
};
