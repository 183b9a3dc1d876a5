import { type CommandId, commandInfo } from "../../editor/shortcuts";
import { t } from "../../i18n";

export const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const SIGNS: Record<string, string> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↩" };

/** "Mod-Shift-7" as this machine's keyboard says it: "⌘⇧7" or "Ctrl+Shift+7". */
export function shortcut(keys: string, mac = MAC): string {
  const parts = keys.split("-").map((key) => {
    if (mac) return SIGNS[key] ?? key.toLocaleUpperCase();
    if (key === "Mod") return t("key.ctrl");
    if (key === "Shift") return t("key.shift");
    return key === "Alt" || key === "Enter" ? key : key.toLocaleUpperCase();
  });
  return parts.join(mac ? "" : "+");
}

/** All keys of a command on this machine, the one for menus first. */
export function shortcutsOf(id: CommandId): string[] {
  const { keys, mac } = commandInfo(id);
  return (MAC ? mac : keys).map((each) => shortcut(each));
}
