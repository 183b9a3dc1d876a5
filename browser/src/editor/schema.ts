/**
 * The text as ProseMirror sees it: `doc = line+`, one line per newline of the delta.
 *
 * A line's attributes are those of its newline, in one node attribute; headings, lists and quotes are attributes of
 * a line, not nesting, so that an index of the delta and a position differ only by the number of lines.  Inline
 * attributes are marks.  Names that this page does not know are kept in marks of their own and sent back unchanged.
 */

import { type Attrs, type Mark, type MarkSpec, type Node, Schema } from "prosemirror-model";
import { type Attributes, type Delta, DeltaBuilder, type Embed, type Json } from "../core/delta";
import { isAllowedLink } from "../core/links";
import { fitting } from "./clipboard/pasted";
import { embedDOM, lineDOM, markDOM } from "./rendering";

const FLAGS = ["bold", "italic", "underline", "strike", "code"] as const;
const VALUES = [
  "script",
  "link",
  "color",
  "background",
  "font",
  "size",
  "width",
  "alt",
  "caption",
  "suggest-insert",
] as const;

/** Families of names that bear an id, `suggest-delete:{id}`; several may stand on the same text. */
const FAMILIES = ["suggest-delete", "suggest-format"] as const;

/** Not carried on by typing behind them; those of images would even be refused on text. */
const ENDS: ReadonlySet<string> = new Set(["link", "width", "alt", "caption", "suggest-insert"]);

const marks: Record<string, MarkSpec> = {};
for (const name of FLAGS) marks[name] = { toDOM: (mark) => markDOM(mark), parseDOM: parseRules(name) };
for (const name of VALUES) {
  marks[name] = {
    attrs: { value: {} },
    inclusive: !ENDS.has(name),
    toDOM: (mark) => markDOM(mark),
    parseDOM: parseRules(name),
  };
}
for (const name of FAMILIES) {
  marks[name] = {
    attrs: { id: {}, value: {} },
    excludes: "",
    inclusive: false,
    toDOM: (mark) => markDOM(mark),
  };
}
// Not content: a group of lines that is drawn as one element (chunks.ts).
marks.chunk = {
  attrs: { id: {}, rows: {} },
  inclusive: false,
  toDOM: (mark) => ["div", { class: "chunk", style: `--rows: ${mark.attrs.rows}` }, 0],
};
marks.other = { attrs: { name: {}, value: {} }, excludes: "", inclusive: false, toDOM: () => ["span", 0] };

function parseRules(name: string): NonNullable<MarkSpec["parseDOM"]> {
  switch (name) {
    case "bold":
      return [
        { tag: "strong" },
        // Google Docs wraps everything copied in a <b> that is not bold.
        { tag: "b", getAttrs: (dom) => (dom.style.fontWeight === "normal" ? false : null) },
        { style: "font-weight", getAttrs: (value) => (/^(bold(er)?|[6-9]00)$/.test(value) ? null : false) },
      ];
    case "italic":
      return [{ tag: "i" }, { tag: "em" }, { style: "font-style=italic" }];
    case "underline":
      return [{ tag: "u" }, { style: "text-decoration=underline" }];
    case "strike":
      return [{ tag: "s" }, { tag: "del" }, { tag: "strike" }, { style: "text-decoration=line-through" }];
    case "code":
      return [{ tag: "code" }];
    case "script":
      return [
        { tag: "sub", attrs: { value: "sub" } },
        { tag: "sup", attrs: { value: "super" } },
      ];
    case "link":
      return [
        {
          tag: "a[href]",
          getAttrs: (dom) => {
            const value = dom.getAttribute("href") ?? "";
            return isAllowedLink(value) ? { value } : false;
          },
        },
      ];
    default:
      return [];
  }
}

export const schema = new Schema({
  nodes: {
    doc: { content: "line+", marks: "chunk" },
    line: {
      content: "inline*",
      attrs: { attributes: { default: null } },
      toDOM: (node) => lineDOM(node.attrs.attributes),
      parseDOM: lineRules(),
    },
    text: { group: "inline" },
    embed: {
      inline: true,
      group: "inline",
      atom: true,
      attrs: { value: {} },
      toDOM: (node) => embedDOM(node.attrs.value, node.marks),
      parseDOM: [
        { tag: "hr", attrs: { value: { divider: true } } },
        {
          tag: 'img[src^="/api/v1/images/"]',
          getAttrs: (dom) => ({ value: { image: dom.getAttribute("src") } }),
        },
      ],
    },
  },
  marks,
});

