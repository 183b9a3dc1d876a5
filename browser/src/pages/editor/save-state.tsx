import check from "lucide:check";
import cloudOff from "lucide:cloud-off";
import loader from "lucide:refresh-cw";
import alert from "lucide:triangle-alert";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { announce } from "../../components/notice";
import type { SaveState } from "../../editor/editor";
import { t } from "../../i18n";
import { saveDetail, saveText } from "./save-text";
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
  const waiting = state.kind === "saving" && workspace.access.value.reason === "locked";
  useMinutes();
  return (
    <span class={`save save-${state.kind}`} data-tip={saveDetail(state)}>
      <Icon shapes={SIGNS[state.kind]} size={15} />
      <span data-testid="save-state">{waiting ? t("editor.savingLocked") : saveText(state)}</span>
      {state.kind === "offline" && (
        <button type="button" class="button link-like" onClick={() => workspace.editor.value?.reconnect()}>
          {t("editor.tryNow")}
        </button>
      )}
    </span>
  );
}

/** Draws again each minute, for what says how long ago something was. */
function useMinutes(): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((count) => count + 1), 60_000);
    return () => clearInterval(timer);
  }, []);
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
