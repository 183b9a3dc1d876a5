/** The fuzz of the binding with a real view in a real browser: what is drawn must be what is held. */

import type { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { runCase, type Stage } from "../editor/fuzz";

/** The text that the DOM shows, line by line, widgets and the browser's fillers left out. */
function drawn(view: EditorView): string[] {
  return Array.from(view.dom.children, (line) => line.textContent ?? "");
}

function held(doc: Node): string[] {
  const lines: string[] = [];
  doc.forEach((line) => {
    lines.push(line.textContent);
  });
  return lines;
}

function viewStage(mount: HTMLElement, doc: Node): { stage: Stage; close(): void } {
  const view = new EditorView(mount, { state: EditorState.create({ doc }) });
  const stage: Stage = {
    state: () => view.state,
    dispatch: (tr) => {
      view.updateState(view.state.apply(tr));
      const [shown, kept] = [JSON.stringify(drawn(view)), JSON.stringify(held(view.state.doc))];
      if (shown !== kept) throw new Error(`drawn ${shown}, held ${kept}`);
    },
  };
  return { stage, close: () => view.destroy() };
}

/** Plays `cases` cases from `seed` on and gives how many; throws at the first that fails. */
export function runFuzz(seed: number, cases: number): number {
  const mount = document.body.appendChild(document.createElement("div"));
  for (let at = 0; at < cases; at += 1) {
    let close = () => {};
    runCase(seed + at, (doc) => {
      const opened = viewStage(mount, doc);
      close = opened.close;
      return opened.stage;
    });
    close();
  }
  mount.remove();
  return cases;
}
