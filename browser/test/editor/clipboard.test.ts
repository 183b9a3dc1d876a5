import fc from "fast-check";
import { AllSelection, EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { type Attributes, Delta, DeltaBuilder, type Insert } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { copied, selectedContent } from "../../src/editor/clipboard/copy";
import { color, declarations, points, Sheet, styleText } from "../../src/editor/clipboard/css";
import { linkOf } from "../../src/editor/clipboard/foreign";
import { findOwn, readOwn } from "../../src/editor/clipboard/own";
import { cleanText, fitting, fontOf, type Pasted, plain } from "../../src/editor/clipboard/pasted";
import { type Manner, place, spotOf } from "../../src/editor/clipboard/place";
import { toContent, toDocument } from "../../src/editor/schema";
import { documents, faults } from "./clipboard-arbitrary";

const PAGE = "https://octavo.example/d/d1";
const RUNS = { numRuns: 300 };

function state(content: Delta): EditorState {
  return EditorState.create({ doc: toDocument(content) });
}

function withSelection(content: Delta, from: number, to: number): EditorState {
  const before = state(content);
  const { lines } = new Binding(before.doc);
  const [anchor, head] = [from, to].map((index) => lines.position(Math.min(index, lines.length - 1)));
  return before.apply(
    before.tr.setSelection(TextSelection.create(before.doc, anchor as number, head as number)),
  );
}

function everything(content: Delta): EditorState {
  const before = state(content);
  return before.apply(before.tr.setSelection(new AllSelection(before.doc)));
}

/** What a paste makes of a document with a selection. */
function pastedInto(target: EditorState, pasted: Pasted, manner: Manner): Delta {
  const { lines } = new Binding(target.doc);
  const { delta } = place(pasted, spotOf(target, lines, target.selection), manner);
  return toContent(target.doc).compose(delta);
}

const empty = () => withSelection(new Delta([{ insert: "\n" }]), 0, 0);

function ops(...lines: [text: string, attributes?: Attributes][]): Delta {
  const builder = new DeltaBuilder();
  for (const [text, attributes] of lines) builder.insert(text).insert("\n", attributes);
  return builder.build();
}

const end = (content: Delta) => withSelection(content, content.length - 1, content.length - 1);

describe("copying and pasting back", () => {
  it("loses nothing of any document, in this page", () => {
    fc.assert(
      fc.property(documents({ suggestions: true, images: true }), (content) => {
        const { html, own } = copied(selectedContent(everything(content).selection), "d1", PAGE);
        expect(findOwn(html)).toBe(own);
        const pasted = readOwn(findOwn(html) as string, { document: "d1", copied: own }) as Pasted;
        expect(pastedInto(empty(), pasted, "own").ops).toEqual(content.ops);
      }),
      RUNS,
    );
  });

  it("loses nothing but suggestions and images in another document, and says which images", () => {
    fc.assert(
      fc.property(documents({ suggestions: false, images: true }), (content) => {
        const { html } = copied(selectedContent(everything(content).selection), "d1", PAGE);
        const pasted = readOwn(findOwn(html) as string, { document: "d2", copied: null }) as Pasted;
        const builder = new DeltaBuilder();
        let index = 0;
        let images = 0;
        for (const op of content.ops as Insert[]) {
          if (typeof op.insert !== "string" && "image" in op.insert) {
            const { index: at, source, attributes } = pasted.images[images] as (typeof pasted.images)[0];
            expect([at, source, attributes]).toEqual([index, { imageId: "abc_-1" }, op.attributes ?? {}]);
            images += 1;
          } else {
            builder.push(op);
            index += typeof op.insert === "string" ? op.insert.length : 1;
          }
        }
        expect(pastedInto(empty(), pasted, "own").ops).toEqual(builder.build().ops);
      }),
      RUNS,
    );
  });

  it("knows its form in what browsers put around it, and not within something else", () => {
    const { html, own } = copied(selectedContent(everything(ops(["a"])).selection), "d1", PAGE);
    const framed = `<html>\n<body>\n<!--StartFragment-->${html}<!--EndFragment-->\n</body>\n</html>`;
    expect([findOwn(html), findOwn(framed)]).toEqual([own, own]);
    for (const more of [
      `<p>before</p>${html}`,
      `${html}<p>after</p>`,
      `${html}after`,
      html.slice(0, -1),
      "",
    ]) {
      expect(findOwn(more)).toBeNull();
    }
  });

  it("takes no suggestion from a form that this page did not write", () => {
    fc.assert(
      fc.property(documents({ suggestions: true, images: true }), (content) => {
        const { own } = copied(selectedContent(everything(content).selection), "d1", PAGE);
        const pasted = readOwn(own, { document: "d1", copied: null }) as Pasted;
        expect(JSON.stringify(pastedInto(empty(), pasted, "own").ops)).not.toContain("suggest-");
      }),
      { numRuns: 200 },
    );
  });

  it("of a part, anywhere: the text is there, the rest unharmed, and all of it valid", () => {
    const index = fc.nat(60);
    const some = documents({ suggestions: false, images: true });
    const manner = fc.constantFrom<Manner>("own", "foreign", "plain");
    fc.assert(
      fc.property(some, some, fc.tuple(index, index, index, index), manner, (source, target, at, how) => {
        const [a, b, c, d] = at.map((n) => whole(source, n)) as [number, number, number, number];
        const selected = selectedContent(withSelection(source, Math.min(a, b), Math.max(a, b)).selection);
        const { own } = copied(selected, "d1", PAGE);
        const read = readOwn(own, { document: "d1", copied: null }) as Pasted;
        const pasted = how === "plain" ? plain(read.content.text().replaceAll("\ufffc", "")) : read;
        const [from, to] = [c, d].map((n) => whole(target, n)).sort((x, y) => x - y) as [number, number];
        const result = pastedInto(withSelection(target, from, to), pasted, how);
        const text = target.text();
        expect(result.text()).toBe(
          text.slice(0, from) + pasted.content.text() + text.slice(Math.min(to, text.length - 1)),
        );
        expect(faults(result.ops)).toEqual([]);
      }),
      RUNS,
    );
  });
});

/** The nearest index in the text that cuts no surrogate pair. */
function whole(content: Delta, index: number): number {
  const text = content.text();
  const at = Math.min(index, text.length - 1);
  return /[\udc00-\udfff]/.test(text[at] as string) && at > 0 ? at - 1 : at;
}

describe("what is selected", () => {
  const content = ops(["one", { header: 1 }], ["two", { list: "bullet" }], ["three"]);

  it("a part of a line is text, all of it is the line", () => {
    expect(selectedContent(withSelection(content, 1, 3).selection)).toMatchObject({ tail: {} });
    expect(selectedContent(withSelection(content, 0, 3).selection)).toMatchObject({ tail: { header: 1 } });
  });

  it("lines up to the beginning of the next end with a newline", () => {
    const { content: text, tail } = selectedContent(withSelection(content, 0, 8).selection);
    expect([text.text(), tail]).toEqual(["one\ntwo\n", null]);
  });

  it("an image alone", () => {
    const before = state(new Delta([{ insert: { image: "/api/v1/images/x" } }, { insert: "\n" }]));
    const selection = NodeSelection.create(before.doc, 1);
    expect(selectedContent(selection).content.ops).toEqual([{ insert: { image: "/api/v1/images/x" } }]);
  });
});

describe("what other programs get", () => {
  const html = (content: Delta) => copied(selectedContent(everything(content).selection), "d1", PAGE).html;
  const body = (content: Delta) => /data-octavo="[^"]*">([\s\S]*)<\/(?:div|font)>$/.exec(html(content))?.[1];
  const text = (content: Delta) => copied(selectedContent(everything(content).selection), "d1", PAGE).text;

  it("lists are nested as HTML has them", () => {
    const content = ops(
      ["a", { list: "bullet" }],
      ["b", { list: "ordered", indent: 1 }],
      ["c", { list: "ordered", indent: 1 }],
      ["d", { list: "bullet" }],
      ["e", { list: "checked" }],
    );
    expect(body(content)).toBe(
      "<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>" +
        '<ul style="list-style-type:none"><li role="checkbox" aria-checked="true">☑ e</li></ul>',
    );
  });

  it("headings, quotes, code, breaks and styles stand on the elements", () => {
    const content = new DeltaBuilder()
      .insert("H")
      .insert("\n", { header: 2, align: "center" })
      .insert("a<b>", { bold: true, color: "#aa0000", font: "Georgia", link: "https://a.example/?a=1&b" })
      .insert("\n", { "line-height": 1.5, indent: 1 })
      .insert("q")
      .insert("\n", { blockquote: true })
      .insert("x  y")
      .insert("\n", { "code-block": "python" })
      .insert("\n", { "code-block": "python" })
      .insert({ divider: true })
      .insert("\n")
      .build();
    expect(body(content)).toBe(
      '<h2 style="text-align:center">H</h2>' +
        '<p style="margin-top:0;margin-bottom:0;line-height:1.5;margin-left:36pt"><a href="https://a.example/?a=1&amp;b">' +
        `<span style="font-family:'Georgia', Gelasio, serif;color:#aa0000"><strong>a&lt;b&gt;</strong></span></a></p>` +
        '<blockquote style="margin:0 0 0 12pt;border-left:2pt solid #cccccc;padding-left:9pt">' +
        '<p style="margin-top:0;margin-bottom:0">q</p></blockquote>' +
        `<pre style="font-family:'Courier New',monospace"><code class="language-python">x  y\n\n</code></pre><hr>`,
    );
  });

  it("a word is only a word", () => {
    const { html: word, text: words } = copied(
      selectedContent(withSelection(ops(["one two", { header: 1 }]), 4, 7).selection),
      "d1",
      PAGE,
    );
    expect(word).toMatch(/^<meta charset="utf-8"><font data-octavo="[^"]*">two<\/font>$/);
    expect(words).toBe("two");
  });

  it("text has bullets, and numbers as they are shown", () => {
    const content = ops(
      ["a", { list: "ordered" }],
      ["b", { list: "bullet", indent: 1 }],
      ["c", { list: "ordered" }],
      ["between", { indent: 1 }],
      ["d", { list: "ordered" }],
      ["plain"],
      ["e", { list: "ordered" }],
      ["f", { list: "unchecked" }],
    );
    expect(text(content)).toBe("1. a\n    • b\n2. c\nbetween\n3. d\nplain\n1. e\n[ ] f");
  });

  it("an image's address is made whole", () => {
    const image = { insert: { image: "/api/v1/images/x" }, attributes: { alt: 'a "b"', width: 20 } };
    expect(body(new Delta([image, { insert: "\n" }]))).toContain(
      '<img src="https://octavo.example/api/v1/images/x" alt="a &quot;b&quot;" width="20">',
    );
  });
});

