/** The commands that a page's toolbar calls, made of what acts on the selection. */

import { equal, type Json } from "../core/delta";
import type { Selected } from "./commands";
import type { Alignment, CommandName, Commands, ListKind } from "./types";
import type { Undo } from "./undo";

const LINE_NAMES: ReadonlySet<string> = new Set([
  "header",
  "list",
  "align",
  "blockquote",
  "code-block",
  "indent",
]);

export function toolbarCommands(
  selected: Selected,
  history: Undo,
  step: { undo(): boolean; redo(): boolean },
  focus: () => void,
): Commands {
  const focused = (did: boolean) => {
    focus();
    return did;
  };
  const toggle = (name: string) => () => focused(selected.toggle(name));
  const valueAtCaret = (name: string): Json => {
    if (LINE_NAMES.has(name)) return selected.lineAttributes()[0]?.[name] ?? null;
    if (name === "link") return selected.linkAround()?.url ?? selected.values(name)[0] ?? null;
    return selected.values(name)[0] ?? null;
  };
  return {
    bold: toggle("bold"),
    italic: toggle("italic"),
    underline: toggle("underline"),
    strike: toggle("strike"),
    code: toggle("code"),
    header: (level) => focused(selected.kind("header", level === 0 ? null : level)),
    list: (kind: ListKind | null) => focused(selected.kind("list", kind)),
    blockquote: () => focused(selected.kind("blockquote", true)),
    codeBlock: () => focused(selected.kind("code-block", true)),
    link: (url) => focused(selected.link(url)),
    indent: () => focused(selected.indent(1)),
    outdent: () => focused(selected.indent(-1)),
    align: (side: Alignment) => focused(selected.eachLine(() => ({ align: side === "left" ? null : side }))),
    color: (value) => focused(selected.format("color", value)),
    background: (value) => focused(selected.format("background", value)),
    divider: () => focused(selected.block({ divider: true })),
    pageBreak: () => focused(selected.block({ "page-break": true })),
    clear: () => focused(selected.clear()),
    undo: () => focused(step.undo()),
    redo: () => focused(step.redo()),
    canUndo: () => history.canUndo,
    canRedo: () => history.canRedo,
    isActive: (name: CommandName, value?: string | number) => {
      const wanted = name === "align" && value === "left" ? null : value;
      const matches = (found: Json) => (wanted === undefined ? found !== null : equal(found, wanted));
      if (LINE_NAMES.has(name)) {
        return selected.lineAttributes().every((attributes) => matches(attributes?.[name] ?? null));
      }
      if (name === "link") return matches(valueAtCaret("link"));
      const values = selected.values(name);
      return values.length > 0 && values.every(matches);
    },
    valueOf: valueAtCaret,
  };
}
