import { describe, expect, it } from "vitest";
import { type Attributes, DeltaBuilder, type Op } from "../../src/core/delta";
import { addressAtEnd, linkOf } from "../../src/editor/linking";
import { Desk } from "./desk";

const line = (text: string, attributes?: Attributes): Op[] => [
  ...new DeltaBuilder().insert(text).insert("\n", attributes).build().ops,
];
const desk = (...lines: Op[][]) => new Desk(...lines.flat());

describe("Markdown as it is typed", () => {
  it.each([
    ["# ", { header: 1 }],
    ["###### ", { header: 6 }],
    ["- ", { list: "bullet" }],
    ["* ", { list: "bullet" }],
    ["+ ", { list: "bullet" }],
    ["1. ", { list: "ordered" }],
    ["1) ", { list: "ordered" }],
    ["[] ", { list: "unchecked" }],
    ["[ ] ", { list: "unchecked" }],
    ["[x] ", { list: "checked" }],
    ["> ", { blockquote: true }],
    ["```", { "code-block": true }],
  ])("%j begins a line, and one undo brings it back", (typed, attributes) => {
    const page = desk(line("")).type(typed);
    expect(page.lineFormats).toEqual([attributes]);
    expect(page.text).toBe("\n");
    expect(page.commands.undoName()).toBe("markdown");
    page.commands.undo();
    expect(page.text).toBe(`${typed}\n`);
    expect(page.lineFormats).toEqual([null]);
    page.commands.redo();
    expect(page.lineFormats).toEqual([attributes]);
  });

  it("works in front of text that is there", () => {
    const page = desk(line("later")).select(0).type("## ");
    expect(page.ops).toEqual(line("later", { header: 2 }));
    expect(page.caret).toBe(0);
  });

  it.each(["####### ", "2020. ", "a# ", "-", "[y] ", " - "])("%j is text", (typed) => {
    expect(desk(line("")).type(typed).text).toBe(`${typed}\n`);
  });

  it("--- is a divider with a line behind it", () => {
    const page = desk(line("")).type("---");
    expect(page.text).toBe("￼\n\n");
    expect(page.caret).toBe(2);
    page.commands.undo();
    expect(page.text).toBe("---\n");
    expect(desk(line("x")).select(0).type("---").text).toBe("---x\n");
  });

  it.each([
    ["**bold**", "bold", "bold"],
    ["*it*", "it", "italic"],
    ["`code`", "code", "code"],
    ["~~gone~~", "gone", "strike"],
    ["**two words**", "two words", "bold"],
  ])("%s", (typed, text, name) => {
    const page = desk(line("")).type(`a ${typed}`);
    expect(page.ops).toEqual([
      { insert: "a " },
      { insert: text, attributes: { [name]: true } },
      { insert: "\n" },
    ]);
    expect(page.type("!").ops.at(-1)).toEqual({ insert: "!\n" });
    page.commands.undo();
    page.commands.undo();
    expect(page.text).toBe(`a ${typed}\n`);
  });

  it.each(["2 * 3 * 4", "2*3*4", "** bold**", "**bold **", "a ** b", "~~ ~~", "\\*no*"])(
    "%j is text",
    (typed) => {
      const page = desk(line("")).type(typed);
      expect(page.ops).toEqual(line(typed));
    },
  );

  it("[text](url)", () => {
    const page = desk(line("")).type("see [us](https://a.example/x_(y))");
    expect(page.ops[1]).toEqual({ insert: "us", attributes: { link: "https://a.example/x_(y)" } });
    expect(desk(line("")).type("[us](javascript:x)").text).toBe("[us](javascript:x)\n");
  });

  it("is off in code", () => {
    const block = desk(line("", { "code-block": true })).type("# **a** --- https://a.example ");
    expect(block.text).toBe("# **a** --- https://a.example \n");
    const code = new Desk({ insert: "**a*", attributes: { code: true } }, { insert: "\n" })
      .select(4)
      .type("*");
    expect(code.text).toBe("**a**\n");
  });

  it("a language behind a fence is taken at Enter; other text is code", () => {
    const page = desk(line("")).type("```js\nlet");
    expect(page.ops).toEqual(line("let", { "code-block": "javascript" }));
    expect(desk(line("")).type("```exit\n").text).toBe("exit\n\n");
  });

  it("a task in a list of bullets; a second sign is text", () => {
    expect(desk(line("")).type("- [] a").ops).toEqual(line("a", { list: "unchecked" }));
    expect(desk(line("")).type("- - a").ops).toEqual(line("- a", { list: "bullet" }));
  });
});

