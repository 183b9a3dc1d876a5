import check from "lucide:check";
import cloudOff from "lucide:cloud-off";
import loader from "lucide:refresh-cw";
import alert from "lucide:triangle-alert";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { announce, notify } from "../../components/notice";
import type { SaveState } from "../../editor/editor";
import { type MessageKey, t } from "../../i18n";
import { saveText } from "./save-text";
import type { Workspace } from "./workspace";

const SIGNS: Record<SaveState["kind"], string> = {
  opening: loader,
  saving: loader,
  saved: check,
  reconnecting: loader,
  offline: cloudOff,
  sending: loader,
  refused: alert,
};

/** What is true of the user's work at this moment; `useSpokenState` tells it to those who listen. */
export function SaveText({ workspace }: { workspace: Workspace }) {
  const state = workspace.state.value;
  return (
    <span class={`save save-${state.kind}`}>
      <Icon shapes={SIGNS[state.kind]} size={15} />
      <span data-testid="save-state">{saveText(state)}</span>
      {state.kind === "offline" && (
        <button type="button" class="button link-like" onClick={() => workspace.editor.value?.reconnect()}>
          {t("editor.tryNow")}
        </button>
      )}
    </span>
  );
}

const TROUBLE: ReadonlySet<SaveState["kind"]> = new Set(["offline", "refused"]);

/** Tells when saving stops working and when it works again; that each key is saved would only disturb. */
export function useSpokenState(workspace: Workspace): void {
  const { state } = workspace;
  useEffect(() => {
    let troubled = false;
    return state.subscribe((now) => {
      const trouble = TROUBLE.has(now.kind);
      if (trouble !== troubled && (trouble || now.kind === "saved")) {
        announce(saveText(now));
        troubled = trouble;
      }
    });
  }, [state]);
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
  const why = reason === "locked" ? workspace.lockReason.value : "";
  return (
    <div class="banner" role="status">
      <p>
        {t(`editor.readOnly.${reason}` as MessageKey)}
        {why && ` ${t("editor.lockReason", { reason: why })}`}
      </p>
    </div>
  );
}
