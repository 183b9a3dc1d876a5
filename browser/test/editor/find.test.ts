import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeltaBuilder } from "../../src/core/delta";
import type { Search } from "../../src/editor/bounded-search";
import { DocumentFinder, type FindHost, type Mark } from "../../src/editor/find";
import { LazyFinder } from "../../src/editor/lazy-finder";
import { patternOf, type Ranges, rangesIn, replacement } from "../../src/editor/matching";
import type { FindQuery } from "../../src/editor/types";
import { Desk } from "./desk";

const query = (text: string, options: Partial<FindQuery> = {}): FindQuery => ({
  text,
  matchCase: false,
  wholeWord: false,
  regexp: false,
  ...options,
});

function found(text: string, line: string, options: Partial<FindQuery> = {}): string[] | null {
  const pattern = patternOf(query(text, options));
  if (!pattern) return null;
  const ranges = rangesIn(line, new RegExp(pattern.source, pattern.flags));
  return Array.from({ length: ranges.length / 2 }, (_, at) => line.slice(ranges[2 * at], ranges[2 * at + 1]));
}

describe("matching", () => {
  it.each<[string, string, Partial<FindQuery>, string[] | null]>([
    ["the", "The other the", {}, ["The", "the", "the"]],
    ["the", "The other the", { matchCase: true }, ["the", "the"]],
    ["the", "The other the", { wholeWord: true }, ["The", "the"]],
    ["über", "Über übermut über_x", { wholeWord: true }, ["Über"]],
    ["é", "cafés é", { wholeWord: true }, ["é"]],
    ["a.c", "abc a.c", {}, ["a.c"]],
    ["(*[", "x (*[ y", {}, ["(*["]],
    ["a.c", "abc a.c", { regexp: true }, ["abc", "a.c"]],
    ["\\d+", "1 22 x", { regexp: true }, ["1", "22"]],
    ["x*", "axxb😀x", { regexp: true }, ["xx", "x"]],
    ["^a|b$", "ab ab", { regexp: true }, ["a", "b"]],
    ["a|b", "ab abc", { regexp: true, wholeWord: true }, []],
    ["(", "(", { regexp: true }, null],
    ["b)|(c", "b c", { regexp: true, wholeWord: true }, null],
    ["", "anything", {}, null],
    [".+", "a\ufffcb", { regexp: true }, []],
    ["😀", "😀😁", {}, ["😀"]],
  ])("%j in %j %j", (text, line, options, expected) => expect(found(text, line, options)).toEqual(expected));

  it("groups are filled in", () => {
    const pattern = patternOf(query("(\\w+)@(?<host>\\w+)", { regexp: true }))!;
    const fill = (text: string) => replacement("to me@home now", 3, 10, pattern, text);
    expect(fill("$2 $1")).toBe("home me");
    expect(fill("$<host>$$ [$&] $3 $")).toBe("home$ [me@home] $3 $");
  });
});

/** Answers when it is told to, as a worker would. */
class Waiting implements Search {
  answer: (() => void) | null = null;
  fail: (() => void) | null = null;
  asked: number[] = [];

  run(
    pattern: { source: string; flags: string },
    texts: readonly string[],
    done: (found: readonly Ranges[] | null) => void,
  ) {
    this.asked.push(texts.length);
    const expression = new RegExp(pattern.source, pattern.flags);
    this.answer = () => done(texts.map((text) => rangesIn(text, expression)));
    this.fail = () => done(null);
  }

  stop(): void {
    this.answer = null;
  }
}

class Page {
  readonly desk: Desk;
  readonly worker = new Waiting();
  readonly finder: DocumentFinder;
  readonly host: FindHost;
  marks: readonly Mark[] = [];
  selected: [number, number] | null = null;
  visible: [number, number] = [0, 0];

  constructor(...lines: string[]) {
    this.desk = new Desk({ insert: `${lines.join("\n")}\n` });
    const { desk } = this;
    this.host = {
      doc: () => desk.state.doc,
      lines: () => desk.binding.lines,
      selection: () => desk.selected.range(),
      canEdit: () => desk.editable,
      slice: (start, end) => desk.binding.slice(desk.state.doc, start, end),
      apply: (delta, name, caret) => {
        desk.selected.target.apply(delta, name, caret);
        this.finder.follow(delta);
      },
      mark: (marks) => {
        this.marks = marks;
      },
      visible: () => this.visible,
      show: () => {},
      select: (from, to) => {
        this.selected = [from, to];
      },
      changed: () => {},
    };
    this.finder = new DocumentFinder(this.host, this.worker);
  }

  remote(change: DeltaBuilder): void {
    this.finder.follow(this.desk.remote(change));
    vi.runAllTimers();
  }

  get counts(): [number, number] {
    return [this.finder.state.current, this.finder.state.count];
  }

  get marked(): string[] {
    return this.marks.map(({ from, to, current }) => {
      const text = this.desk.state.doc.textBetween(from, to);
      return current ? `>${text}` : text;
    });
  }
}

