// @vitest-environment happy-dom
import { EditorState } from "prosemirror-state";
import type { DecorationSet } from "prosemirror-view";
import { describe, expect, it } from "vitest";
import type { Presence } from "../../src/core/protocol";
import { cursorPlugin, showCursors } from "../../src/editor/cursors";
import { Desk } from "./desk";

const someone = (id: string, index: number, length = 0): Presence => ({
  client_id: id,
  user: { id: `u_${id}`, name: id, color: "#1a73e8" },
  cursor: { index, length },
});

describe("cursors of others", () => {
  const { lines } = new Desk({ insert: "one two\nthree\n" }).binding;
  const { doc } = new Desk({ insert: "one two\nthree\n" }).state;
  const plugin = cursorPlugin();
  const start = EditorState.create({ doc, plugins: [plugin] });
  const decorations = (state: EditorState) =>
    (plugin.getState(state) as DecorationSet).find().map(({ from, to }) => [from, to]);

  it("are carets and selections; only who moved is made anew", () => {
    const first = showCursors(start, [someone("a", 1), someone("b", 4, 3)], lines);
    expect(first?.moved).toEqual(["a", "b"]);
    const state = start.apply(first!.tr);
    expect(decorations(state).sort()).toEqual([
      [2, 2],
      [5, 8],
      [8, 8],
    ]);
    expect(showCursors(state, [someone("a", 1), someone("b", 4, 3)], lines)).toBe(null);
    const second = showCursors(state, [someone("a", 3), someone("b", 4, 3)], lines);
    expect(second?.moved).toEqual(["a"]);
    const gone = showCursors(state.apply(second!.tr), [someone("a", 3)], lines);
    expect(gone?.moved).toEqual([]);
    expect(decorations(state.apply(second!.tr).apply(gone!.tr))).toEqual([[4, 4]]);
  });

  it("move along with edits without being made anew", () => {
    const desk = new Desk({ insert: "one two\nthree\n" });
    const state = start.apply(showCursors(start, [someone("a", 5)], lines)!.tr);
    const tr = state.tr.insertText("xx", 1);
    desk.binding.read(tr);
    expect(showCursors(state.apply(tr), [someone("a", 7)], desk.binding.lines)).toBe(null);
  });
});
