/**
 * Foreign HTML as content: what other programs put on the clipboard, made lines and formats of ours.
 *
 * DOMPurify parses it in a document of its own that loads and runs nothing, and takes away what does not belong; the
 * nodes that are left are only read.  Not one of them reaches the page: what is made here is a delta, each attribute
 * of which the schema has.
 */

import DOMPurify from "dompurify";
import { type Attributes, type Delta, DeltaBuilder, type Json, lengthOf, type Op } from "../../core/delta";
import type { ListKind } from "../types";
import {
  BLOCKS,
  dataRows,
  headingLevel,
  isCode,
  isIndented,
  isPageBreak,
  isQuote,
  isSkipped,
  itemKind,
  itemLevel,
  languageOfCode,
  spanOf,
  wordItem,
} from "./blocks";
import { Sheet, type Style, styleText } from "./css";
import { lineFormats, type Origin, originOf, textFormats } from "./foreign";
import { imageOf } from "./images";
import { cleanText, fitting, type Pasted, type PastedImage } from "./pasted";

/** An item of a list; only its first line bears the bullet. */
interface Item {
  readonly attributes: Attributes;
  readonly continued: Attributes;
  used: boolean;
}

/** What holds for the text in an element. */
interface Around {
  readonly text: Attributes;
  readonly line: Attributes;
  readonly item: Item | null;
  /** How deep in lists and in quotes. */
  readonly lists: number;
  readonly quotes: number;
  /** Blanks and line ends count. */
  readonly pre: boolean;
  readonly code: boolean;
  /** In a cell of a table, where everything is one line. */
  readonly cell: boolean;
}

const OUTERMOST: Around = {
  text: {},
  line: {},
  item: null,
  lists: 0,
  quotes: 0,
  pre: false,
  code: false,
  cell: false,
};

/** Reads HTML; `address` is that of this page, by which the server's own images are known. */
export function readHtml(html: string, address: string): Pasted {
  const sheet = new Sheet(styleText(html));
  const body = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ["style"],
    RETURN_DOM: true,
  });
  const reader = new Reader(sheet, originOf(html, sheet), address);
  for (const node of body.childNodes) reader.read(node, OUTERMOST);
  return reader.finish();
}

class Reader {
  readonly #sheet: Sheet;
  readonly #origin: Origin;
  readonly #address: string;
  readonly #content = new DeltaBuilder();
  readonly #images: PastedImage[] = [];
  #length = 0;
  /** The attributes of the line that is being filled; null between lines. */
  #line: Attributes | null = null;
  /** The line has text or an embed. */
  #filled = false;
  /** Blanks that stand only if text follows in the same line, and the formats of the text that they are in. */
  #blanks = 0;
  #blankText: Attributes = {};
  /** There was a line of a block, or the end of one. */
  #isInline = true;

  constructor(sheet: Sheet, origin: Origin, address: string) {
    this.#sheet = sheet;
    this.#origin = origin;
    this.#address = address;
  }

  read(node: Node, around: Around): void {
    if (node.nodeType === 3) this.#text(node.nodeValue ?? "", around);
    else if (node.nodeType === 1) this.#element(node as Element, around);
  }

  // --- elements

