// @vitest-environment happy-dom
import { EditorState, TextSelection, type Transaction } from "prosemirror-state";
import { expect, test } from "vitest";
import { Delta } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { toContent, toDocument } from "../../src/editor/schema";
import { Uploads, uploadPlugin } from "../../src/editor/uploads";

/** An editor without a view: a state, its binding, and the uploads under test. */
function desk(text: string, caret: number) {
  const doc = toDocument(new Delta([{ insert: text }]));
  const binding = new Binding(doc);
  let state = EditorState.create({ doc, plugins: [uploadPlugin()] });
  const show = (tr: Transaction) => {
    state = state.apply(tr);
  };
  show(state.tr.setSelection(TextSelection.create(doc, binding.lines.position(caret))));
  const apply = (delta: Delta) => show(binding.write(state.tr, delta));
  const host = { state: () => state, lines: () => binding.lines, canEdit: () => true, show, apply };
  return { uploads: new Uploads(host), apply, content: () => toContent(state.doc).ops };
}

const SRC = "/api/v1/images/i1";

test("an image comes where its mark has moved to meanwhile", () => {
  const { uploads, apply, content } = desk("before\nafter\n", 6);
  const pending = uploads.begin(document.createElement("span"), null);
  apply(new Delta([{ insert: "long " }]));
  apply(new Delta([{ retain: 11 }, { insert: "!" }]));
  expect(pending.place({ src: SRC, alt: "A", width: null })).toBe(true);
  expect(content()).toEqual([
    { insert: "long before!" },
    { insert: { image: SRC }, attributes: { alt: "A" } },
    { insert: "\nafter\n" },
  ]);
});

test("two images on their way do not disturb each other, and one can be left out", () => {
  const { uploads, content } = desk("before\nafter\n", 0);
  const first = uploads.begin(document.createElement("span"), 3);
  const second = uploads.begin(document.createElement("span"), 9);
  first.remove();
  expect(second.place({ src: SRC })).toBe(true);
  expect(content()).toEqual([{ insert: "before\naf" }, { insert: { image: SRC } }, { insert: "ter\n" }]);
});
