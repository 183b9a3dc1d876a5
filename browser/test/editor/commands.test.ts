import { AllSelection, EditorState, TextSelection } from "prosemirror-state";
import { beforeEach, describe, expect, it } from "vitest";
import { Delta, type Op } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { Selected } from "../../src/editor/commands";
import { toContent, toDocument } from "../../src/editor/schema";
import { toolbarCommands } from "../../src/editor/toolbar";
import type { Commands } from "../../src/editor/types";
import { Undo } from "../../src/editor/undo";

/** The commands on a state without a view. */
class Desk {
  state: EditorState;
  binding: Binding;
  editable = true;
  typing: [string, unknown][] = [];
  readonly selected: Selected;
  readonly commands: Commands;

  constructor(...ops: Op[]) {
    const doc = toDocument(Delta.from(ops));
    this.state = EditorState.create({ doc });
    this.binding = new Binding(doc);
    this.selected = new Selected({
      state: () => this.state,
      lines: () => this.binding.lines,
      canEdit: () => this.editable,
      apply: (delta, caret) => {
        const tr = this.binding.write(this.state.tr, delta);
        if (caret !== undefined)
          tr.setSelection(TextSelection.create(tr.doc, this.binding.lines.position(caret)));
        this.state = this.state.apply(tr);
      },
      setTyping: (name, value) => this.typing.push([name, value]),
    });
    const step = { undo: () => false, redo: () => false };
    this.commands = toolbarCommands(this.selected, new Undo(), step, () => {});
  }

  select(from: number, to = from): this {
    const { lines } = this.binding;
    const selection = TextSelection.create(this.state.doc, lines.position(from), lines.position(to));
    this.state = this.state.apply(this.state.tr.setSelection(selection));
    return this;
  }

  get ops(): readonly Op[] {
    return toContent(this.state.doc).ops;
  }

  get caret(): number {
    return this.binding.lines.index(this.state.selection.head);
  }
}

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
    expect(desk.selected.linkAround()).toEqual({ url: "https://a.example/", from: 4, to: 7 });
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
    desk.state = desk.state.apply(desk.state.tr.setSelection(new AllSelection(desk.state.doc)));
    desk.commands.list("ordered");
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
    desk.select(7).selected.newLine();
    expect(desk.ops.slice(0, 2)).toEqual([
      { insert: "one two" },
      { insert: "\n", attributes: { header: 1 } },
    ]);
    expect(desk.ops[2]).toEqual({ insert: "\nthree\n" });
    desk.select(3).selected.newLine();
    expect(desk.ops.filter((op) => "attributes" in op)).toHaveLength(2);
  });

  it("Enter in an empty item leaves the list, and behind a done item comes one to do", () => {
    desk = new Desk({ insert: "\n", attributes: { list: "bullet" } });
    desk.select(0).selected.newLine();
    expect(desk.ops).toEqual([{ insert: "\n" }]);
    desk = new Desk({ insert: "done" }, { insert: "\n", attributes: { list: "checked" } });
    desk.select(4).selected.newLine();
    expect(desk.ops.slice(1)).toEqual([
      { insert: "\n", attributes: { list: "checked" } },
      { insert: "\n", attributes: { list: "unchecked" } },
    ]);
  });

  it("Enter replaces the selection, over lines too", () => {
    desk.select(3, 9).selected.newLine();
    expect(desk.ops).toEqual([{ insert: "one\nhree\n" }]);
    expect(desk.caret).toBe(4);
  });

  it("Backspace at a line's beginning takes indent, then kind, then joins", () => {
    desk.select(8).commands.list("bullet");
    desk.commands.indent();
    for (const left of [{ list: "bullet" }, undefined]) {
      expect(desk.select(8).selected.backwards()).toBe(true);
      expect(desk.selected.lineAttributes()[0]).toEqual(left);
    }
    desk.selected.backwards();
    expect(desk.ops).toEqual([{ insert: "one twothree\n" }]);
    expect(desk.select(0).selected.backwards()).toBe(false);
    expect(desk.select(2).selected.backwards()).toBe(false);
  });

  it("Delete at a line's end joins and keeps the first line's attributes", () => {
    desk.select(0).commands.header(3);
    expect(desk.select(7).selected.forwards()).toBe(true);
    expect(desk.ops).toEqual([{ insert: "one twothree" }, { insert: "\n", attributes: { header: 3 } }]);
    expect(desk.select(12).selected.forwards()).toBe(false);
  });
});
