import { useState } from "preact/hooks";
import { copyText } from "../../components/copy";
import { notify } from "../../components/notice";
import { type MessageKey, t } from "../../i18n";
import { account, api, asApiError } from "../account";
import { onDevice } from "../device";
import { openShare } from "../share";
import type { Workspace } from "./workspace";
import "./tool-words";

/** What was typed and is not in the document: to be taken along; a field shows it where the clipboard refuses. */
function OwnText({ text }: { text: string }) {
  const [shown, setShown] = useState(false);
  if (!text) return null;
  const copy = async () => {
    const done = await copyText(text);
    setShown(!done); // not a secure context, or forbidden: the user can still select it
    notify(t(done ? "editor.copied" : "editor.copyFailed"));
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void copy()}>
        {t("editor.copyText")}
      </button>
      {shown && (
        <textarea class="input" readOnly rows={6} aria-label={t("editor.unsavedText")} value={text} />
      )}
    </>
  );
}

/** Work that the server will not take: says why, and hands the user's own text back. */
function Refused({ workspace }: { workspace: Workspace }) {
  const state = workspace.state.value;
  if (state.kind !== "refused") return null;
  const goOn = () => workspace.editor.value?.dismissRefusal();
  return (
    <div class="banner danger" role="alert">
      <p>
        {state.text ? t("editor.refused", { message: state.message }) : state.message}
        {state.text && onDevice.value.size > 0 && ` ${t("editor.keptHere")}`}
      </p>
      <div class="row">
        <OwnText text={state.text} />
        <button type="button" class="button" onClick={state.stopped ? () => location.reload() : goOn}>
          {t(state.stopped ? "editor.reload" : "editor.goOn")}
        </button>
      </div>
    </div>
  );
}

/** What can be done about it: asking for more, or taking the lock off. */
function Ways({ workspace }: { workspace: Workspace }) {
  const { role, reason } = workspace.access.value;
  const mayUnlock = reason === "locked" && (role === "owner" || account.value?.admin === true);
  const unlock = () =>
    api
      .request("DELETE", `/documents/${encodeURIComponent(workspace.documentId)}/lock`)
      .catch((error) => notify(asApiError(error).message));
  if (mayUnlock) {
    return (
      <button type="button" class="button" onClick={() => void unlock()}>
        {t("editor.unlock")}
      </button>
    );
  }
  if (reason !== "role" || account.value?.guest) return null;
  return (
    <button type="button" class="button" onClick={() => openShare(workspace.documentId)}>
      {t("editor.askToEdit")}
    </button>
  );
}

/** Why the text cannot be changed here, when that is so; what was typed meanwhile is kept, and can be taken along. */
function ReadOnly({ workspace }: { workspace: Workspace }) {
  const { canEdit, reason, role } = workspace.access.value;
  if (canEdit || !reason || reason === "opening" || reason === "stopped") return null;
  const { lockReason, demoted, editor, moment } = workspace;
  moment.value; // what is unsent may be another
  const why = reason === "locked" ? lockReason.value : "";
  const kept = reason === "locked" ? (editor.value?.unsentText() ?? "") : "";
  const key =
    reason === "role" && demoted.value ? "editor.demoted" : (`editor.readOnly.${reason}` as MessageKey);
  return (
    <div class="banner" role="status">
      <p>
        {t(key, { role: t(`role.${role}`) })}
        {why && (
          <>
            {" "}
            <span dir="auto">{t("editor.lockReason", { reason: why })}</span>
          </>
        )}
        {kept && ` ${t("editor.keptWhileLocked")}`}
      </p>
      <div class="row">
        <OwnText text={kept} />
        <Ways workspace={workspace} />
      </div>
    </div>
  );
}

/** What stands over the text when something keeps it from being written or saved. */
export default function Banners({ workspace }: { workspace: Workspace }) {
  return (
    <>
      <Refused workspace={workspace} />
      <ReadOnly workspace={workspace} />
    </>
  );
}
