import type { SaveState } from "../../editor/editor";
import { t } from "../../i18n";

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
      return t("editor.reconnecting");
    case "offline":
      return t("editor.offline", { count: state.changes });
    case "sending":
      return t("editor.sending", { count: state.changes });
    case "refused":
      return t(state.text || !state.stopped ? "editor.refusedShort" : "editor.stoppedShort");
  }
}