describe("addresses", () => {
  it.each([
    ["https://a.example/b", "https://a.example/b"],
    ["www.a.example", "https://www.a.example"],
    ["me@a.example", "mailto:me@a.example"],
    ["https://", null],
    ["https://...", null],
    ["javascript:x", null],
    ["a@b", null],
  ])("%s links to %s", (address, url) => expect(linkOf(address)).toBe(url));

  it("end before what closes a sentence", () => {
    expect(addressAtEnd("(see https://a.example/x).")).toMatchObject({ length: 19, trailing: 2 });
    expect(addressAtEnd("https://a.example/x_(y)")).toMatchObject({ length: 23, trailing: 0 });
    expect(addressAtEnd("nothing")).toBe(null);
  });

  it.each([" ", "\n"])("are linked when %j follows, and one undo takes the link alone", (end) => {
    const page = desk(line("")).type(`go to www.a.example,${end}`);
    expect(page.ops[1]).toEqual({ insert: "www.a.example", attributes: { link: "https://www.a.example" } });
    if (end === "\n") page.commands.undo();
    expect(page.commands.undoName()).toBe("autolink");
    page.commands.undo();
    expect(page.ops).toEqual(line(`go to www.a.example,${end === " " ? " " : ""}`));
  });

  it("pasted over text link it; over nothing they are text", () => {
    const page = desk(line("here it is")).select(0, 4);
    expect(page.linking.pastedOver("https://a.example\n")).toBe(true);
    expect(page.ops[0]).toEqual({ insert: "here", attributes: { link: "https://a.example" } });
    expect(page.select(2).linking.pastedOver("https://b.example")).toBe(false);
    expect(page.select(0, 4).linking.pastedOver("two words")).toBe(false);
  });

  it("a link's text can be changed with it", () => {
    const page = desk(line("here")).select(0, 4);
    page.commands.bold();
    page.commands.link("https://a.example");
    page.select(2).commands.linkWithText("https://b.example", "there\nnow");
    expect(page.ops[0]).toEqual({
      insert: "there now",
      attributes: { bold: true, link: "https://b.example" },
    });
    const link = page.linking.around();
    expect(link && page.linking.textOf(link)).toBe("there now");
  });
});