describe("find", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("marks all, begins behind the caret, goes round in both directions", () => {
    const page = new Page("one two", "two", "three two");
    page.desk.select(6);
    page.finder.search(query("two"));
    expect(page.counts).toEqual([2, 3]);
    expect(page.marked).toEqual(["two", ">two", "two"]);
    page.finder.next();
    page.finder.next();
    expect(page.counts).toEqual([1, 3]);
    page.finder.previous();
    expect(page.counts).toEqual([3, 3]);
    page.finder.search(null);
    expect(page.marks).toEqual([]);
    expect(page.desk.state.doc.textBetween(...(page.selected as [number, number]))).toBe("two");
  });

  it("finds across formats", () => {
    const page = new Page("one two");
    page.desk.select(0, 5).commands.bold();
    page.finder.search(query("e tw"));
    expect(page.counts).toEqual([1, 1]);
  });

  it("says what is no expression, and finds nothing then", () => {
    const page = new Page("a(");
    page.finder.search(query("(", { regexp: true }));
    expect(page.finder.state).toMatchObject({ problem: "invalid", count: 0, current: 0 });
    page.finder.search(query("("));
    expect(page.finder.state).toMatchObject({ problem: null, count: 1, current: 1 });
  });

  it("stays with its match while others edit, and finds what they type", () => {
    const page = new Page("a two", "two", "two");
    page.finder.search(query("two"));
    page.finder.next();
    expect(page.counts).toEqual([2, 3]);
    page.remote(new DeltaBuilder().insert("two two\n"));
    expect(page.counts).toEqual([4, 5]);
    page.remote(new DeltaBuilder().retain(14).delete(4));
    expect(page.counts).toEqual([4, 4]);
  });

  it("marks what is in sight when there is very much, and the current one", () => {
    const page = new Page(...Array.from({ length: 1000 }, () => "x"));
    page.visible = [500, 510];
    page.finder.search(query("x"));
    expect(page.finder.state.count).toBe(1000);
    expect(page.marks.length).toBeGreaterThan(11);
    expect(page.marks.length).toBeLessThan(200);
    expect(page.marks.filter(({ current }) => current)).toHaveLength(1);
    page.visible = [0, 10];
    page.finder.scrolled();
    expect(page.marks[5]?.from).toBe(16);
  });

  it("replaces one, and goes to the next behind it", () => {
    const page = new Page("a a", "a");
    page.desk.select(0, 1).commands.italic();
    page.desk.select(0);
    page.finder.search(query("a"));
    expect(page.finder.replace("aa")).toBe(true);
    expect(page.desk.ops[0]).toEqual({ insert: "aa", attributes: { italic: true } });
    expect(page.counts).toEqual([3, 4]);
    page.desk.editable = false;
    expect(page.finder.replace("b")).toBe(false);
  });

  it("replaces all as one item of undo, with the format of each", () => {
    const page = new Page("a b a", "a");
    page.desk.select(0, 1).commands.bold();
    page.finder.search(query("a"));
    expect(page.finder.replaceAll("long")).toBe(3);
    expect(page.desk.text).toBe("long b long\nlong\n");
    expect(page.desk.ops[0]).toEqual({ insert: "long", attributes: { bold: true } });
    expect(page.desk.commands.undoName()).toBe("replace-all");
    page.desk.commands.undo();
    expect(page.desk.text).toBe("a b a\na\n");
    page.finder.search(query("b"));
    expect(page.finder.replaceAll("")).toBe(1);
    expect(page.desk.text).toBe("a  a\na\n");
  });

  it("asks the worker for expressions, later only about lines that changed", () => {
    const page = new Page("a1", "b22", "c");
    page.finder.search(query("(\\d)+", { regexp: true }));
    expect(page.finder.state).toMatchObject({ searching: true, count: 0 });
    expect(page.finder.next()).toBe(false);
    page.worker.answer?.();
    expect(page.counts).toEqual([1, 2]);
    page.remote(new DeltaBuilder().retain(8).insert("3"));
    page.worker.answer?.();
    expect(page.counts).toEqual([1, 3]);
    expect(page.worker.asked).toEqual([3, 1]);
    expect(page.finder.replaceAll("[$1]")).toBe(3);
    expect(page.desk.text).toBe("a[1]\nb[2]\nc[3]\n");
  });

  it("gives up on one that takes too long, until there is another", () => {
    const page = new Page("aaaa");
    page.finder.search(query("(a+)+$", { regexp: true }));
    page.worker.fail?.();
    expect(page.finder.state).toMatchObject({ problem: "slow", count: 0, searching: false });
    page.remote(new DeltaBuilder().insert("a"));
    expect(page.finder.state.problem).toBe("slow");
    page.finder.search(query("a"));
    expect(page.finder.state).toMatchObject({ problem: null, count: 5 });
  });

  it("is loaded when something is looked for, and does that then", async () => {
    vi.useRealTimers();
    const page = new Page("one two", "three");
    const lazy = new LazyFinder(page.host);
    page.desk.select(4, 7);
    expect(lazy.selectedText()).toBe("two");
    expect(page.desk.select(4, 9) && lazy.selectedText()).toBe("");
    expect(lazy.next()).toBe(false);
    lazy.search(query("o"));
    lazy.search(query("two"));
    expect(lazy.state).toMatchObject({ searching: true, count: 0 });
    await vi.waitFor(() => expect(lazy.state).toMatchObject({ searching: false, count: 1 }));
    lazy.close();
  });
});
