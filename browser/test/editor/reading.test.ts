import { describe, expect, it } from "vitest";
import { DeltaBuilder } from "../../src/core/delta";
import { Counter, countText } from "../../src/editor/counting";
import { Headings } from "../../src/editor/outline";
import { Desk } from "./desk";

describe("words and characters", () => {
  it.each<[string, number, number]>([
    ["", 0, 0],
    ["one two  three", 3, 14],
    ["don't, well-known – and/or", 3, 26],
    ["- * —", 0, 5],
    ["3.5 km", 2, 6],
    ["x—y … z’s", 3, 9],
    ["Ünïcödé ½", 2, 9],
    ["Ελληνικά και русский", 3, 20],
    ["naïve café", 2, 10],
    ["e\u0301te\u0301", 1, 3],
    ["👩‍👩‍👧 family 🇩🇪", 1, 10],
    ["日本語です", 5, 5],
    ["日本語 and Latin", 5, 13],
    ["한국어 문장", 2, 6],
    ["สวัสดีชาวโลก", 3, 10],
    ["a\ufffcb", 2, 2],
  ])("%j: %i words, %i characters", (text, words, characters) => {
    expect(countText(text)).toMatchObject({ words, characters });
  });

  it("are kept up with edits, and equal those of a fresh count", () => {
    const desk = new Desk({ insert: "one two\nthree\nfour five six\n" });
    const counter = new Counter();
    expect(counter.document(desk.state.doc)).toEqual({
      words: 6,
      characters: 25,
      charactersWithoutSpaces: 22,
      minutes: 1,
    });
    for (const delta of [
      new DeltaBuilder().retain(3).insert("\nnew "),
      new DeltaBuilder().delete(10),
      new DeltaBuilder().retain(2).insert("日本\n"),
    ]) {
      desk.remote(delta);
      expect(counter.document(desk.state.doc)).toEqual(new Counter().document(desk.state.doc));
    }
  });

  it("of a range over lines", () => {
    const { doc } = new Desk({ insert: "one two\nthree\nfour five six\n" }).state;
    expect(new Counter().range(doc, [0, 4], [2, 4])).toMatchObject({ words: 3, characters: 12 });
    expect(new Counter().range(doc, [0, 0], [0, 3])).toMatchObject({ words: 1, minutes: 1 });
  });
});

describe("the outline", () => {
  const page = () =>
    new Desk(
      { insert: "Top" },
      { insert: "\n", attributes: { header: 1 } },
      { insert: "text\nUnder" },
      { insert: "\n", attributes: { header: 2 } },
      { insert: "\n", attributes: { header: 3 } },
      { insert: "end\n" },
    );

  it("lists headings that have a text", () => {
    const headings = new Headings().of(page().state.doc);
    expect(headings.map(({ level, text }) => [level, text])).toEqual([
      [1, "Top"],
      [2, "Under"],
    ]);
  });

  it("keeps keys and, when nothing of it changes, the list itself", () => {
    const desk = page();
    const outline = new Headings();
    const before = outline.of(desk.state.doc);
    desk.remote(new DeltaBuilder().retain(5).insert("more\n\n"));
    expect(outline.of(desk.state.doc)).toBe(before);
    expect(outline.lineOf(desk.state.doc, before[1]?.key ?? 0)).toBe(4);
    desk.remote(new DeltaBuilder().insert("The "));
    const after = outline.of(desk.state.doc);
    expect(after[0]).toEqual({ key: before[0]?.key, level: 1, text: "The Top" });
    desk.remote(new DeltaBuilder().delete(8));
    expect(outline.of(desk.state.doc).map(({ key }) => key)).toEqual([before[1]?.key]);
    expect(outline.lineOf(desk.state.doc, before[0]?.key ?? 0)).toBe(null);
  });

  it("knows under which heading a line stands", () => {
    const { doc } = page().state;
    const outline = new Headings();
    const [top, under] = outline.of(doc).map(({ key }) => key);
    expect([0, 1, 2, 4].map((line) => outline.at(doc, line))).toEqual([top, top, under, under]);
    const plain = new Desk({ insert: "a\n" }).state.doc;
    expect(new Headings().at(plain, 0)).toBe(null);
  });

  it("equals a fresh one after random edits", () => {
    const desk = page();
    const outline = new Headings();
    for (let n = 0; n < 200; n += 1) {
      const { length } = desk.binding.lines;
      const at = (n * 7) % length;
      if (n % 3 === 0 && at + 2 < length) desk.remote(new DeltaBuilder().retain(at).delete(2));
      else
        desk.remote(
          new DeltaBuilder().retain(at).insert(n % 2 ? "x\n" : "y", n % 4 === 1 ? { header: 2 } : undefined),
        );
      const shown = outline.of(desk.state.doc).map(({ level, text }) => ({ level, text }));
      const fresh = new Headings().of(desk.state.doc).map(({ level, text }) => ({ level, text }));
      expect(shown).toEqual(fresh);
      const { doc } = desk.state;
      for (const { key, text } of outline.of(doc)) {
        expect(doc.child(outline.lineOf(doc, key) ?? -1).textContent).toBe(text);
      }
    }
  });
});
