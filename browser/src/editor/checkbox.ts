/** The box before a line of a checklist: a press ticks it, and leaves caret and keyboard where they are. */

import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** Whether the press is on the box, which is drawn by the style sheet in the line's padding. */
function onBox(line: Element, clientX: number): boolean {
  const { left, right } = line.getBoundingClientRect();
  const style = getComputedStyle(line);
  const room = Number.parseFloat(style.fontSize) * 1.75;
  const padding = Number.parseFloat(style.paddingInlineStart);
  const inward = style.direction === "rtl" ? right - clientX : clientX - left;
  return inward >= padding - room && inward < padding;
}

function lineOf(view: EditorView, line: Element): number {
  return view.state.doc.resolve(view.posAtDOM(line, 0)).index(0);
}

/** `toggle` is given the number of the line, and says whether it may be changed. */
export function checkboxes(toggle: (line: number) => boolean): Plugin {
  return new Plugin({
    props: {
      handleDOMEvents: {
        mousedown(view, event) {
          const line = event.target instanceof Element && event.target.closest("[data-list$=checked]");
          if (event.button !== 0 || !line || !onBox(line, event.clientX)) return false;
          event.preventDefault();
          return toggle(lineOf(view, line));
        },
      },
    },
  });
}