function lineRules() {
  const line = (tag: string, attributes: Attributes | null) => ({ tag, attrs: { attributes } });
  const headings = [1, 2, 3, 4, 5, 6].map((level) => line(`h${level}`, { header: level }));
  return [
    {
      tag: "[data-line]",
      getAttrs: (dom: HTMLElement) => lineAttributes(writtenAttributes(dom.dataset.line ?? "")),
    },
    ...headings,
    line("ul > li", { list: "bullet" }),
    line("ol > li", { list: "ordered" }),
    line("blockquote > p", { blockquote: true }),
    line("blockquote", { blockquote: true }),
    { ...line("pre", { "code-block": true }), preserveWhitespace: "full" as const },
    line("li", { list: "bullet" }),
    line("p", null),
    line("div", null),
  ];
}

/** A line's attributes as its own element has them; whatever else wrote that element, the schema decides. */
function writtenAttributes(json: string): Attributes | undefined {
  try {
    return fitting(JSON.parse(json || "{}"), "line");
  } catch {
    return undefined;
  }
}

/** The marks that stand for attributes of text or of an embed. */
export function marksOf(attributes: Attributes | undefined): readonly Mark[] {
  let set: readonly Mark[] = [];
  for (const name in attributes) set = markFor(name, attributes[name] as Json).addToSet(set);
  return set;
}

export function markFor(name: string, value: Json): Mark {
  const colon = name.indexOf(":");
  const family = colon > 0 ? name.slice(0, colon) : "";
  if ((FAMILIES as readonly string[]).includes(family)) {
    return schema.mark(family, { id: name.slice(colon + 1), value });
  }
  const type = schema.marks[name];
  const fits = type && name !== "other" && (value === true || !(FLAGS as readonly string[]).includes(name));
  if (!fits || (FAMILIES as readonly string[]).includes(name)) return schema.mark("other", { name, value });
  return type.create((VALUES as readonly string[]).includes(name) ? { value } : null);
}

/** The attribute's name and value that a mark stands for. */
export function attributeOf(mark: Mark): [name: string, value: Json] {
  const { name } = mark.type;
  if (name === "other") return [mark.attrs.name, mark.attrs.value];
  if ((FAMILIES as readonly string[]).includes(name)) return [`${name}:${mark.attrs.id}`, mark.attrs.value];
  return [name, (FLAGS as readonly string[]).includes(name) ? true : mark.attrs.value];
}

export function attributesOf(marks: readonly Mark[]): Attributes | undefined {
  if (marks.length === 0) return undefined;
  return Object.fromEntries(marks.map(attributeOf));
}

/** A line's attributes, with one form for none. */
export function lineAttributes(attributes: Attributes | undefined | null): Attrs {
  const some = attributes && Object.keys(attributes).length > 0;
  return { attributes: some ? attributes : null };
}

export const attributesOfLine = (line: Node): Attributes | undefined => line.attrs.attributes ?? undefined;

export const unitsOfLine = (line: Node): number => line.content.size + 1;

/** Puts what stands in a line from offset `from` to `to` into a builder; `to` past the text takes the newline too. */
export function readLine(builder: DeltaBuilder, line: Node, from = 0, to = unitsOfLine(line)): void {
  let start = 0;
  for (let i = 0; i < line.childCount && start < to; i += 1) {
    const child = line.child(i);
    const end = start + child.nodeSize;
    if (end > from) {
      const attributes = attributesOf(child.marks);
      if (child.isText) {
        const text = child.text as string;
        builder.insert(text.slice(Math.max(0, from - start), to - start), attributes);
      } else {
        builder.insert(child.attrs.value as Embed, attributes);
      }
    }
    start = end;
  }
  if (to > line.content.size) builder.insert("\n", attributesOfLine(line));
}

/** A whole document as content. */
export function toContent(doc: Node): Delta {
  const builder = new DeltaBuilder();
  doc.forEach((line) => {
    readLine(builder, line);
  });
  return builder.build();
}

/** The lines of inserts; a last one without its newline is open, and is given back apart. */
export function toLines(content: Delta): { lines: Node[]; open: Node[] } {
  const lines: Node[] = [];
  let open: Node[] = [];
  const line = schema.nodes.line as NonNullable<(typeof schema.nodes)["line"]>;
  for (const op of content.ops) {
    if (!("insert" in op)) throw new TypeError("a content has inserts only");
    if (typeof op.insert !== "string") {
      open.push(schema.node("embed", { value: op.insert }, undefined, marksOf(op.attributes)));
      continue;
    }
    const parts = op.insert.split("\n");
    const textMarks = marksOf(op.attributes);
    for (const [at, part] of parts.entries()) {
      if (part) open.push(schema.text(part, textMarks));
      if (at === parts.length - 1) break;
      lines.push(line.create(lineAttributes(op.attributes), open));
      open = [];
    }
  }
  return { lines, open };
}

/** The document of a content; one without its final newline gets it. */
export function toDocument(content: Delta): Node {
  const { lines, open } = toLines(content);
  if (open.length > 0 || lines.length === 0) lines.push(schema.node("line", null, open));
  return schema.node("doc", null, lines);
}
