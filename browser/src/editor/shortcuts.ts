/**
 * Every command, once: menus, tooltips, the list of shortcuts, the palette and the keyboard read this table.
 *
 * Keys are written as "Mod-Shift-7"; Mod is Cmd on a Mac and Ctrl elsewhere.  Where a Mac's keys differ they stand apart.
 * Digits and letters mean the key's place when the layout gives another character there, as with Alt on a Mac.
 */

export type CommandGroup = "history" | "text" | "paragraph" | "list" | "insert" | "review" | "find" | "page";

interface Row {
  id: string;
  group: CommandGroup;
  /** The first is the one that menus show. */
  keys?: readonly string[];
  mac?: readonly string[];
  /** The page performs it: it opens a dialog, a bar or a menu. */
  page?: true;
  /** The browser performs it by itself; it is listed, not bound. */
  native?: true;
}

const ROWS = [
  { id: "undo", group: "history", keys: ["Mod-z"] },
  { id: "redo", group: "history", keys: ["Mod-y", "Mod-Shift-z"], mac: ["Mod-Shift-z", "Mod-y"] },
  { id: "cut", group: "history", keys: ["Mod-x"], native: true },
  { id: "copy", group: "history", keys: ["Mod-c"], native: true },
  { id: "paste", group: "history", keys: ["Mod-v"], native: true },
  { id: "paste-plain", group: "history", keys: ["Mod-Shift-v"], native: true },
  { id: "select-all", group: "history", keys: ["Mod-a"] },

  { id: "bold", group: "text", keys: ["Mod-b"] },
  { id: "italic", group: "text", keys: ["Mod-i"] },
  { id: "underline", group: "text", keys: ["Mod-u"] },
  { id: "strike", group: "text", keys: ["Alt-Shift-5", "Mod-Shift-x"], mac: ["Mod-Shift-x"] },
  { id: "code", group: "text", keys: ["Mod-e"] },
  { id: "superscript", group: "text", keys: ["Mod-."] },
  { id: "subscript", group: "text", keys: ["Mod-,"] },
  { id: "bigger", group: "text", keys: ["Mod-Shift-."] },
  { id: "smaller", group: "text", keys: ["Mod-Shift-,"] },
  { id: "clear", group: "text", keys: ["Mod-\\"] },

  { id: "paragraph", group: "paragraph", keys: ["Mod-Alt-0"] },
  { id: "heading-1", group: "paragraph", keys: ["Mod-Alt-1"] },
  { id: "heading-2", group: "paragraph", keys: ["Mod-Alt-2"] },
  { id: "heading-3", group: "paragraph", keys: ["Mod-Alt-3"] },
  { id: "heading-4", group: "paragraph", keys: ["Mod-Alt-4"] },
  { id: "heading-5", group: "paragraph", keys: ["Mod-Alt-5"] },
  { id: "heading-6", group: "paragraph", keys: ["Mod-Alt-6"] },
  { id: "blockquote", group: "paragraph" },
  { id: "code-block", group: "paragraph" },
  { id: "align-left", group: "paragraph", keys: ["Mod-Shift-l"] },
  { id: "align-center", group: "paragraph", keys: ["Mod-Shift-e"] },
  { id: "align-right", group: "paragraph", keys: ["Mod-Shift-r"] },
  { id: "align-justify", group: "paragraph", keys: ["Mod-Shift-j"] },
  { id: "indent", group: "paragraph", keys: ["Mod-]"] },
  { id: "outdent", group: "paragraph", keys: ["Mod-["] },
  { id: "left-to-right", group: "paragraph" },
  { id: "right-to-left", group: "paragraph" },

  { id: "ordered-list", group: "list", keys: ["Mod-Shift-7"] },
  { id: "bullet-list", group: "list", keys: ["Mod-Shift-8"] },
  { id: "checklist", group: "list", keys: ["Mod-Shift-9"] },
  { id: "tick", group: "list", keys: ["Mod-Alt-Enter"] },
  { id: "restart-numbering", group: "list" },
  { id: "continue-numbering", group: "list" },

  { id: "link", group: "insert", keys: ["Mod-k"], page: true },
  { id: "unlink", group: "insert" },
  { id: "image", group: "insert", page: true },
  { id: "divider", group: "insert" },
  { id: "page-break", group: "insert", keys: ["Mod-Enter"] },

  { id: "comment", group: "review", keys: ["Mod-Alt-m"], page: true },
  { id: "comments", group: "review", keys: ["Mod-Alt-Shift-a"], page: true },
  { id: "next-comment", group: "review", keys: ["Mod-Alt-n"], page: true },
  { id: "previous-comment", group: "review", keys: ["Mod-Alt-p"], page: true },
  { id: "accept-suggestion", group: "review", keys: ["Mod-Alt-y"], page: true },
  { id: "reject-suggestion", group: "review", keys: ["Mod-Alt-Shift-y"], page: true },
  { id: "mode-editing", group: "review", keys: ["Mod-Alt-Shift-z"], page: true },
  { id: "mode-suggesting", group: "review", keys: ["Mod-Alt-Shift-x"], page: true },
  { id: "mode-viewing", group: "review", keys: ["Mod-Alt-Shift-c"], page: true },

  { id: "find", group: "find", keys: ["Mod-f"], page: true },
  { id: "find-next", group: "find", keys: ["Mod-g"], page: true },
  { id: "find-previous", group: "find", keys: ["Mod-Shift-g"], page: true },
  { id: "replace", group: "find", keys: ["Mod-h"], mac: ["Mod-Shift-h"], page: true },

  { id: "save", group: "page", keys: ["Mod-s"], page: true },
  { id: "print", group: "page", keys: ["Mod-p"], page: true },
  { id: "word-count", group: "page", keys: ["Mod-Shift-c"], page: true },
  { id: "outline", group: "page", keys: ["Mod-Alt-h"], page: true },
  { id: "history", group: "page", keys: ["Mod-Alt-Shift-h"], page: true },
  { id: "authors", group: "page", page: true },
  { id: "full-screen", group: "page", keys: ["Mod-Shift-f"], page: true },
  { id: "shortcuts", group: "page", keys: ["Mod-/"], page: true },
  { id: "palette", group: "page", keys: ["Alt-/"], page: true },
] as const satisfies readonly Row[];