describe("where it goes", () => {
  const lines = (text: string) => plain(text);
  const item = ops(["one", { list: "checked", indent: 2 }]);

  it("plain lines go on with a list, with nothing ticked", () => {
    expect(pastedInto(end(item), lines("x\ny"), "plain").ops).toEqual(
      ops(["onex", { list: "checked", indent: 2 }], ["y", { list: "unchecked", indent: 2 }]).ops,
    );
  });

  it("formatted paragraphs go on with a list too, what has structure keeps it", () => {
    const list = ops(["one", { list: "ordered" }]);
    const paragraphs: Pasted = { content: new Delta([{ insert: "x\ny" }]), tail: {}, images: [] };
    expect(pastedInto(end(list), paragraphs, "foreign").ops).toEqual(
      ops(["onex", { list: "ordered" }], ["y", { list: "ordered" }]).ops,
    );
    const heading: Pasted = { ...paragraphs, tail: { header: 2 } };
    expect(pastedInto(end(list), heading, "foreign").ops).toEqual(
      ops(["onex", { list: "ordered" }], ["y", { header: 2 }]).ops,
    );
  });

  it("a foreign list goes as deep as the one it comes into", () => {
    const list: Pasted = { content: new Delta([{ insert: "x\ny" }]), tail: { list: "bullet" }, images: [] };
    const target = ops(["one", { list: "ordered", indent: 1 }]);
    expect(pastedInto(end(target), list, "foreign").ops).toEqual(
      ops(["onex", { list: "ordered", indent: 1 }], ["y", { list: "bullet", indent: 1 }]).ops,
    );
  });

  it("in code everything is code", () => {
    const code = ops(["a", { "code-block": "python" }]);
    expect(pastedInto(end(code), lines("b\nc"), "plain").ops).toEqual(
      ops(["ab", { "code-block": "python" }], ["c", { "code-block": "python" }]).ops,
    );
  });

  it("plain text takes the formats of where it comes, only its first line is a heading", () => {
    const heading = new Delta([
      { insert: "one", attributes: { bold: true, "suggest-insert": "u1.abcdefghijklmnopqrstuv" } },
      { insert: "\n", attributes: { header: 1 } },
    ]);
    expect(pastedInto(end(heading), lines("x\ny"), "plain").ops).toEqual([
      heading.ops[0],
      { insert: "x", attributes: { bold: true } },
      { insert: "\n", attributes: { header: 1 } },
      { insert: "y", attributes: { bold: true } },
      { insert: "\n" },
    ]);
  });

  it("in the middle of a line both ends keep their format", () => {
    const target = withSelection(ops(["ab", { header: 1 }]), 1, 1);
    const pasted: Pasted = { content: new Delta([{ insert: "x\ny" }]), tail: { list: "bullet" }, images: [] };
    expect(pastedInto(target, pasted, "own").ops).toEqual(
      ops(["ax", { header: 1 }], ["yb", { header: 1 }]).ops,
    );
  });

  it("images are told with their places in the document", () => {
    const target = withSelection(ops(["abc"]), 1, 2);
    const image = { source: { url: "https://a.example/i.png" }, index: 3, attributes: { alt: "i" } };
    const pasted: Pasted = { content: new Delta([{ insert: "x\ny" }]), tail: {}, images: [image] };
    const { lines } = new Binding(target.doc);
    const { images, caret } = place(pasted, spotOf(target, lines, target.selection), "foreign");
    expect([images, caret]).toEqual([[{ ...image, index: 4 }], 4]);
  });

  it("a selection over lines is replaced, and the first line's format stays", () => {
    const target = withSelection(ops(["abc", { header: 1 }], ["def", { list: "bullet" }]), 1, 5);
    expect(pastedInto(target, lines("x"), "plain").ops).toEqual(ops(["axef", { header: 1 }]).ops);
  });

  it("a million characters are one insert", () => {
    const text = "0123456789 ".repeat(9).concat("\n").repeat(10_000);
    const target = empty();
    const { delta } = place(
      plain(text),
      spotOf(target, new Binding(target.doc).lines, target.selection),
      "plain",
    );
    expect(delta.ops).toEqual([{ insert: text }]);
  });
});