describe("borders of lines", () => {
  it("Enter in front of a heading puts text before it", () => {
    const page = desk(line("title", { header: 1 })).select(0);
    page.borders.newLine();
    expect(page.lineFormats).toEqual([null, { header: 1 }]);
    expect(page.caret).toBe(1);
  });

  it("Enter carries formats on, but not a heading's or a link's", () => {
    const page = new Desk(
      { insert: "b", attributes: { bold: true, link: "https://a.example" } },
      { insert: "\n" },
    );
    page.select(1).borders.newLine();
    expect(page.type("c").ops[2]).toEqual({ insert: "c", attributes: { bold: true } });
  });

  it("Enter in a nested empty item goes one level out, then leaves", () => {
    const page = desk(line("a", { list: "bullet" }), line("", { list: "ordered", indent: 1 })).select(2);
    page.borders.newLine();
    expect(page.lineFormats[1]).toEqual({ list: "ordered" });
    page.borders.newLine();
    expect(page.lineFormats[1]).toBe(null);
  });

  it("Enter twice leaves a quote", () => {
    const page = desk(line("q", { blockquote: true }))
      .select(1)
      .type("\n\n");
    expect(page.lineFormats).toEqual([{ blockquote: true }, null]);
  });

  it("Enter in code keeps the indentation, and leaves from two empty lines at its end", () => {
    const code = { "code-block": "go" };
    const page = desk(line("  if x {", code)).select(8).type("\n\tx\n");
    expect(page.text).toBe("  if x {\n  \tx\n  \t\n");
    const end = desk(line("x", code)).select(1).type("\n\n\n");
    expect(end.lineFormats).toEqual([code, null]);
    const inside = desk(line("", code), line("", code), line("x", code)).select(1).type("\n");
    expect(inside.lineFormats).toHaveLength(4);
  });

  it("Shift+Enter: the same kind; in a list an unnumbered line under the item", () => {
    const heading = desk(line("ab", { header: 2 })).select(1);
    heading.borders.softLine();
    expect(heading.lineFormats).toEqual([{ header: 2 }, { header: 2 }]);
    const list = desk(line("ab", { list: "ordered", indent: 1 })).select(1);
    list.borders.softLine();
    expect(list.text).toBe("a\nb\n");
    expect(list.lineFormats).toEqual([{ list: "ordered", indent: 1 }, { indent: 2 }]);
  });

  it("Enter beside a selected image goes on behind it", () => {
    const page = new Desk({ insert: { image: "/api/v1/images/a" } }, { insert: "\n" }).selectNode(0);
    page.borders.newLine();
    expect(page.text).toBe("￼\n\n");
    expect(page.caret).toBe(2);
  });

  it("Backspace and Delete take a whole divider away", () => {
    const divider: Op[] = [{ insert: { divider: true } }, { insert: "\n" }];
    const back = desk(line("a"), divider, line("b", { header: 1 })).select(4);
    expect(back.borders.backwards()).toBe(true);
    expect(back.lineFormats[2]).toBe(null);
    expect(back.borders.backwards()).toBe(true);
    expect([back.text, back.caret]).toEqual(["a\nb\n", 2]);
    const forth = desk(line("a", { header: 1 }), divider).select(1);
    expect(forth.borders.forwards()).toBe(true);
    expect(forth.ops).toEqual(line("a", { header: 1 }));
    const onIt = desk(divider).select(1);
    expect(onIt.borders.backwards()).toBe(true);
    expect(onIt.text).toBe("\n");
    const before = desk(divider).select(0);
    expect(before.borders.forwards()).toBe(true);
    expect(before.text).toBe("\n");
  });

  it("text typed beside a divider gets a line of its own", () => {
    const divider: Op[] = [{ insert: { divider: true } }, { insert: "\n" }];
    const before = desk(divider).select(0);
    expect(before.borders.typedBesideDivision("a")).toBe(true);
    expect([before.text, before.caret]).toEqual(["a\n￼\n", 1]);
    const behind = desk(divider).select(1);
    expect(behind.borders.typedBesideDivision("a")).toBe(true);
    expect([behind.text, behind.caret]).toEqual(["￼\na\n", 3]);
    expect(desk(line("x")).select(0).borders.typedBesideDivision("a")).toBe(false);
  });

  it("Backspace in code joins with the code before it", () => {
    const code = { "code-block": true };
    const page = desk(line("a", code), line("b", code)).select(2);
    page.borders.backwards();
    expect(page.ops).toEqual(line("ab", code));
    page.select(0).borders.backwards();
    expect(page.lineFormats).toEqual([null]);
  });

  it("Tab: a level in lists, two columns in code, else a tab or an indent", () => {
    const list = desk(line("a", { list: "bullet" })).select(1);
    list.borders.tab();
    expect(list.lineFormats).toEqual([{ list: "bullet", indent: 1 }]);
    list.borders.backTab();
    expect(list.lineFormats).toEqual([{ list: "bullet" }]);
    const code = desk(line("a", { "code-block": true }), line("b", { "code-block": true })).select(0, 3);
    code.borders.tab();
    expect(code.text).toBe("  a\n  b\n");
    code.borders.backTab();
    expect(code.text).toBe("a\nb\n");
    const text = desk(line("ab")).select(1);
    text.borders.tab();
    expect(text.text).toBe("a\tb\n");
    text.select(0).borders.tab();
    expect(text.lineFormats).toEqual([{ indent: 1 }]);
  });
});

describe("numbers of lists", () => {
  const item = { list: "ordered" };
  it("begin anew behind a line put in, and go on over lines that are indented", () => {
    const page = desk(line("a", item), line("b", item)).select(2);
    expect(page.commands.status("continue-numbering").enabled).toBe(false);
    page.commands.run("restart-numbering");
    expect(page.lineFormats).toEqual([item, null, item]);
    page.commands.run("continue-numbering");
    expect(page.lineFormats).toEqual([item, { indent: 1 }, item]);
    expect(page.select(2).commands.status("restart-numbering").reason).toBe("no-list");
  });
});