type AnyRow = (typeof ROWS)[number];
export type CommandId = AnyRow["id"];
export type PageCommandId = Extract<AnyRow, { page: true }>["id"];
export type NativeCommandId = Extract<AnyRow, { native: true }>["id"];
export type TextCommandId = Exclude<CommandId, PageCommandId | NativeCommandId>;

export interface CommandInfo {
  id: CommandId;
  group: CommandGroup;
  /** Its name's key in the catalogue. */
  label: `command.${CommandId}`;
  keys: readonly string[];
  mac: readonly string[];
  page: boolean;
  native: boolean;
}

export const COMMANDS: readonly CommandInfo[] = ROWS.map((row: Row & { id: CommandId }) => ({
  id: row.id,
  group: row.group,
  label: `command.${row.id}` as const,
  keys: row.keys ?? [],
  mac: row.mac ?? row.keys ?? [],
  page: row.page ?? false,
  native: row.native ?? false,
}));

const BY_ID = new Map(COMMANDS.map((command) => [command.id, command]));

export const commandInfo = (id: CommandId): CommandInfo => BY_ID.get(id) as CommandInfo;
export const isPageCommand = (id: CommandId): id is PageCommandId => commandInfo(id).page;

/** What of a `KeyboardEvent` tells which key it is. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing?: boolean;
  getModifierState?(name: string): boolean;
}

/** The command that a key press means; null for none, and for what the browser does by itself. */
export function commandOfKey(event: KeyPress, mac: boolean): CommandId | null {
  if (event.isComposing) return null;
  const bound = COMMANDS.filter((command) => !command.native);
  const found = (exact: boolean) =>
    bound.find((command) =>
      (mac ? command.mac : command.keys).some((keys) => means(event, keys, mac, exact)),
    );
  // By place first: where "/" is Shift+7, that press is the list's and not the one for help.
  return (found(true) ?? found(false))?.id ?? null;
}

const CODES: Record<string, string> = {
  "[": "BracketLeft",
  "]": "BracketRight",
  "\\": "Backslash",
  ".": "Period",
  ",": "Comma",
  "/": "Slash",
  Enter: "Enter",
};

/** `exact`: with just these modifiers, by the key's place or letter; else a sign that the layout has behind Shift. */
function means(event: KeyPress, keys: string, mac: boolean, exact: boolean): boolean {
  const parts = keys.split("-");
  const key = parts.pop() as string;
  const mod = parts.includes("Mod");
  const alt = parts.includes("Alt");
  const command = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (command !== mod || other || event.altKey !== alt) return false;
  if (!exact) return event.key === key && !/[\w]/.test(key) && !parts.includes("Shift");
  if (event.shiftKey !== parts.includes("Shift")) return false;
  if (event.key.toLowerCase() === key.toLowerCase()) return true;
  // AltGr is Ctrl and Alt together on Windows: what it types is meant as text.
  if (event.getModifierState?.("AltGraph")) return false;
  if (/^\d$/.test(key)) return event.code === `Digit${key}`;
  // A letter by its place only where the layout has no Latin letter there.
  if (/^[a-z]$/.test(key)) return event.code === `Key${key.toUpperCase()}` && !/^[a-z]$/i.test(event.key);
  return event.code === CODES[key] && (event.shiftKey || event.altKey);
}
