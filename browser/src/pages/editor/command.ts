/** Any command as menus, the toolbar and the palette show it: name, keys, whether it can act, and acting. */

import type { Commands, HistoryName } from "../../editor/editor";
import { COMMANDS, type CommandId } from "../../editor/shortcuts";
import { type MessageKey, t } from "../../i18n";
import { shortcutsOf } from "./shortcuts";
import type { Workspace } from "./workspace";

export interface Command {
  id: CommandId;
  label: string;
  keys: string;
  /** Why it can do nothing now; "" when it can. */
  reason: string;
  active: boolean | "mixed" | null;
  run(): void;
}

const IDS: ReadonlySet<string> = new Set(COMMANDS.map(({ id }) => id));

/** What an item of undo did, in words. */
function historyName(name: HistoryName): string {
  return t((IDS.has(name) ? `command.${name}` : `history.${name}`) as MessageKey);
}

function labelOf(workspace: Workspace, id: CommandId): string {
  const commands = workspace.editor.peek()?.commands;
  const did = id === "undo" ? commands?.undoName() : id === "redo" ? commands?.redoName() : null;
  const name = t(`command.${id}`);
  return did ? t("history.of", { command: name, what: historyName(did) }) : name;
}

/** What the open editor can do; a component that asks is drawn again when that changes. */
export function commandsNow(workspace: Workspace): Commands | null {
  void workspace.moment.value;
  return workspace.editor.value?.commands ?? null;
}

/** How `id` stands at this moment. */
export function command(workspace: Workspace, id: CommandId): Command {
  const status = commandsNow(workspace)?.status(id);
  const reason = status?.enabled ? "" : t(`reason.${status?.reason ?? "opening"}`);
  return {
    id,
    label: labelOf(workspace, id),
    keys: shortcutsOf(id)[0] ?? "",
    reason,
    active: status?.active ?? null,
    run: () => void workspace.editor.peek()?.commands.run(id),
  };
}
