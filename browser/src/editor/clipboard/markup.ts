/** Lines as HTML for other programs: real lists, headings, quotes, and styles that stand on the elements themselves. */

import type { Attributes, Insert } from "../../core/delta";
import { isAllowedLink } from "../../core/links";
import { fontStack } from "../formats";
import { imageIdOf } from "./pasted";

/** One step of indentation in points, as word processors have it. */
const INDENT_POINTS = 36;
const MONO = "font-family:'Courier New',monospace";

/** One line of what is copied: its runs and attributes. */
export interface CopiedLine {
  runs: readonly Insert[];
  attributes: Attributes;
}

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[sign]};`);

type Kind = "code" | "heading" | "list" | "quote" | "text" | "rule";

function kindOf({ attributes, runs }: CopiedLine): Kind {
  if (attributes["code-block"]) return "code";
  if (runs.length === 1 && isRule(runs[0])) return "rule";
  if (attributes.header) return "heading";
  if (attributes.list) return "list";
  return attributes.blockquote ? "quote" : "text";
}

const isRule = (run: Insert | undefined): boolean =>
  typeof run?.insert === "object" && (run.insert.divider === true || run.insert["page-break"] === true);

export class LineWriter {
  readonly #address: string;
  #html: string[] = [];
  /** Tags of the lists that are open, the outermost first; each has an open item. */
  #lists: string[] = [];
  /** The tag that lines of the same kind share, and what tells it from the next. */
  #group: { key: string; close: string } | null = null;

  constructor(address: string) {
    this.#address = address;
  }

  /** The text of one line, without the line. */
  inline({ runs }: CopiedLine): string {
    return runs.map((run) => this.#run(run)).join("");
  }

  blocks(lines: readonly CopiedLine[]): string {
    this.#html = [];
    for (const line of lines) this.#line(line);
    this.#closeLists(0);
    this.#closeGroup();
    return this.#html.join("");
  }

  #line(line: CopiedLine): void {
    const kind = kindOf(line);
    const { attributes, runs } = line;
    if (kind !== "list") this.#closeLists(0);
    if (kind !== "code" && kind !== "quote") this.#closeGroup();
    if (kind === "code") this.#code(line);
    else if (kind === "rule") this.#html.push(ruleOf(runs[0] as Insert));
    else if (kind === "list") this.#item(line);
    else {
      if (kind === "quote") this.#quote(attributes);
      const tag = kind === "heading" ? `h${attributes.header}` : "p";
      const indent = kind === "quote" ? undefined : attributes.indent;
      const margin = kind === "heading" ? "" : "margin-top:0;margin-bottom:0";
      const style = styleOf({ ...attributes, ...(indent === undefined ? { indent: 0 } : {}) }, margin);
      this.#html.push(`<${tag}${style}>${this.inline(line) || "<br>"}</${tag}>`);
    }
  }

  // --- lists

  #item(line: CopiedLine): void {
    const { attributes } = line;
    const level = Math.min(8, Number(attributes.indent ?? 0) || 0);
    const kind = String(attributes.list);
    const tag = kind === "ordered" ? "ol" : kind === "bullet" ? "ul" : "ul class=checklist";
    this.#closeLists(level + 1);
    if (this.#lists.length === level + 1 && this.#lists[level] !== tag) this.#closeLists(level);
    if (this.#lists.length === level + 1) this.#html.push("</li>");
    while (this.#lists.length < level + 1) {
      const isLast = this.#lists.length === level;
      const opened = isLast ? tag : "ul";
      this.#html.push(opened.startsWith("ul class") ? '<ul style="list-style-type:none">' : `<${opened}>`);
      if (!isLast) this.#html.push('<li style="list-style-type:none">');
      this.#lists.push(opened);
    }
    const isCheck = tag.startsWith("ul class");
    const box = isCheck ? ` role="checkbox" aria-checked="${kind === "checked"}"` : "";
    const sign = isCheck ? (kind === "checked" ? "☑ " : "☐ ") : "";
    this.#html.push(`<li${box}${styleOf({ ...attributes, indent: 0 }, "")}>${sign}${this.inline(line)}`);
  }

  /** Closes lists until only `depth` are open. */
  #closeLists(depth: number): void {
    while (this.#lists.length > depth) {
      const tag = this.#lists.pop() as string;
      this.#html.push(`</li></${tag.slice(0, 2)}>`);
    }
  }

  // --- lines that share an element

  #code(line: CopiedLine): void {
    const language = line.attributes["code-block"];
    const name = typeof language === "string" ? ` class="language-${escaped(language)}"` : "";
    const text = escaped(line.runs.map(({ insert }) => (typeof insert === "string" ? insert : "")).join(""));
    const key = `pre${name}`;
    if (this.#group?.key !== key) this.#open(key, `<pre style="${MONO}"><code${name}>`, "</code></pre>");
    this.#html.push(text, "\n");
  }

  #quote(attributes: Attributes): void {
    const depth = 1 + Math.min(8, Number(attributes.indent ?? 0) || 0);
    const open = '<blockquote style="margin:0 0 0 12pt;border-left:2pt solid #cccccc;padding-left:9pt">';
    if (this.#group?.key !== `quote ${depth}`)
      this.#open(`quote ${depth}`, open.repeat(depth), "</blockquote>".repeat(depth));
  }

  #open(key: string, open: string, close: string): void {
    this.#closeGroup();
    this.#html.push(open);
    this.#group = { key, close };
  }

  #closeGroup(): void {
    if (this.#group) this.#html.push(this.#group.close);
    this.#group = null;
  }

  // --- text

  #run({ insert, attributes = {} }: Insert): string {
    const html =
      typeof insert === "string" ? shownBlanks(escaped(insert)) : this.#image(insert.image, attributes);
    if (!html) return "";
    return wrapped(html, attributes);
  }

  #image(path: unknown, { alt, width, caption }: Attributes): string {
    if (!imageIdOf(path)) return "";
    const source = escaped(new URL(path as string, this.#address).href);
    const size = typeof width === "number" ? ` width="${width}"` : "";
    const title = typeof caption === "string" ? ` title="${escaped(caption)}"` : "";
    return `<img src="${source}" alt="${escaped(typeof alt === "string" ? alt : "")}"${size}${title}>`;
  }
}

const TAGS: [name: string, tag: string][] = [
  ["code", "code"],
  ["strike", "s"],
  ["underline", "u"],
  ["italic", "em"],
  ["bold", "strong"],
];

function wrapped(html: string, attributes: Attributes): string {
  let inner = html;
  for (const [name, tag] of TAGS) if (attributes[name] === true) inner = `<${tag}>${inner}</${tag}>`;
  if (attributes.script === "sub" || attributes.script === "super") {
    const tag = attributes.script === "sub" ? "sub" : "sup";
    inner = `<${tag}>${inner}</${tag}>`;
  }
  const { font, size, color, background, link } = attributes;
  const styles = [
    typeof font === "string" && `font-family:${fontStack(font).replaceAll('"', "'")}`,
    typeof size === "number" && `font-size:${size}pt`,
    typeof color === "string" && `color:${color}`,
    typeof background === "string" && `background-color:${background}`,
  ].filter((style) => style !== false);
  if (styles.length > 0) inner = `<span style="${escaped(styles.join(";"))}">${inner}</span>`;
  return typeof link === "string" && isAllowedLink(link) ? `<a href="${escaped(link)}">${inner}</a>` : inner;
}

/** Blanks that HTML would take away, and tabs. */
function shownBlanks(html: string): string {
  return html
    .replace(/ {2,}/g, (blanks) => ` ${"\u00a0".repeat(blanks.length - 1)}`)
    .replace(/^ | $/g, (blank, at: number, all: string) => (all.length > 1 && at > 0 ? blank : "\u00a0"))
    .replace(/\t/g, '<span style="white-space:pre">\t</span>');
}

function ruleOf({ insert }: Insert): string {
  const isBreak = typeof insert === "object" && insert["page-break"] === true;
  return isBreak ? '<br clear="all" style="page-break-before:always">' : "<hr>";
}

/** `style` and `dir` of a line. */
function styleOf(attributes: Attributes, more: string): string {
  const { align, direction, indent } = attributes;
  const height = attributes["line-height"];
  const side = direction === "rtl" ? "right" : "left";
  const styles = [
    more,
    typeof align === "string" && `text-align:${align}`,
    typeof height === "number" && `line-height:${height}`,
    typeof indent === "number" && indent > 0 && `margin-${side}:${indent * INDENT_POINTS}pt`,
  ].filter(Boolean);
  const style = styles.length > 0 ? ` style="${escaped(styles.join(";"))}"` : "";
  return `${direction === "rtl" ? ' dir="rtl"' : ""}${style}`;
}
