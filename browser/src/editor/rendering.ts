/** How lines, embeds and marks become DOM.  Every value is checked again here: a log may be older than its schema. */

import type { DOMOutputSpec, Mark } from "prosemirror-model";
import { colorOf, personProperty } from "../core/colors";
import type { Attributes, Embed } from "../core/delta";
import { isAllowedLink } from "../core/links";
import { authorOf } from "../core/suggestions";
import { fontStack, LINE_HEIGHTS } from "./formats";
import type { LineHeight } from "./types";

const COLOR = /^#[0-9a-f]{6}$/i;
const IMAGE = /^\/api\/v1\/images\/[\w.~-]+$/;
const FONT = /^[\w -]{1,64}$/;

type Html = Record<string, string>;

/** What a line is shown as: code before heading before list before quote. */
function kindOf(attributes: Attributes): [tag: string, kind: string] {
  if (attributes["code-block"]) return ["pre", "code"];
  const { header } = attributes;
  if (typeof header === "number" && header >= 1 && header <= 6) return [`h${Math.trunc(header)}`, "heading"];
  if (typeof attributes.list === "string") return ["div", "list"];
  return attributes.blockquote === true ? ["blockquote", "quote"] : ["p", "text"];
}

export function lineDOM(given: Attributes | null): DOMOutputSpec {
  const attributes = given ?? {};
  const [tag, kind] = kindOf(attributes);
  const html: Html = { class: `line line-${kind}`, "data-line": given ? JSON.stringify(given) : "" };
  const style: string[] = [];
  if (kind === "list") Object.assign(html, listHtml(attributes));
  if (typeof attributes.indent === "number") html["data-indent"] = String(Math.trunc(attributes.indent));
  if (["center", "right", "justify"].includes(String(attributes.align))) {
    style.push(`text-align:${attributes.align}`);
  }
  if (attributes.direction === "rtl") html.dir = "rtl";
  if (LINE_HEIGHTS.includes(attributes["line-height"] as LineHeight)) {
    style.push(`line-height:${attributes["line-height"]}`);
  }
  if (kind === "code") html.spellcheck = "false";
  if ("suggest-insert" in attributes) html["data-suggest"] = "insert";
  else if (Object.keys(attributes).some((name) => name.startsWith("suggest-delete:")))
    html["data-suggest"] = "delete";
  if (style.length > 0) html.style = style.join(";");
  return [tag, html, 0];
}

function listHtml(attributes: Attributes): Html {
  const list = String(attributes.list);
  const level = Math.min(8, Math.max(0, Number(attributes.indent ?? 0) || 0)) + 1;
  const html: Html = { "data-list": list, role: "listitem", "aria-level": String(level) };
  if (list === "checked" || list === "unchecked") html["aria-checked"] = String(list === "checked");
  if (list.endsWith("checked")) html.role = "checkbox";
  return html;
}

export function embedDOM(value: Embed, marks: readonly Mark[]): DOMOutputSpec {
  const attribute = (name: string) => marks.find((mark) => mark.type.name === name)?.attrs.value;
  if (typeof value.image === "string" && IMAGE.test(value.image)) {
    const html: Html = {
      class: "embed-image",
      src: value.image,
      alt: String(attribute("alt") ?? ""),
      loading: "lazy",
    };
    const width = Number(attribute("width"));
    if (Number.isInteger(width) && width >= 8 && width <= 4096) html.width = String(width);
    const caption = attribute("caption");
    if (!caption) return ["img", html];
    return [
      "span",
      { class: "embed-figure", contenteditable: "false" },
      ["img", html],
      ["span", { class: "embed-caption" }, String(caption)],
    ];
  }
  // A divider is inline for ProseMirror (a unit within its line), so it is drawn by the style sheet.
  if (value.divider) return ["span", { class: "embed-divider", role: "separator", contenteditable: "false" }];
  if (value["page-break"]) {
    return [
      "span",
      { class: "embed-page-break", role: "separator", "aria-label": "Page break", contenteditable: "false" },
    ];
  }
  const name = Object.keys(value)[0] ?? "object";
  return [
    "span",
    { class: "embed-unknown", contenteditable: "false" },
    value.redacted ? "[redacted]" : `[${name}]`,
  ];
}

/** A mark of a suggestion, in a colour that its author always has. */
function suggested(kind: string, id: string): Html {
  return {
    class: `suggest-${kind}`,
    "data-suggestion": id,
    style: `--author:var(${personProperty(authorOf(id))}, ${colorOf(authorOf(id))})`,
  };
}

const FLAG_TAGS: Record<string, string> = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strike: "s",
  code: "code",
};

export function markDOM(mark: Mark): DOMOutputSpec {
  const { name } = mark.type;
  const flag = FLAG_TAGS[name];
  if (flag) return [flag, 0];
  const value: unknown = mark.attrs.value;
  const styled = (css: string | false): DOMOutputSpec => (css ? ["span", { style: css }, 0] : ["span", 0]);
  const text = String(value);
  switch (name) {
    case "script":
      return [value === "sub" ? "sub" : "sup", 0];
    case "link":
      return isAllowedLink(text)
        ? ["a", { href: text, rel: "noopener noreferrer nofollow", target: "_blank" }, 0]
        : ["span", 0];
    case "color":
      return styled(COLOR.test(text) && `color:${text}`);
    case "background":
      return styled(COLOR.test(text) && `background-color:${text}`);
    case "font":
      return styled(FONT.test(text) && `font-family:${fontStack(text)}`);
    case "size":
      return styled(
        Number.isInteger(value) && (value as number) >= 6 && (value as number) <= 96 && `font-size:${text}pt`,
      );
    case "suggest-insert":
      return ["ins", suggested("insert", text), 0];
    case "suggest-delete":
      return ["del", suggested("delete", String(mark.attrs.id)), 0];
    case "suggest-format":
      return ["span", suggested("format", String(mark.attrs.id)), 0];
    default:
      return ["span", 0];
  }
}
