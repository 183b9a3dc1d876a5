/** The keyboard: the commands' shortcuts, what keys do at the borders of lines, and Markdown. */

import { baseKeymap } from "prosemirror-commands";
import { keymap } from "prosemirror-keymap";
import { type Command, Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Borders } from "./borders";
import type { Markdown } from "./markdown";
import { type CommandId, commandOfKey, isPageCommand } from "./shortcuts";

export const onMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

export interface Writing {
  borders: Borders;
  markdown: Markdown;
  run(id: CommandId): boolean;
}

export function keys({ borders, markdown, run }: Writing): Plugin[] {
  /** The key is taken even when there was nothing to do: the browser's own meaning must not show. */
  const always =
    (act: () => unknown): Command =>
    (_state, dispatch) => {
      if (dispatch) act();
      return true;
    };
  // Escape makes the next Tab go to the next control instead of into the text, so that nobody is caught in it.
  let leaving = false;
  const escaping = new Plugin({
    props: {
      handleKeyDown(_view, { key }) {
        if (key !== "Tab" && key !== "Shift") leaving = key === "Escape";
        return false;
      },
    },
  });
  const atBorders: Record<string, Command> = {
    Enter: always(() => markdown.newLine()),
    "Shift-Enter": always(() => borders.softLine()),
    Backspace: () => borders.backwards(),
    "Shift-Backspace": () => borders.backwards(),
    Delete: () => borders.forwards(),
    Tab: () => !leaving && borders.tab(),
    "Shift-Tab": () => !leaving && borders.backTab(),
  };
  return [escaping, shortcuts(run), typing(borders, markdown), keymap(atBorders), keymap(baseKeymap)];
}

function shortcuts(run: (id: CommandId) => boolean): Plugin {
  return new Plugin({
    props: {
      handleKeyDown(_view, event) {
        const id = commandOfKey(event, onMac());
        if (id === null) return false;
        // Where the page has nothing for it, the browser's own meaning is better than none.
        return run(id) || !isPageCommand(id);
      },
    },
  });
}

function typing(borders: Borders, markdown: Markdown): Plugin {
  return new Plugin({
    props: {
      handleTextInput(view: EditorView, _from, _to, text, typed) {
        if (view.composing || !view.editable) return false;
        if (borders.typedBesideDivision(text)) return true;
        view.dispatch(typed());
        markdown.typed(text);
        return true;
      },
    },
  });
}
