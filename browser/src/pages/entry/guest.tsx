import { useEffect, useState } from "preact/hooks";
import { Avatar } from "../../components/avatar";
import { ColorChoice } from "../../components/color-choice";
import { Field } from "../../components/field";
import type { SharedRole, User } from "../../core/protocol";
import { t } from "../../i18n";
import { account, api, askToSignIn } from "../account";
import { Problem, problemOf } from "../problem";
import { follow } from "../router";
import { EntryCard } from "./entry-card";
import { useRefusal } from "./failure";
import { useAnswer, useServer } from "./server";

function GuestForm({ documentId, colors }: { documentId: string; colors: readonly string[] }) {
  // Any of them, so that two guests who do not care are seldom the same.
  const [color, setColor] = useState(() => colors[Math.floor(Math.random() * colors.length)] ?? "");
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const refusal = useRefusal();
  const enter = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    refusal.clear();
    try {
      const route = `/documents/${encodeURIComponent(documentId)}/guests`;
      const { user } = await api.request<{ user: User }>("POST", route, { name: name.trim(), color });
      account.value = { ...user, guest: true };
    } catch (error) {
      refusal.refused(error);
      setBusy(false);
    }
  };
  const typed = (event: Event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement && target.name === "name") setName(target.value);
  };
  return (
    <form onSubmit={(event) => void enter(event)} onInput={typed}>
      <Field
        name="name"
        label={t("guest.name")}
        type="text"
        autocomplete="name"
        maxLength={100}
        hint={t("guest.nameHint")}
      />
      <ColorChoice legend={t("guest.color")} colors={colors} chosen={color} choose={setColor} />
      <p class="entry-who" aria-hidden="true">
        <Avatar user={{ id: "", name: name.trim() || "?", color, guest: true }} />
        <span class="quiet">{t("guest.preview")}</span>
      </p>
      <p class="failure" role="alert">
        {refusal.text}
      </p>
      <button type="submit" class="button primary wide" disabled={busy || refusal.waiting}>
        {t("guest.enter")}
      </button>
    </form>
  );
}

/** For nobody in particular who follows a document's link: in as a guest where its owner lets them, else to sign in. */
export function GuestPage({ documentId }: { documentId: string }) {
  const { found, failure } = useAnswer<{ role: SharedRole }>(
    `/documents/${encodeURIComponent(documentId)}/guests`,
  );
  const server = useServer();
  const refused = failure?.status === 404;
  useEffect(() => {
    if (refused) askToSignIn();
  }, [refused]);
  if (failure && !refused)
    return <Problem kind={problemOf(failure)} message={failure.message} retry={() => location.reload()} />;
  if (!found || !server) return <EntryCard title={t("app.loading")}>{null}</EntryCard>;
  const next = `?next=${encodeURIComponent(location.pathname)}`;
  return (
    <EntryCard title={t("guest.title")} lead={t(`guest.lead.${found.role}`)}>
      <GuestForm documentId={documentId} colors={server.colors} />
      <p class="quiet other">
        {t("guest.other")}{" "}
        <a href={`/login${next}`} onClick={follow}>
          {t("login.title")}
        </a>
        {server.sign_up === "open" && (
          <>
            {" · "}
            <a href={`/register${next}`} onClick={follow}>
              {t("login.otherLink")}
            </a>
          </>
        )}
      </p>
    </EntryCard>
  );
}