describe("what the schema takes", () => {
  it("is all that is left of attributes", () => {
    const given = { bold: true, italic: "yes", color: "red", size: 12, header: 2, unknown: 1, width: 20 };
    expect(fitting(given, "text")).toEqual({ bold: true, size: 12 });
    expect(fitting(given, "line")).toEqual({ bold: true, size: 12, header: 2 });
    expect(fitting(given, "image")).toEqual({ bold: true, size: 12, width: 20 });
    for (const none of [null, [], "x", 5]) expect(fitting(none, "line")).toEqual({});
  });

  it("is all that is left of any form", () => {
    const json = fc.oneof(
      fc.json(),
      fc.array(fc.record({ insert: fc.anything(), attributes: fc.anything() })).map((all) => {
        try {
          return JSON.stringify({ v: 1, document: "d1", ops: all, tail: all[0]?.attributes ?? {} });
        } catch {
          return "{}";
        }
      }),
    );
    fc.assert(
      fc.property(json, (text) => {
        const pasted = readOwn(text, { document: "d1", copied: null });
        if (pasted) expect(faults(pastedInto(empty(), pasted, "own").ops)).toEqual([]);
      }),
      RUNS,
    );
  });

  it("leaves no control and no half character in a text", () => {
    expect(cleanText("a\r\nb\rc\u2028d\u0000\ud800e\tf\u0085😀")).toBe("a\nb\nc\nd" + "e\tf😀");
  });

  it("links: blanks escaped, places within a foreign page and scripts refused", () => {
    expect(linkOf(" https://a.example/x y|z ")).toBe("https://a.example/x%20y%7Cz");
    for (const bad of ["#top", "javascript:x()", "/relative", "ftp://a.example", "https://", ""]) {
      expect(linkOf(bad)).toBeNull();
    }
  });

  it("fonts: the first that is known, or what looks like it", () => {
    expect(fontOf('"Segoe UI", Tahoma, sans-serif')).toBe("Tahoma");
    expect(fontOf("'Liberation Serif'")).toBe("Times New Roman");
    for (const unknown of ["Wingdings", "constructor", "__proto__"]) expect(fontOf(unknown)).toBeNull();
  });
});

