import { useId, useState } from "preact/hooks";
import type { Role } from "../../core/protocol";
import { t } from "../../i18n";
import { account, asApiError, askToSignIn } from "../account";
import { askForAccess, SHARED_ROLES, type SharedRole } from "./state";
import "./messages";

const MESSAGE_UNITS = 1_000;
/** The server does not tell who asked already, so that nobody learns what documents there are: this browser knows. */
const keyOf = (documentId: string) => `octavo.asked.${account.peek()?.id}.${documentId}`;

/** Whether access was asked for from this tab. */
export function asked(documentId: string): boolean {
  try {
    return sessionStorage.getItem(keyOf(documentId)) !== null;
  } catch {
    return false;
  }
}

interface AskFormProps {
  documentId: string;
  /** The role that one has already; null: none. */
  above: Role | null;
  done?(): void;
}

/** Asks the owner for access, or for more of it; then says that it was asked. */
export function AskForm({ documentId, above, done }: AskFormProps) {
  const id = useId();
  const offered = SHARED_ROLES.slice(0, above ? SHARED_ROLES.indexOf(above as SharedRole) : undefined);
  const [sent, setSent] = useState(asked(documentId));
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  if (sent) {
    return (
      <div class="ask-sent" role="status">
        <strong>{t("ask.sent")}</strong>
        <p class="quiet">{t("ask.sentHint")}</p>
        <button type="button" class="button link-like" onClick={() => setSent(false)}>
          {t("ask.again")}
        </button>
      </div>
    );
  }
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setFailure("");
    try {
      await askForAccess(documentId, form.get("role") as SharedRole, String(form.get("message") ?? ""));
      setSent(true);
      try {
        sessionStorage.setItem(keyOf(documentId), "");
      } catch {
        // Without storage the page forgets it when it is loaded anew.
      }
      done?.();
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status === 401) askToSignIn();
      else setFailure(problem.message);
    }
    setBusy(false);
  };
  return (
    <form class="ask-form" onSubmit={(event) => void submit(event)}>
      <label for={`${id}-role`}>{t("ask.role")}</label>
      <select id={`${id}-role`} class="input" name="role">
        {[...offered].reverse().map((role) => (
          <option key={role} value={role}>
            {t(`ask.role.${role}`)}
          </option>
        ))}
      </select>
      <label for={`${id}-message`}>{t("ask.message")}</label>
      <textarea
        id={`${id}-message`}
        class="input"
        name="message"
        rows={3}
        maxLength={MESSAGE_UNITS}
        dir="auto"
        placeholder={t("ask.messageHint")}
      />
      <p class="failure" role="alert">
        {failure}
      </p>
      <button type="submit" class="button primary" disabled={busy}>
        {t("ask.submit")}
      </button>
    </form>
  );
}
