import { beforeEach, describe, expect, it } from "vitest";
import { Desk } from "./desk";

let desk: Desk;
beforeEach(() => {
  desk = new Desk({ insert: "one two\nthree\n" });
});

describe("text formats", () => {
  it("toggle: set unless all of the selection has it", () => {
    desk.select(0, 3).commands.bold();
    expect(desk.ops[0]).toEqual({ insert: "one", attributes: { bold: true } });
    desk.select(0, 5);
    expect(desk.commands.isActive("bold")).toBe(false);
    desk.commands.bold();
    expect(desk.ops[0]).toEqual({ insert: "one t", attributes: { bold: true } });
    desk.select(1, 4);
    expect(desk.commands.isActive("bold")).toBe(true);
    desk.commands.bold();
    expect(desk.ops[1]).toEqual({ insert: "ne " });
  });

  it("with nothing selected the next typed text bears it", () => {
    desk.select(2).commands.italic();
    expect(desk.typing).toEqual([["italic", true]]);
  });

  it("nothing happens where one may not edit", () => {
    desk.editable = false;
    expect(desk.select(0, 3).commands.bold()).toBe(false);
    expect(desk.commands.header(1)).toBe(false);
    expect(desk.ops).toEqual([{ insert: "one two\nthree\n" }]);
  });

  it("clear takes text formats, and line formats of whole lines", () => {
    desk.select(0, 12).commands.bold();
    desk.commands.header(2);
    desk.select(0, 3).commands.clear();
    expect(desk.ops[0]).toEqual({ insert: "one" });
    expect(desk.commands.isActive("header", 2)).toBe(true);
    desk.select(0, 13).commands.clear();
    expect(desk.ops.every((op) => !("attributes" in op) || !("header" in (op.attributes ?? {})))).toBe(true);
  });
});

describe("links", () => {
  it("of the selection, found again at the caret, changed as a whole, removed", () => {
    expect(desk.select(4, 7).commands.link("https://a.example/")).toBe(true);
    desk.select(5);
    expect(desk.commands.valueOf("link")).toBe("https://a.example/");
    expect(desk.linking.around()).toEqual({ url: "https://a.example/", from: 4, to: 7 });
    desk.commands.link("mailto:a@b.example");
    expect(desk.ops[1]).toEqual({ insert: "two", attributes: { link: "mailto:a@b.example" } });
    desk.commands.link(null);
    expect(desk.ops).toEqual([{ insert: "one two\nthree\n" }]);
  });

  it("with nothing selected the URL itself is put in", () => {
    desk.select(3).commands.link("https://x.example");
    expect(desk.ops[1]).toEqual({ insert: "https://x.example", attributes: { link: "https://x.example" } });
    expect(desk.caret).toBe(20);
  });

  it.each([
    "javascript:alert(1)",
    "java\nscript:x",
    "data:text/html,x",
    "http://",
    " https://a",
    "vbscript:x",
    "//a.example",
  ])("%j is not one", (url) => expect(desk.select(0, 3).commands.link(url)).toBe(false));
});

describe("lines", () => {
  it("a kind replaces another kind, and is taken away when it is there", () => {
    desk.select(0, 9).commands.list("bullet");
    expect(desk.commands.isActive("list", "bullet")).toBe(true);
    desk.commands.header(1);
    expect(desk.ops[1]).toEqual({ insert: "\n", attributes: { header: 1 } });
    desk.commands.header(1);
    expect(desk.ops).toEqual([{ insert: "one two\nthree\n" }]);
  });

  it("indents from nothing to 8, and back", () => {
    for (let n = 0; n < 9; n += 1) desk.select(0).commands.indent();
    expect(desk.ops[1]).toEqual({ insert: "\n", attributes: { indent: 8 } });
    for (let n = 0; n < 9; n += 1) desk.commands.outdent();
    expect(desk.commands.outdent()).toBe(false);
    expect(desk.ops).toEqual([{ insert: "one two\nthree\n" }]);
  });

  it("left is the absence of an alignment", () => {
    desk.select(0).commands.align("center");
    expect(desk.commands.isActive("align", "center")).toBe(true);
    desk.commands.align("left");
    expect(desk.commands.isActive("align", "left")).toBe(true);
    expect(desk.ops).toEqual([{ insert: "one two\nthree\n" }]);
  });

  it("everything selected is every line", () => {
    desk.selectAll().commands.list("ordered");
    expect(desk.ops.filter((op) => "attributes" in op)).toHaveLength(2);
  });

  it("a divider gets a line of its own", () => {
    desk.select(3).commands.divider();
    expect(desk.ops).toEqual([
      { insert: "one\n" },
      { insert: { divider: true } },
      { insert: "\n two\nthree\n" },
    ]);
    expect(desk.caret).toBe(6);
  });
});

describe("Enter, Backspace and Delete", () => {
  it("Enter behind a heading goes on with text; inside it with a heading", () => {
    desk.select(0).commands.header(1);
    desk.select(7).borders.newLine();
    expect(desk.ops.slice(0, 2)).toEqual([
      { insert: "one two" },
      { insert: "\n", attributes: { header: 1 } },
    ]);
    expect(desk.ops[2]).toEqual({ insert: "\nthree\n" });
    desk.select(3).borders.newLine();
    expect(desk.ops.filter((op) => "attributes" in op)).toHaveLength(2);
  });

  it("Enter in an empty item leaves the list, and behind a done item comes one to do", () => {
    desk = new Desk({ insert: "\n", attributes: { list: "bullet" } });
    desk.select(0).borders.newLine();
    expect(desk.ops).toEqual([{ insert: "\n" }]);
    desk = new Desk({ insert: "done" }, { insert: "\n", attributes: { list: "checked" } });
    desk.select(4).borders.newLine();
    expect(desk.ops.slice(1)).toEqual([
      { insert: "\n", attributes: { list: "checked" } },
      { insert: "\n", attributes: { list: "unchecked" } },
    ]);
  });

  it("Enter replaces the selection, over lines too", () => {
    desk.select(3, 9).borders.newLine();
    expect(desk.ops).toEqual([{ insert: "one\nhree\n" }]);
    expect(desk.caret).toBe(4);
  });

  it("Backspace at a line's beginning takes indent, then kind, then joins", () => {
    desk.select(8).commands.list("bullet");
    desk.commands.indent();
    for (const left of [{ list: "bullet" }, null]) {
      expect(desk.select(8).borders.backwards()).toBe(true);
      expect(desk.lineFormats[1]).toEqual(left);
    }
    desk.borders.backwards();
    expect(desk.ops).toEqual([{ insert: "one twothree\n" }]);
    expect(desk.select(0).borders.backwards()).toBe(false);
    expect(desk.select(2).borders.backwards()).toBe(false);
  });

  it("Delete at a line's end joins and keeps the first line's attributes", () => {
    desk.select(0).commands.header(3);
    expect(desk.select(7).borders.forwards()).toBe(true);
    expect(desk.ops).toEqual([{ insert: "one twothree" }, { insert: "\n", attributes: { header: 3 } }]);
    expect(desk.select(12).borders.forwards()).toBe(false);
  });
});
