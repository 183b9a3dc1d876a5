const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

const SIGNS: Record<string, [mac: string, other: string]> = {
  Mod: ["⌘", "Ctrl"],
  Alt: ["⌥", "Alt"],
  Shift: ["⇧", "Shift"],
};

/** "Mod-Shift-7" as this machine's keyboard says it: "⌘⇧7" or "Ctrl+Shift+7". */
export function shortcut(keys: string): string {
  const parts = keys.split("-").map((key) => SIGNS[key]?.[MAC ? 0 : 1] ?? key.toLocaleUpperCase());
  return parts.join(MAC ? "" : "+");
}
