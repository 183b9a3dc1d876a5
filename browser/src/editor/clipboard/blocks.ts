/** Lists, headings and tables as other programs write them. */

import { languageOf } from "../formats";
import type { ListKind } from "../types";
import type { Sheet, Style } from "./css";

export const BLOCKS: ReadonlySet<string> = new Set([
  ...["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog"],
  ...["div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"],
  ...["h6", "header", "hgroup", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table"],
  ...["tbody", "td", "tfoot", "th", "thead", "tr", "ul"],
]);

/** What is on a page for the page's own sake. */
const SKIPPED: ReadonlySet<string> = new Set([
  ...["base", "button", "col", "colgroup", "datalist", "head", "input", "link", "map", "meta", "option"],
  ...["progress", "meter", "rp", "select", "textarea", "title"],
]);
const SKIPPED_CLASSES = /(^|\s)(mw-editsection|MsoCommentReference|mw-cite-backlink)(\s|$)/;

export function isSkipped(element: Element, tag: string, style: Style): boolean {
  return (
    SKIPPED.has(tag) ||
    style.get("display") === "none" ||
    style.get("mso-hide") === "all" ||
    style.get("visibility") === "hidden" ||
    element.hasAttribute("hidden") ||
    /^(comment-list|comment)$/.test(style.get("mso-element") ?? "") ||
    /ignore/i.test(style.get("mso-list") ?? "") ||
    SKIPPED_CLASSES.test(element.getAttribute("class") ?? "") ||
    (tag === "figcaption" && element.closest("figure")?.querySelector("img") != null) ||
    element.getAttribute("class") === "Apple-interchange-newline"
  );
}

export function headingLevel(element: Element, tag: string): number | null {
  const digit = /^h([1-6])$/.exec(tag)?.[1];
  if (digit) return Number(digit);
  const classes = element.getAttribute("class") ?? "";
  if (/(^|\s)(MsoTitle|title)(\s|$)/.test(classes) && tag === "p") return 1;
  if (/(^|\s)(MsoSubtitle|subtitle)(\s|$)/.test(classes) && tag === "p") return 2;
  if (element.getAttribute("role") !== "heading") return null;
  const level = Number(element.getAttribute("aria-level") ?? 2);
  return level >= 1 && level <= 6 ? Math.trunc(level) : 6;
}

/** A quote that has no border is how mail programs indent. */
export const isQuote = (element: Element, tag: string, style: Style): boolean =>
  (tag === "blockquote" && !hasNoBorder(style)) ||
  /(^|\s)Mso(Intense)?Quote(CxSp\w+)?(\s|$)/.test(element.getAttribute("class") ?? "");

export const isIndented = (tag: string, style: Style): boolean =>
  tag === "dd" || (tag === "blockquote" && hasNoBorder(style));

const hasNoBorder = (style: Style) => /^(none|0|medium none)/i.test(style.get("border") ?? "");

const MONOSPACED = /\b(mono(space)?|consolas|menlo|monaco|courier)\b/i;

/** Whether a block is code, as `<pre>` or as editors of code write it. */
export function isCode(element: Element, tag: string, style: Style): boolean {
  // Thunderbird writes the plain text that a mail answers to as <pre>.
  if (tag === "pre") return !/(^|\s)moz-quote-pre(\s|$)/.test(element.getAttribute("class") ?? "");
  return (
    tag === "div" &&
    /^pre/i.test(style.get("white-space") ?? "") &&
    MONOSPACED.test(style.get("font-family") ?? "")
  );
}

/** The language that a block of code names, or true. */
export function languageOfCode(element: Element): string | true {
  const within = element.querySelector("code[class]");
  const around = element.parentElement;
  for (const bearer of [element, within, around]) {
    const classes = bearer?.getAttribute("class") ?? "";
    const name = /(?:^|\s)(?:lang(?:uage)?-|highlight-source-|highlight-|brush:\s*)([\w+#.-]+)/.exec(
      classes,
    )?.[1];
    const language = languageOf(name ?? "") ?? languageOf(bearer?.getAttribute("data-lang") ?? "");
    if (language) return language;
  }
  return true;
}

export interface WordItem {
  kind: ListKind;
  /** 0 … 8 */
  level: number;
}

const ORDERED = /^[([]?(\d+(\.\d+)*[.)\]]?|[a-z]{1,5}[.)\]]|\d+(\.\d+)+)$/i;
const TICKED = /^[☑☒✓✔]/;
const BOX = /^[☐□]/;

/** A paragraph that Word means as an item of a list: it says so in a style of its own, and writes the bullet out. */
export function wordItem(element: Element, style: Style, sheet: Sheet): WordItem | null {
  const list = /\blevel(\d+)\b/i.exec(style.get("mso-list") ?? "");
  if (!list) return null;
  const level = Math.min(8, Math.max(0, Number(list[1]) - 1));
  for (const span of element.querySelectorAll("span[style]")) {
    if (!/ignore/i.test(sheet.read(span.getAttribute("style")).get("mso-list") ?? "")) continue;
    const marker = (span.textContent ?? "").replace(/[\s\u00a0]+/g, "");
    if (TICKED.test(marker)) return { kind: "checked", level };
    if (BOX.test(marker)) return { kind: "unchecked", level };
    return { kind: ORDERED.test(marker) ? "ordered" : "bullet", level };
  }
  return { kind: "bullet", level };
}

/** The kind of an item of a real list. */
export function itemKind(item: Element): ListKind {
  const box = item.querySelector("input[type=checkbox]");
  if (box && box.closest("li") === item) return box.hasAttribute("checked") ? "checked" : "unchecked";
  if (item.getAttribute("role") === "checkbox") {
    return item.getAttribute("aria-checked") === "true" ? "checked" : "unchecked";
  }
  return item.closest("ol, ul")?.tagName.toLowerCase() === "ol" ? "ordered" : "bullet";
}

/** How deep an item lies, 0 … 8: as it says itself, else as it is nested. */
export function itemLevel(item: Element, depth: number): number {
  const said = Number(item.getAttribute("aria-level") ?? item.getAttribute("data-aria-level"));
  return Math.min(8, Math.max(0, (Number.isInteger(said) && said > 0 ? said : depth) - 1));
}

const STRUCTURE = "table, ul, ol, pre, blockquote, hr, h1, h2, h3, h4, h5, h6, figure";

/** Rows of cells that can stand as lines with tabs; null for a table that only arranges other things. */
export function dataRows(table: Element): Element[][] | null {
  const rows: Element[][] = [];
  for (const row of table.querySelectorAll("tr")) {
    if (row.closest("table") !== table) continue;
    rows.push(Array.from(row.children).filter((cell) => /^t[dh]$/i.test(cell.tagName)));
  }
  const wide = rows.some((cells) => cells.length > 1);
  return wide && !rows.flat().some(isArranged) ? rows : null;
}

function isArranged(cell: Element): boolean {
  return cell.querySelector(STRUCTURE) !== null || cell.querySelectorAll("p, div").length > 3;
}

const MAX_SPAN = 50;

export const spanOf = (cell: Element): number =>
  Math.min(MAX_SPAN, Math.max(1, Math.trunc(Number(cell.getAttribute("colspan"))) || 1));

/** Whether an element stands for the end of a page. */
export function isPageBreak(tag: string, style: Style, element: Element): boolean {
  if (tag !== "br" && tag !== "hr" && !(tag === "div" && !element.textContent?.trim())) return false;
  return ["page-break-before", "page-break-after", "break-before", "break-after"].some((name) =>
    /^(always|page)$/i.test(style.get(name) ?? ""),
  );
}
