/** The commands that a page calls, made of what acts on the selection. */

import type { Json } from "../core/delta";
import { KINDS, type Selected, withoutKind } from "./commands";
import { isAllowed, LINE_FORMATS } from "./formats";
import type { Linking } from "./linking";
import type { Numbering } from "./numbering";
import { commandInfo, isPageCommand, type NativeCommandId, type PageCommandId } from "./shortcuts";
import type {
  Access,
  CommandId,
  CommandName,
  CommandStatus,
  Commands,
  FormatName,
  Formats,
  Reason,
} from "./types";
import type { Undo } from "./undo";

/** What commands are made of. */
export interface Parts {
  selected: Selected;
  linking: Linking;
  numbering: Numbering;
  history: Undo;
  step(direction: "undo" | "redo"): boolean;
  selectAll(): void;
  /** Why nothing may be edited; null when it may. */
  reason(): Access["reason"];
  /** Says whether the page does such things. */
  perform(id: PageCommandId): boolean;
  focus(): void;
}

type Acts = Record<Exclude<CommandId, PageCommandId | NativeCommandId>, () => boolean>;

const ALIGNMENTS = { left: null, center: "center", right: "right", justify: "justify" } as const;

/** What each command does, by its id. */
function actsOf(parts: Parts): Acts {
  const { selected, linking, numbering } = parts;
  const toggle = (name: "bold" | "italic" | "underline" | "strike" | "code") => () =>
    selected.toggle(name, name);
  const heading = (level: 1 | 2 | 3 | 4 | 5 | 6) => () =>
    selected.toggleKind("header", level, `heading-${level}`);
  const align = (side: keyof typeof ALIGNMENTS) => () =>
    selected.eachLine(`align-${side}`, () => ({ align: ALIGNMENTS[side] }));
  return {
    undo: () => parts.step("undo"),
    redo: () => parts.step("redo"),
    "select-all": () => {
      parts.selectAll();
      return true;
    },
    bold: toggle("bold"),
    italic: toggle("italic"),
    underline: toggle("underline"),
    strike: toggle("strike"),
    code: toggle("code"),
    superscript: () => selected.toggle("script", "superscript", "super"),
    subscript: () => selected.toggle("script", "subscript", "sub"),
    bigger: () => selected.resize(1, "bigger"),
    smaller: () => selected.resize(-1, "smaller"),
    clear: () => selected.clear(),
    // An item of a list stays one, as a heading in a list would.
    paragraph: () =>
      selected.eachLine("paragraph", (has) => ({ ...withoutKind(has), list: has.list ?? null })),
    "heading-1": heading(1),
    "heading-2": heading(2),
    "heading-3": heading(3),
    "heading-4": heading(4),
    "heading-5": heading(5),
    "heading-6": heading(6),
    blockquote: () => selected.toggleKind("blockquote", true, "blockquote"),
    "code-block": () => selected.setKind("code-block", selected.summary().inCode ? null : true, "code-block"),
    "align-left": align("left"),
    "align-center": align("center"),
    "align-right": align("right"),
    "align-justify": align("justify"),
    indent: () => selected.indent(1),
    outdent: () => selected.indent(-1),
    "left-to-right": () => selected.eachLine("left-to-right", () => ({ direction: null })),
    "right-to-left": () => selected.eachLine("right-to-left", () => ({ direction: "rtl" })),
    "ordered-list": () => selected.toggleKind("list", "ordered", "ordered-list"),
    "bullet-list": () => selected.toggleKind("list", "bullet", "bullet-list"),
    checklist: () => {
      const all = selected.summary().allChecklists;
      return selected.setKind("list", all ? null : "unchecked", "checklist");
    },
    tick: () => selected.tickSelected(),
    "restart-numbering": () => numbering.restart(),
    "continue-numbering": () => numbering.goOn(),
    unlink: () => linking.set(null),
    divider: () => selected.block({ divider: true }),
    "page-break": () => selected.block({ "page-break": true }),
  };
}

/** Sets a format to a value that was found allowed. */
function setFormat({ selected, linking }: Parts, name: FormatName, value: Json): boolean {
  if (name === "link") return linking.set(value as string | null);
  if (!LINE_FORMATS.has(name)) return selected.format(name, value, "format");
  if (KINDS.includes(name)) return selected.setKind(name, value, "format");
  return selected.eachLine("format", () => ({ [name]: value }));
}

const NOT_IN_CODE: ReadonlySet<CommandId> = new Set<CommandId>([
  "bold",
  "italic",
  "underline",
  "strike",
  "code",
  "superscript",
  "subscript",
  "bigger",
  "smaller",
  "link",
  "image",
]);
/** What a reader may do. */
const FOR_READERS: ReadonlySet<CommandId> = new Set<CommandId>([
  "select-all",
  "copy",
  "find",
  "find-next",
  "find-previous",
  "save",
  "print",
  "word-count",
  "outline",
  "history",
  "authors",
  "full-screen",
  "shortcuts",
  "palette",
]);