  #element(element: Element, around: Around): void {
    const tag = element.tagName.toLowerCase();
    const own = this.#sheet.read(element.getAttribute("style"));
    const classes = this.#sheet.ofClasses(tag, element.getAttribute("class") ?? "");
    const isBlock = BLOCKS.has(tag);
    // A program's paragraph styles tell what its own text looks like, not what somebody chose.
    const style = classes.size === 0 ? own : new Map([...(isBlock ? withoutLook(classes) : classes), ...own]);
    if (isSkipped(element, tag, style)) return;
    if (isPageBreak(tag, style, element)) this.#rule("page-break", around);
    else if (tag === "br") this.#lineBreak(around);
    else if (tag === "hr") this.#rule("divider", around);
    else if (tag === "img") this.#image(element, style, around);
    else if (isBlock) this.#block(element, tag, style, around);
    else this.#inline(element, tag, style, around);
  }

  #inline(element: Element, tag: string, style: Style, around: Around): void {
    const tabs = Number(style.get("mso-tab-count"));
    if (tabs >= 1) {
      this.#put("\t".repeat(Math.min(tabs, 20)), around);
      return;
    }
    const text = around.code
      ? around.text
      : textFormats(element, tag, style, around.text, this.#origin, false);
    this.#children(element, { ...around, text, pre: keepsBlanks(style, around.pre) });
  }

  #children(element: Element, around: Around): void {
    for (const child of element.childNodes) this.read(child, around);
  }

  #block(element: Element, tag: string, style: Style, around: Around): void {
    if (around.cell) {
      this.#blanks = Math.max(this.#blanks, 1);
      this.#inline(element, tag, style, around);
      this.#blanks = Math.max(this.#blanks, 1);
      return;
    }
    this.#endLine();
    this.#isInline = false;
    if (tag === "table") this.#table(element, style, around);
    else if (tag === "ul" || tag === "ol") this.#list(element, style, around);
    else if (tag === "li") this.#item(element, style, around);
    else if (isCode(element, tag, style)) this.#code(element, around);
    else if (around.code) this.#children(element, around);
    else this.#paragraph(element, tag, style, around);
    this.#endLine();
  }

  #paragraph(element: Element, tag: string, style: Style, around: Around): void {
    const inner = this.#inBlock(element, tag, style, around);
    const word = tag === "p" || tag === "div" ? wordItem(element, style, this.#sheet) : null;
    if (word) {
      const { indent: _, ...line } = inner.line;
      this.#children(element, { ...inner, line, item: newItem(word.kind, word.level) });
      return;
    }
    const level = headingLevel(element, tag);
    if (level) {
      if (around.item) around.item.used = true;
      const { indent: _, ...line } = inner.line;
      this.#children(element, { ...inner, line: { ...line, header: level }, item: null });
      return;
    }
    const quotes = around.quotes + (isQuote(element, tag, style) ? 1 : 0);
    this.#children(element, { ...inner, quotes });
  }

  /** What holds in a block: its text's and its lines' formats. */
  #inBlock(element: Element, tag: string, style: Style, around: Around): Around {
    const text = textFormats(element, tag, style, around.text, this.#origin, true);
    const line = lineFormats(element, style, around.line, this.#origin);
    const { indent: own, ...others } = line;
    // Margins of lists and quotes are how they are drawn.
    const isDrawn = around.lists > 0 || isQuote(element, tag, style);
    const indent = isDrawn ? null : isIndented(tag, style) ? deeper(own) : (own ?? null);
    const kept: Attributes = indent === null ? others : { ...others, indent };
    const centered = tag === "center" ? { ...kept, align: "center" } : kept;
    return { ...around, text, line: centered, pre: keepsBlanks(style, around.pre || tag === "pre") };
  }

  #code(element: Element, around: Around): void {
    if (around.item) around.item.used = true;
    const line = { "code-block": languageOfCode(element) };
    // What else is in there is made by the page: names of languages, buttons.
    const [code, ...others] = element.querySelectorAll("code");
    const isWrapped = code !== undefined && others.length === 0 && (code.textContent ?? "").includes("\n");
    this.#children(isWrapped ? code : element, {
      ...around,
      text: {},
      line,
      item: null,
      pre: true,
      code: true,
    });
  }

  // --- lists

  #list(element: Element, style: Style, around: Around): void {
    // A list right in an item that has no text: the item is only there to hold it.
    if (around.item) around.item.used = true;
    const inner = this.#inBlock(element, "ul", style, { ...around, lists: around.lists + 1 });
    this.#children(element, { ...inner, item: null });
  }

  #item(element: Element, style: Style, around: Around): void {
    const lists = Math.max(1, around.lists);
    const inner = this.#inBlock(element, "li", style, { ...around, lists });
    const item = newItem(itemKind(element), itemLevel(element, lists));
    this.#children(element, { ...inner, lists, item });
    this.#endLine();
    if (!item.used) this.#emptyLine({ ...inner, lists, item });
  }

  // --- tables: until there are any, a row is a line and tabs stand between its cells

  #table(table: Element, style: Style, around: Around): void {
    const inner = this.#inBlock(table, "table", style, around);
    const caption = Array.from(table.children).find((child) => child.tagName.toLowerCase() === "caption");
    const rows = dataRows(table);
    if (!rows) {
      this.#children(table, inner);
      return;
    }
    if (caption) this.read(caption, inner);
    for (const cells of rows) this.#row(cells, inner);
  }

  #row(cells: readonly Element[], around: Around): void {
    this.#endLine();
    this.#begin(around);
    let tabs = 0;
    for (const cell of cells) {
      if ((cell.textContent ?? "").trim() || cell.querySelector("img")) {
        if (tabs > 0) this.#put("\t".repeat(tabs), { ...around, text: {} });
        tabs = 0;
        // Blanks at the beginning of a cell do not count.
        this.#filled = false;
        const style = this.#styleOf(cell);
        const tag = cell.tagName.toLowerCase();
        const text = textFormats(cell, tag, style, around.text, this.#origin, true);
        this.#children(cell, { ...around, text, cell: true, pre: false });
        this.#blanks = 0;
      }
      tabs += spanOf(cell);
    }
    this.#endLine();
  }

  #styleOf(element: Element): Style {
    const own = this.#sheet.read(element.getAttribute("style"));
    const tag = element.tagName.toLowerCase();
    const classes = this.#sheet.ofClasses(tag, element.getAttribute("class") ?? "");
    return classes.size === 0 ? own : new Map([...classes, ...own]);
  }

  // --- text

  #text(raw: string, around: Around): void {
    const text = cleanText(raw).replace(/[\u200b\ufeff]/g, "");
    if (around.pre) this.#preformatted(text, around);
    else this.#collapsed(text, around);
  }

  #preformatted(text: string, around: Around): void {
    // Blanks between blocks, not in a line.
    if (!around.code && !this.#line && !text.trim() && text.includes("\n")) return;
    for (const [at, part] of text.split("\n").entries()) {
      if (at > 0) this.#lineBreak(around);
      if (part) this.#put(part.replace(/\u00a0/g, " "), around);
    }
  }

  #collapsed(text: string, around: Around): void {
    const run = text
      .replace(/[ \t\n\f]+/g, " ")
      .replace(/[\u00a0 ]{2,}/g, (blanks) => " ".repeat(blanks.length));
    const begin = /^[ \u00a0]*/.exec(run)?.[0].length ?? 0;
    if (begin === run.length) {
      this.#blank(run, around);
      return;
    }
    const end = run.length - (/[ \u00a0]*$/.exec(run)?.[0].length ?? 0);
    this.#blank(run.slice(0, begin), around);
    this.#put(run.slice(begin, end), around);
    this.#blank(run.slice(end), around);
  }

  /** Notes blanks; of those that may collapse there is never more than one, hard ones all count. */
  #blank(run: string, around: Around): void {
    if (!run) return;
    const hard = run === " " ? 0 : run.length;
    // A line that has only a hard blank is there to be empty.
    if (hard > 0) this.#begin(around);
    if (this.#blanks === 0) this.#blankText = around.text;
    this.#blanks = Math.max(this.#blanks + hard, 1);
  }

  #put(text: string, around: Around): void {
    this.#begin(around);
    this.#putBlanks();
    // What programs draw in front of an item that can be ticked, and we do ourselves.
    const isBoxed = !this.#filled && /checked$/.test(String(this.#line?.list));
    const shown = isBoxed ? text.replace(/^[☐☑☒]\s*/u, "") : text;
    this.#append(shown, around.text);
    this.#filled ||= shown !== "";
  }

  #putBlanks(): void {
    if (this.#blanks > 0 && this.#filled) this.#append(" ".repeat(this.#blanks), this.#blankText);
    this.#blanks = 0;
  }

  #append(text: string, attributes: Attributes): void {
    this.#content.insert(text, this.#line?.header && text !== "\n" ? inHeading(attributes) : attributes);
    this.#length += text.length;
  }

  // --- lines

  #begin(around: Around): void {
    if (this.#line) return;
    this.#line = lineOf(around);
    if (around.item) around.item.used = true;
  }

  #endLine(): void {
    if (!this.#line) return;
    const line = this.#line;
    this.#line = null;
    this.#append("\n", line);
    this.#filled = false;
    this.#blanks = 0;
  }

  #emptyLine(around: Around): void {
    this.#begin(around);
    this.#endLine();
  }

  #lineBreak(around: Around): void {
    if (around.cell) this.#blanks = Math.max(this.#blanks, 1);
    else this.#emptyLine(around);
    this.#isInline = false;
  }

  #rule(name: "divider" | "page-break", around: Around): void {
    if (around.cell) return;
    this.#endLine();
    this.#begin(OUTERMOST);
    this.#isInline = false;
    this.#content.insert({ [name]: true });
    this.#length += 1;
    this.#endLine();
  }

  // --- images

  #image(element: Element, style: Style, around: Around): void {
    if (around.code) return;
    const image = imageOf(element, style, this.#address);
    if (!image) return;
    if (typeof image === "string") {
      this.#put(image, around);
      return;
    }
    this.#begin(around);
    this.#putBlanks();
    const link: Attributes = around.text.link ? { link: around.text.link } : {};
    const attributes = fitting({ ...image.attributes, ...link }, "image");
    this.#images.push({ source: image.source, index: this.#length, attributes });
  }

  // --- the end

  finish(): Pasted {
    this.#endLine();
    const all = this.#content.build();
    if (all.isEmpty) return { content: all, tail: {}, images: this.#images };
    const [start, end] = this.#filledPart(all);
    const content = all.slice(start, end - 1);
    const newline = all.slice(end - 1, end).ops[0];
    const tail = (newline && "insert" in newline && newline.attributes) || {};
    const images = this.#images.map((image) => ({ ...image, index: image.index - start }));
    return { content, tail: this.#isInline ? {} : tail, images };
  }

  /** Where the content begins and ends without empty lines at both ends. */
  #filledPart(content: Delta): [start: number, end: number] {
    const { ops, length } = content;
    const firstImage = this.#images[0]?.index ?? length;
    const lastImage = this.#images.at(-1)?.index ?? 0;
    const blank = (op: Op | undefined, pattern: RegExp) =>
      op && "insert" in op && typeof op.insert === "string" && !op.attributes
        ? (pattern.exec(op.insert)?.[0].length ?? 0)
        : 0;
    const start = Math.min(blank(ops[0], /^\n+/), firstImage, length - 1);
    const end = ops.at(-1) as Op;
    const trailing = blank(end, /\n+$/);
    // The newline that ends the last text stays; it may stand in the op before.
    const gone =
      trailing === lengthOf(end) && ops.length > 1 && endsLine(ops.at(-2)) ? trailing : trailing - 1;
    return [start, Math.max(length - Math.max(0, gone), lastImage + 1, start + 1)];
  }
}