describe("CSS", () => {
  it("colours, in all the ways that they are written", () => {
    const same = ["#ff8000", "#F80", "rgb(255, 128, 0)", "rgb(255 128 0 / 50%)"];
    expect(same.map(color)).toEqual(["#ff8000", "#ff8800", "#ff8000", "#ff8000"]);
    for (const none of [
      "transparent",
      "rgba(0,0,0,0)",
      "#12345600",
      "windowtext",
      "url(x)",
      "rgb(1,2)",
      "#12",
    ]) {
      expect(color(none)).toBeNull();
    }
  });

  it("lengths in points", () => {
    expect(["12pt", "16px", "1in", "-3pt"].map(points)).toEqual([12, 12, 72, -3]);
    for (const none of ["1em", "50%", "small", "", undefined]) expect(points(none)).toBeNull();
  });

  it("declarations and rules of tags and classes; the rest is skipped", () => {
    expect([...declarations("COLOR: red !important; x; :y; font-family:'A', b")]).toEqual([
      ["color", "red"],
      ["font-family", "'A', b"],
    ]);
    const page =
      "<STYLE type=x><!-- /* c } */ p.a, .b {color:red} @media print {.b {color:blue}} a > b {x:y}--></style>";
    const sheet = new Sheet(styleText(page));
    expect([...sheet.ofClasses("p", "a")]).toEqual([["color", "red"]]);
    expect([...sheet.ofClasses("i", "b")]).toEqual([["color", "red"]]);
    expect(sheet.ofClasses("i", "a").size).toBe(0);
  });

  it("a style sheet that never ends costs no more than its length", () => {
    expect(styleText("<style>".repeat(100_000))).toBe("");
    expect(new Sheet("{".repeat(100_000)).ofTag("p").size).toBe(0);
  });
});
