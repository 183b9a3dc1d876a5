/** What an element of a foreign page says about its text and its lines, as attributes of ours. */

import type { Attributes, Json } from "../../core/delta";
import { isAllowedLink } from "../../core/links";
import { LINE_HEIGHTS, MAX_SIZE, MIN_SIZE } from "../formats";
import { color, points, type Sheet, type Style } from "./css";
import { fontOf } from "./pasted";

/** What a program gives to text that nobody formatted; such values are not taken along. */
export interface Origin {
  readonly font: string | null;
  readonly size: number | null;
  /** Line spacing is stated times this. */
  readonly lineHeightUnit: number;
  readonly lineHeight: number | null;
}

const GOOGLE: Origin = { font: "Arial", size: 11, lineHeightUnit: 1.2, lineHeight: 1.15 };
const SHEETS: Origin = { font: "Arial", size: 10, lineHeightUnit: 1, lineHeight: null };
const LIBRE: Origin = { font: "Times New Roman", size: 12, lineHeightUnit: 1, lineHeight: 1.15 };
const WORD: Origin = { font: null, size: null, lineHeightUnit: 1, lineHeight: 1.15 };
const OTHERS: Origin = { font: null, size: null, lineHeightUnit: 1, lineHeight: null };

/** Which program wrote the HTML, and what its unformatted text looks like. */
export function originOf(html: string, sheet: Sheet): Origin {
  // Programs name themselves at the beginning.
  const head = html.slice(0, 4000);
  if (head.includes("docs-internal-guid")) return GOOGLE;
  if (head.includes("google-sheets-html-origin")) return SHEETS;
  if (/generator"?[^>]*LibreOffice|LibreOffice[^>]*generator/i.test(head)) return LIBRE;
  const normal = new Map([...sheet.ofClasses("p", "MsoNormal"), ...sheet.ofTag("td")]);
  const isOffice = /urn:schemas-microsoft-com|class="?Mso|mso-|\bSCXW/i.test(head) || normal.size > 0;
  if (!isOffice) return OTHERS;
  const usual = head.includes("Aptos") ? 12 : 11;
  return {
    ...WORD,
    font: fontOf(normal.get("font-family") ?? ""),
    size: sizeOf(normal.get("font-size")) ?? usual,
  };
}

function sizeOf(value: string | undefined): number | null {
  const size = Math.round(points(value) ?? 0);
  return size >= MIN_SIZE && size <= MAX_SIZE ? size : null;
}

/** A browser writes all that it worked out into what it copies; none of it was somebody's wish. */
const isWorkedOut = (style: Style) =>
  style.has("-webkit-text-stroke-width") || (style.has("orphans") && style.has("widows"));

const TAGS: Record<string, Attributes> = {
  b: { bold: true },
  strong: { bold: true },
  th: { bold: true },
  i: { italic: true },
  em: { italic: true },
  cite: { italic: true },
  dfn: { italic: true },
  var: { italic: true },
  u: { underline: true },
  ins: { underline: true },
  s: { strike: true },
  strike: { strike: true },
  del: { strike: true },
  sub: { script: "sub" },
  sup: { script: "super" },
  code: { code: true },
  kbd: { code: true },
  samp: { code: true },
  tt: { code: true },
  mark: { background: "#ffff00" },
};

/** Sizes of `<font size>`, in points; 3 is the usual one. */
const FONT_SIZES = [null, 8, 10, null, 14, 18, 24, 36];

const LINK_COLORS: ReadonlySet<string> = new Set([
  ...["#0000ee", "#0000ff", "#000080", "#0563c1", "#0b57d0", "#1155cc", "#1a0dab", "#3366cc"],
  ...["#467886", "#551a8b", "#954f72", "#96607d", "#660099", "#0645ad", "#0366d6", "#0969da"],
]);

/** The formats of an element's text, upon those of what it stands in. */
export function textFormats(
  element: Element,
  tag: string,
  style: Style,
  outer: Attributes,
  origin: Origin,
  isBlock: boolean,
): Attributes {
  const own: Record<string, Json> = {
    ...outer,
    ...(isGoogleWrapper(tag, style) || !Object.hasOwn(TAGS, tag) ? {} : TAGS[tag]),
  };
  if (tag === "a") setOrDrop(own, "link", linkOf(element.getAttribute("href") ?? ""));
  if (tag === "font") setFont(own, element, origin);
  if (style.size > 0) {
    setShape(own, style);
    if (!isWorkedOut(style)) setLook(own, style, origin, isBlock);
  }
  if (own.link) {
    delete own.underline;
    if (LINK_COLORS.has(String(own.color)) || tag === "a") delete own.color;
  }
  if (own.code) for (const name of ["font", "size", "color", "background"]) delete own[name];
  if (own.script) delete own.size;
  return own as Attributes;
}

/** Google Docs puts everything that it copies into a <b> that is not bold. */
const isGoogleWrapper = (tag: string, style: Style) => tag === "b" && style.get("font-weight") === "normal";

/** Bold, italic and lines through or under the text. */
function setShape(own: Record<string, Json>, style: Style): void {
  const weight = style.get("font-weight");
  if (weight)
    setFlag(own, "bold", /^(bold(er)?|[6-9]00)$/i.test(weight), /^(normal|lighter|[1-5]00)$/i.test(weight));
  const slant = style.get("font-style");
  if (slant) setFlag(own, "italic", /^(italic|oblique)/i.test(slant), /^normal$/i.test(slant));
  const lines = style.get("text-decoration-line") ?? style.get("text-decoration");
  if (lines) {
    setFlag(own, "underline", /underline/i.test(lines), /^none/i.test(lines));
    setFlag(own, "strike", /line-through/i.test(lines), /^none/i.test(lines));
  }
  const script = /^(sub|super)$/i.exec(style.get("vertical-align") ?? "")?.[1];
  if (script) own.script = script.toLowerCase();
}

function setFlag(own: Record<string, Json>, name: string, on: boolean, off: boolean): void {
  if (on) own[name] = true;
  else if (off) delete own[name];
}

/** Colours, font and size. */
function setLook(own: Record<string, Json>, style: Style, origin: Origin, isBlock: boolean): void {
  if (style.has("color")) setOrDrop(own, "color", unlessInk(color(style.get("color"))));
  const ground = style.get("mso-highlight") ?? style.get("background-color") ?? style.get("background");
  // The colour of a box is not that of a marker pen.
  if (ground && !isBlock) setOrDrop(own, "background", unlessPaper(color(ground.split(/\s+(?![^(]*\))/)[0])));
  if (style.has("font-family"))
    setOrDrop(own, "font", differing(fontOf(style.get("font-family") as string), origin.font));
  if (points(style.get("font-size")) !== null) {
    setOrDrop(own, "size", differing(sizeOf(style.get("font-size")), origin.size));
  }
}

/** Almost black, which is how text looks anyway, and almost white, how paper does: nobody chose them. */
const unlessInk = (value: string | null) =>
  value && channels(value).every((part) => part < 0x34) ? null : value;
const unlessPaper = (value: string | null) =>
  value && channels(value).every((part) => part > 0xf5) ? null : value;
const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
const differing = <Value>(value: Value | null, usual: Value | null) => (value === usual ? null : value);

function setOrDrop(own: Record<string, Json>, name: string, value: Json): void {
  if (value === null) delete own[name];
  else own[name] = value;
}

function setFont(own: Record<string, Json>, element: Element, origin: Origin): void {
  const face = element.getAttribute("face");
  if (face) setOrDrop(own, "font", differing(fontOf(face), origin.font));
  const size = FONT_SIZES[Number(element.getAttribute("size"))] ?? null;
  if (size) setOrDrop(own, "size", differing(size, origin.size));
  const given = element.getAttribute("color");
  if (given) setOrDrop(own, "color", unlessInk(color(given)));
}

/** An address as the schema takes it, blanks and the like escaped; null for one that it refuses. */
export function linkOf(href: string): string | null {
  const given = href.trim();
  // A place within the page that it was copied from.
  if (given.startsWith("#")) return null;
  if (isAllowedLink(given)) return given;
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    return null;
  }
  const escaped = url.href.replace(/["<>\\^`{|}]/g, (character) => encodeURIComponent(character));
  return isAllowedLink(escaped) ? escaped : null;
}

const ALIGNMENTS: ReadonlySet<string> = new Set(["center", "right", "justify"]);
/** One step of indentation in points, as word processors have it. */
const INDENT_POINTS = 36;

/** The formats of the lines of a block, upon those of what it stands in. */
export function lineFormats(element: Element, style: Style, outer: Attributes, origin: Origin): Attributes {
  const own: Record<string, Json> = { ...outer };
  const align = (style.get("text-align") ?? element.getAttribute("align"))?.toLowerCase();
  if (align) setOrDrop(own, "align", ALIGNMENTS.has(align) ? align : null);
  const direction = (element.getAttribute("dir") ?? style.get("direction"))?.toLowerCase();
  if (direction === "rtl") own.direction = "rtl";
  else if (direction === "ltr") delete own.direction;
  const height = style.get("line-height");
  if (height && !isWorkedOut(style)) setOrDrop(own, "line-height", spacing(height, origin));
  const margin = points(style.get(direction === "rtl" ? "margin-right" : "margin-left"));
  if (margin !== null) setOrDrop(own, "indent", steps(margin));
  return own as Attributes;
}

function steps(margin: number): number | null {
  const level = Math.min(8, Math.round(margin / INDENT_POINTS));
  return level >= 1 ? level : null;
}

/** The nearest spacing of the schema, if it is near. */
function spacing(value: string, origin: Origin): number | null {
  const match = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(value);
  if (!match) return null;
  const times = Number(match[1]) / (match[2] ? 100 : 1) / origin.lineHeightUnit;
  const near = LINE_HEIGHTS.find((height) => Math.abs(height - times) <= 0.05) ?? null;
  return near === origin.lineHeight ? null : near;
}