const endsLine = (op: Op | undefined): boolean =>
  op !== undefined && "insert" in op && typeof op.insert === "string" && op.insert.endsWith("\n");

function lineOf({ line, item, quotes, code }: Around): Attributes {
  if (code || line.header) return line;
  if (item) return { ...line, ...(item.used ? item.continued : item.attributes) };
  if (quotes === 0) return line;
  return { ...line, blockquote: true, ...(quotes > 1 ? { indent: Math.min(8, quotes - 1) } : {}) };
}

function newItem(list: ListKind, level: number): Item {
  const attributes: Attributes = level > 0 ? { list, indent: level } : { list };
  return { attributes, continued: { indent: Math.min(8, level + 1) }, used: false };
}

const deeper = (indent: Json | undefined): number => Math.min(8, Number(indent ?? 0) + 1);

function keepsBlanks(style: Style, outer: boolean): boolean {
  const value = style.get("white-space-collapse") ?? style.get("white-space");
  if (!value) return outer;
  return /^(pre|break-spaces)/i.test(value);
}

/** How headings look is the style sheet's to say. */
function inHeading(attributes: Attributes): Attributes {
  const { bold: _b, font: _f, size: _s, ...others } = attributes;
  if (!HEADING_COLORS.has(String(others.color))) return others;
  const { color: _c, ...rest } = others;
  return rest;
}

/** What Word and Google Docs give to their headings. */
const HEADING_COLORS: ReadonlySet<string> = new Set([
  ...["#434343", "#666666", "#2f5496", "#1f3763", "#365f91", "#243f60", "#4f81bd", "#345a8a"],
  ...["#2e74b5", "#1f4d78", "#0f4761", "#272727", "#595959"],
]);

const LOOK = ["font-family", "font-size", "font", "color", "line-height", "background", "background-color"];

function withoutLook(style: Style): Style {
  return new Map([...style].filter(([name]) => !LOOK.includes(name) && !name.startsWith("margin")));
}