function reasonAgainst(parts: Parts, id: CommandId): Reason | null {
  const { selected, linking, numbering, history } = parts;
  const access = parts.reason();
  if (access && !FOR_READERS.has(id)) return access;
  const summary = selected.summary();
  switch (id) {
    case "undo":
      return history.canUndo ? null : "nothing-to-undo";
    case "redo":
      return history.canRedo ? null : "nothing-to-redo";
    case "cut":
    case "copy":
      return summary.state.selection.empty ? "no-selection" : null;
    case "unlink":
      return linking.around() || summary.value("link") !== null ? null : "no-link";
    case "tick":
      return summary.hasChecklist ? null : "no-checklist";
    case "restart-numbering":
      return numbering.canRestart ? null : "no-list";
    case "continue-numbering":
      return numbering.canGoOn ? null : "no-list";
    default:
      return summary.inCode && NOT_IN_CODE.has(id) ? "in-code" : null;
  }
}

/** Whether what a command sets is there; null for one that sets nothing. */
function activeOf({ selected, linking }: Parts, id: CommandId): boolean | "mixed" | null {
  const summary = selected.summary();
  const heading = /^heading-(\d)$/.exec(id)?.[1];
  if (heading) return summary.has("header", Number(heading)) === true;
  if (id.startsWith("align-")) {
    const side = id.slice("align-".length) as keyof typeof ALIGNMENTS;
    return summary.has("align", ALIGNMENTS[side]) === true;
  }
  switch (id) {
    case "bold":
    case "italic":
    case "underline":
    case "strike":
    case "code":
    case "blockquote":
    case "code-block":
      return summary.has(id);
    case "superscript":
      return summary.has("script", "super");
    case "subscript":
      return summary.has("script", "sub");
    case "paragraph":
      return KINDS.every((kind) => kind === "list" || summary.has(kind) === false);
    case "ordered-list":
      return summary.has("list", "ordered");
    case "bullet-list":
      return summary.has("list", "bullet");
    case "checklist":
      return summary.allChecklists || (summary.hasChecklist && "mixed");
    case "left-to-right":
      return summary.has("direction") === false;
    case "right-to-left":
      return summary.has("direction");
    case "link":
      return linking.around() !== null || summary.has("link");
    default:
      return null;
  }
}

export function toolbarCommands(parts: Parts): Commands {
  const { selected, linking, history } = parts;
  const acts = actsOf(parts);
  const focused = (did: boolean) => {
    parts.focus();
    return did;
  };
  const status = (id: CommandId): CommandStatus => {
    const reason = reasonAgainst(parts, id);
    return { enabled: reason === null, reason, active: activeOf(parts, id) };
  };
  const run = (id: CommandId): boolean => {
    if (reasonAgainst(parts, id) !== null || commandInfo(id).native) return false;
    if (isPageCommand(id)) return parts.perform(id);
    return focused(acts[id as keyof Acts]());
  };
  const valueAtCaret = (name: string): Json =>
    (name === "link" ? linking.around()?.url : null) ?? selected.summary().value(name);
  return {
    run,
    status,
    set: (name, value) =>
      (value === null || isAllowed(name, value)) && focused(setFormat(parts, name, value)),
    format: <Name extends FormatName>(name: Name) => ({
      value: valueAtCaret(name) as Formats[Name] | null,
      mixed: selected.summary().mixed(name),
    }),
    bold: () => focused(acts.bold()),
    italic: () => focused(acts.italic()),
    underline: () => focused(acts.underline()),
    strike: () => focused(acts.strike()),
    code: () => focused(acts.code()),
    header: (level) => focused(level === 0 ? acts.paragraph() : acts[`heading-${level}`]()),
    list: (kind) =>
      focused(
        kind === null
          ? selected.setKind("list", null, "format")
          : selected.toggleKind("list", kind, kind === "bullet" ? "bullet-list" : listName(kind)),
      ),
    blockquote: () => focused(acts.blockquote()),
    codeBlock: () => focused(acts["code-block"]()),
    link: (url) => focused(linking.set(url)),
    linkWithText: (url, text) => focused(linking.setWithText(url, text)),
    indent: () => focused(acts.indent()),
    outdent: () => focused(acts.outdent()),
    align: (side) => focused(acts[`align-${side}`]()),
    color: (value) => focused(selected.format("color", value, "format")),
    background: (value) => focused(selected.format("background", value, "format")),
    divider: () => focused(acts.divider()),
    pageBreak: () => focused(acts["page-break"]()),
    image: (image) => focused(selected.image(image)),
    setImage: (change) => focused(selected.setImage(change)),
    clear: () => focused(acts.clear()),
    undo: () => focused(acts.undo()),
    redo: () => focused(acts.redo()),
    canUndo: () => history.canUndo,
    canRedo: () => history.canRedo,
    undoName: () => history.undoName,
    redoName: () => history.redoName,
    isActive: (name: CommandName, value?: string | number) => {
      if (name === "link" && linking.around()) return true;
      const wanted = name === "align" && value === "left" ? null : value;
      return selected.summary().has(name, wanted) === true;
    },
    valueOf: valueAtCaret,
  };
}

const listName = (kind: "ordered" | "checked" | "unchecked") =>
  kind === "ordered" ? "ordered-list" : "checklist";
