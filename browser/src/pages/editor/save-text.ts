import type { SaveState } from "../../editor/editor";
import { t, timeAgo } from "../../i18n";

/** What is true of the user's work, in a few words. */
export function saveText(state: SaveState): string {
  switch (state.kind) {
    case "opening":
      return t("app.loading");
    case "saving":
      return t("editor.saving");
    case "saved":
      return t("editor.saved");
    case "reconnecting":
      if (state.changes > 0 && state.device === "stored")
        return t("editor.reconnectingStored", { count: state.changes });
      return state.device === "full" ? t("editor.deviceFull") : t("editor.reconnecting");
    case "offline":
      return offlineText(state);
    case "sending":
      return t("editor.sending", { count: state.changes });
    case "refused":
      return t(state.text || !state.stopped ? "editor.refusedShort" : "editor.stoppedShort");
  }
}

function offlineText({ changes, device }: Extract<SaveState, { kind: "offline" }>): string {
  if (changes > 0 && device === "stored") return t("editor.deviceStored", { count: changes });
  if (changes > 0 && device === "storing") return t("editor.deviceStoring");
  if (changes > 0 && device === "full") return t("editor.deviceFull");
  if (changes > 0 && device === "failed") return t("editor.deviceFailed");
  return t("editor.offline", { count: changes });
}

/** The same at length: since when it holds, and what is to be heeded. */
export function saveDetail(state: SaveState): string {
  const text = saveText(state);
  if (state.kind !== "saved" && state.kind !== "offline" && state.kind !== "reconnecting") return text;
  const since = state.at
    ? t("editor.since", { state: text, time: timeAgo(new Date(state.at).toISOString()) })
    : text;
  if (state.kind === "saved") return since;
  if (state.device === "none") return `${since}. ${t("editor.onlineOnly")}.`;
  if (state.device === "full") return `${since}. ${t("editor.fullHint")}`;
  return state.persistent === false && state.changes > 0 ? `${since}. ${t("editor.fragile")}` : since;
}
