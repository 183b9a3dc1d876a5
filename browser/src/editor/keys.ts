/** The keys of a writing program, as people know them. */

import { baseKeymap } from "prosemirror-commands";
import { keymap } from "prosemirror-keymap";
import type { Command, Plugin } from "prosemirror-state";
import type { Selected } from "./commands";
import type { Commands } from "./types";

const LEVELS = [0, 1, 2, 3, 4, 5, 6] as const;

export function keys(commands: Commands, selected: Selected, askForLink: () => void): Plugin[] {
  /** The key is taken even when there was nothing to do: the browser's own meaning must not show. */
  const always =
    (act: () => unknown): Command =>
    (_state, dispatch) => {
      if (dispatch) act();
      return true;
    };
  const own: Record<string, Command> = {
    "Mod-b": always(() => commands.bold()),
    "Mod-i": always(() => commands.italic()),
    "Mod-u": always(() => commands.underline()),
    "Alt-Shift-5": always(() => commands.strike()),
    "Mod-Shift-x": always(() => commands.strike()),
    "Mod-e": always(() => commands.code()),
    "Mod-\\": always(() => commands.clear()),
    "Mod-k": always(askForLink),
    "Mod-Shift-7": always(() => commands.list("ordered")),
    "Mod-Shift-8": always(() => commands.list("bullet")),
    "Mod-Shift-9": always(() => commands.list("unchecked")),
    "Mod-Shift-l": always(() => commands.align("left")),
    "Mod-Shift-e": always(() => commands.align("center")),
    "Mod-Shift-r": always(() => commands.align("right")),
    "Mod-Shift-j": always(() => commands.align("justify")),
    "Mod-]": always(() => commands.indent()),
    "Mod-[": always(() => commands.outdent()),
    "Mod-z": always(() => commands.undo()),
    "Mod-y": always(() => commands.redo()),
    "Mod-Shift-z": always(() => commands.redo()),
    "Mod-Enter": always(() => commands.pageBreak()),
    Enter: always(() => selected.newLine()),
    "Shift-Enter": always(() => selected.newLine()),
    Backspace: () => selected.backwards(),
    "Mod-Backspace": () => selected.backwards(),
    Delete: () => selected.forwards(),
    Tab: () => commands.isActive("list") && commands.indent(),
    "Shift-Tab": () => commands.isActive("list") && commands.outdent(),
  };
  for (const level of LEVELS) own[`Mod-Alt-${level}`] = always(() => commands.header(level));
  return [keymap(own), keymap(baseKeymap)];
}
