/** The keyboard: the commands' shortcuts, what keys do at the borders of lines, and Markdown. */

import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Borders } from "./borders";
import type { Markdown } from "./markdown";
import { type CommandId, commandOfKey, isPageCommand } from "./shortcuts";

export const onMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

export interface Writing {
  borders: Borders;
  markdown: Markdown;
  run(id: CommandId): boolean;
  /** Text typed over a selection; false leaves it to the view. */
  typedOver(from: number, to: number, text: string): boolean;
}

export function keys({ borders, markdown, run, typedOver }: Writing): Plugin[] {
  return [shortcuts(run), atBorders(borders, markdown), typing(borders, markdown, typedOver)];
}

function shortcuts(run: (id: CommandId) => boolean): Plugin {
  return new Plugin({
    props: {
      handleKeyDown(_view, event) {
        const id = commandOfKey(event, onMac());
        if (id === null) return false;
        // The key is taken even when there was nothing to do: the browser's own meaning must not show.  Where the
        // page has nothing for it, that is better than none.
        return run(id) || !isPageCommand(id);
      },
    },
  });
}

/** The key by what it does: a Mac has two more for deleting. */
function keyOf({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): string {
  if (onMac() && ctrlKey && !metaKey && !altKey) return { h: "Backspace", d: "Delete" }[key] ?? key;
  return key;
}

/** What is selected goes; else what stands at a line's border is `otherwise`'s. */
function deleted(view: EditorView, otherwise: () => boolean): boolean {
  if (view.state.selection.empty || !view.editable) return otherwise();
  view.dispatch(view.state.tr.deleteSelection().scrollIntoView());
  return true;
}

function atBorders(borders: Borders, markdown: Markdown): Plugin {
  // Escape makes the next Tab go to the next control instead of into the text, so that nobody is caught in it.
  let leaving = false;
  return new Plugin({
    props: {
      handleKeyDown(view, event) {
        const key = keyOf(event);
        const withMod = event.ctrlKey || event.metaKey || event.altKey;
        if (key !== "Tab" && key !== "Shift") leaving = key === "Escape";
        switch (key) {
          case "Enter":
            if (event.shiftKey) borders.softLine();
            else markdown.newLine();
            return true;
          case "Backspace":
            return deleted(view, () => borders.backwards());
          case "Delete":
            return deleted(view, () => borders.forwards());
          case "Tab":
            if (leaving || withMod) return false;
            return event.shiftKey ? borders.backTab() : borders.tab();
          default:
            return false;
        }
      },
    },
  });
}

function typing(borders: Borders, markdown: Markdown, typedOver: Writing["typedOver"]): Plugin {
  return new Plugin({
    props: {
      handleTextInput(view, from, to, text, typed) {
        if (view.composing || !view.editable) return false;
        if (borders.typedBesideDivision(text) || typedOver(from, to, text)) return true;
        view.dispatch(typed());
        markdown.typed(text);
        return true;
      },
    },
  });
}