describe("states of commands", () => {
  it("active, mixed, and why not", () => {
    const page = new Desk({ insert: "ab", attributes: { bold: true } }, { insert: "cd\n" });
    page.select(0, 4);
    expect(page.commands.status("bold")).toEqual({ enabled: true, reason: null, active: "mixed" });
    expect(page.select(0, 2).commands.status("bold").active).toBe(true);
    expect(page.commands.status("undo")).toEqual({ enabled: false, reason: "nothing-to-undo", active: null });
    expect(page.commands.status("tick").reason).toBe("no-checklist");
    expect(page.commands.status("paragraph").active).toBe(true);
    page.commands.run("code-block");
    expect(page.commands.status("bold").reason).toBe("in-code");
    expect(page.commands.run("bold")).toBe(false);
    page.editable = false;
    expect(page.commands.status("italic").reason).toBe("role");
    expect(page.commands.status("find").enabled).toBe(true);
    expect(page.commands.run("find")).toBe(true);
    expect(page.performed).toEqual(["find"]);
  });

  it("values: set when allowed, read with what is mixed", () => {
    const page = desk(line("ab")).select(0, 1);
    expect(page.commands.set("size", 97)).toBe(false);
    expect(page.commands.set("font", "Wingdings")).toBe(false);
    page.commands.set("size", 20);
    page.commands.set("font", "Georgia");
    page.commands.set("script", "sub");
    page.commands.set("line-height", 1.5);
    page.commands.set("direction", "rtl");
    expect(page.commands.format("size")).toEqual({ value: 20, mixed: false });
    expect(page.select(0, 2).commands.format("font")).toEqual({ value: "Georgia", mixed: true });
    expect(page.lineFormats).toEqual([{ "line-height": 1.5, direction: "rtl" }]);
    page.commands.run("bigger");
    expect(page.select(0, 1).commands.format("size").value).toBe(21);
    expect(page.select(1, 2).commands.format("size").value).toBe(15);
    page.commands.set("size", null);
    expect(page.select(1, 2).commands.format("size").value).toBe(null);
    page.commands.run("superscript");
    expect(page.commands.status("superscript").active).toBe(true);
  });

  it("a code block's language, kinds that exclude each other", () => {
    const page = desk(line("x", { header: 1 })).select(0);
    page.commands.set("code-block", "rust");
    expect(page.lineFormats).toEqual([{ "code-block": "rust" }]);
    page.commands.set("code-block", "go");
    expect(page.lineFormats).toEqual([{ "code-block": "go" }]);
    page.commands.run("paragraph");
    expect(page.lineFormats).toEqual([null]);
  });

  it("ticks what is selected", () => {
    const page = desk(line("a", { list: "checked" }), line("b", { list: "unchecked" })).select(0, 3);
    page.commands.run("tick");
    expect(page.lineFormats).toEqual([{ list: "checked" }, { list: "checked" }]);
    page.commands.run("tick");
    expect(page.lineFormats).toEqual([{ list: "unchecked" }, { list: "unchecked" }]);
  });

  it("images are put in and changed", () => {
    const page = desk(line("ab")).select(1);
    expect(page.commands.image({ src: "/api/v1/images/x", alt: "a cat", width: 4 })).toBe(false);
    page.commands.image({ src: "/api/v1/images/x", alt: "a cat", caption: null });
    expect(page.ops[1]).toEqual({ insert: { image: "/api/v1/images/x" }, attributes: { alt: "a cat" } });
    page.selectNode(1).commands.setImage({ width: 200, alt: null });
    expect(page.ops[1]).toEqual({ insert: { image: "/api/v1/images/x" }, attributes: { width: 200 } });
  });
});

describe("undo", () => {
  it("names what it takes back, one item for each command", () => {
    const page = desk(line("")).type("ab").select(0, 2);
    page.commands.bold();
    page.commands.run("heading-2");
    page.commands.clear();
    const names = [];
    while (page.commands.canUndo()) {
      names.push(page.commands.undoName());
      page.commands.undo();
    }
    expect(names).toEqual(["clear", "heading-2", "bold", "typing"]);
    expect(page.commands.redoName()).toBe("typing");
  });

  it("keeps a thousand steps", () => {
    const page = desk(line("a")).select(0, 1);
    for (let n = 0; n < 1100; n += 1) page.commands.bold();
    let steps = 0;
    while (page.commands.undo()) steps += 1;
    expect(steps).toBe(1000);
  });

  it("moves over what thousands of others' changes did", () => {
    const page = desk(line("")).type("mine");
    for (let n = 0; n < 5000; n += 1) page.remote(new DeltaBuilder().insert("x"));
    page.commands.undo();
    expect(page.text).toBe(`${"x".repeat(5000)}\n`);
  });
});
