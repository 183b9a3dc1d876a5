import check from "lucide:check";
import cloudOff from "lucide:cloud-off";
import loader from "lucide:refresh-cw";
import alert from "lucide:triangle-alert";
import { useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { notify } from "../../components/notice";
import type { SaveState } from "../../editor/editor";
import { type MessageKey, t } from "../../i18n";
import type { Workspace } from "./workspace";

function wording(state: SaveState): [icon: string, text: string] {
  switch (state.kind) {
    case "opening":
      return [loader, t("app.loading")];
    case "saving":
      return [loader, t("editor.saving")];
    case "saved":
      return [check, t("editor.saved")];
    case "reconnecting":
      return [loader, t("editor.reconnecting")];
    case "offline":
      return [cloudOff, t("editor.offline", { count: state.changes })];
    case "sending":
      return [loader, t("editor.sending", { count: state.changes })];
    case "refused":
      return [alert, t(state.text || !state.stopped ? "editor.refusedShort" : "editor.stoppedShort")];
  }
}

/** What is true of the user's work at this moment. */
export function SaveText({ workspace }: { workspace: Workspace }) {
  const state = workspace.state.value;
  const [icon, text] = wording(state);
  return (
    <span class={`save save-${state.kind}`}>
      <Icon shapes={icon} size={15} />
      <span role="status" aria-live="polite" data-testid="save-state">
        {text}
      </span>
      {state.kind === "offline" && (
        <button type="button" class="button link-like" onClick={() => workspace.editor.value?.reconnect()}>
          {t("editor.tryNow")}
        </button>
      )}
    </span>
  );
}

/** Work that the server will not take: says why, and hands the user's own text back. */
export function RefusedBanner({ workspace }: { workspace: Workspace }) {
  const [shown, setShown] = useState(false);
  const state = workspace.state.value;
  if (state.kind !== "refused") return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(state.text);
      notify(t("editor.copied"));
    } catch {
      setShown(true); // not a secure context, or forbidden: the user can still select it
      notify(t("editor.copyFailed"));
    }
  };
  return (
    <div class="banner danger" role="alert">
      <p>{state.text ? t("editor.refused", { message: state.message }) : state.message}</p>
      <div class="row">
        {state.text && (
          <button type="button" class="button" onClick={() => void copy()}>
            {t("editor.copyText")}
          </button>
        )}
        {state.stopped ? (
          <button type="button" class="button" onClick={() => location.reload()}>
            {t("editor.reload")}
          </button>
        ) : (
          <button type="button" class="button" onClick={() => workspace.editor.value?.dismissRefusal()}>
            {t("editor.goOn")}
          </button>
        )}
      </div>
      {shown && (
        <textarea class="input" readOnly rows={6} aria-label={t("editor.unsavedText")} value={state.text} />
      )}
    </div>
  );
}

/** Why the text cannot be changed here, when that is so. */
export function ReadOnlyBanner({ workspace }: { workspace: Workspace }) {
  const { canEdit, reason } = workspace.access.value;
  if (canEdit || !reason || reason === "opening" || workspace.state.value.kind === "refused") return null;
  return (
    <div class="banner" role="status">
      <p>{t(`editor.readOnly.${reason}` as MessageKey)}</p>
    </div>
  );
}
