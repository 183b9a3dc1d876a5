import { useState } from "preact/hooks";
import { Avatar } from "../../components/avatar";
import type { SharedRole } from "../../core/protocol";
import { addMessages, t } from "../../i18n";
import messages from "../../i18n/en/entry.json";
import type { Account } from "../../net/api";
import { account, api, signOut } from "../account";
import { shownTitle } from "../documents";
import { Problem, problemOf } from "../problem";
import { follow, navigate } from "../router";
import { EntryCard } from "./entry-card";
import { useRefusal } from "./failure";
import { useAnswer, useServer } from "./server";

addMessages(messages);

/** `GET /invitations/{token}` */
export interface Invitation {
  document_id: string;
  email: string;
  role: SharedRole;
  title: string;
  invited_by: string;
}

interface OfferProps {
  token: string;
  invitation: Invitation;
}

/** As who one is: with another address than the invited one that is said, for the role goes to this account. */
function TakeUp({ token, invitation, user }: OfferProps & { user: Account }) {
  const [busy, setBusy] = useState(false);
  const refusal = useRefusal(true);
  const take = async () => {
    setBusy(true);
    try {
      const path = `/invitations/${encodeURIComponent(token)}`;
      const { document_id } = await api.request<{ document_id: string }>("POST", path);
      await navigate(`/d/${document_id}`, true);
    } catch (error) {
      refusal.refused(error);
      setBusy(false);
    }
  };
  const another = async () => {
    await signOut();
    await navigate(`/login?next=${encodeURIComponent(location.pathname)}`, true);
  };
  return (
    <div class="stack entry-ways">
      <p class="entry-who">
        <Avatar user={user} />
        <span>
          <bdi>{user.name}</bdi>
          <small class="quiet">{user.email}</small>
        </span>
      </p>
      {user.email !== invitation.email && (
        <p class="quiet">{t("invitation.otherAddress", { email: invitation.email, name: user.name })}</p>
      )}
      <p class="failure" role="alert">
        {refusal.text}
      </p>
      <button type="button" class="button primary wide" disabled={busy} onClick={() => void take()}>
        {t("invitation.take")}
      </button>
      <button type="button" class="button link-like" onClick={() => void another()}>
        {t("invitation.another")}
      </button>
    </div>
  );
}

/** For somebody who is not signed in: with a new account or with the one there is. */
function Ways({ token }: { token: string }) {
  const server = useServer();
  const here = encodeURIComponent(location.pathname);
  const closed = server?.sign_up === "closed";
  return (
    <div class="stack entry-ways">
      {closed ? (
        <p class="quiet">{t("register.closed")}</p>
      ) : (
        <a
          class="button primary wide"
          href={`/register?invitation=${encodeURIComponent(token)}`}
          onClick={follow}
        >
          {t("invitation.register")}
        </a>
      )}
      <a class={closed ? "button primary wide" : "button wide"} href={`/login?next=${here}`} onClick={follow}>
        {t("invitation.login")}
      </a>
    </div>
  );
}

/** Who invites to what; and how to take it up. */
export function InvitationPage({ token }: { token: string }) {
  const { found, failure } = useAnswer<Invitation>(`/invitations/${encodeURIComponent(token)}`);
  const user = account.value;
  if (failure && failure.status !== 404)
    return <Problem kind={problemOf(failure)} message={failure.message} retry={() => location.reload()} />;
  if (failure) {
    return (
      <EntryCard title={t("invitation.voidTitle")} lead={t("invitation.void")}>
        <p class="quiet other">
          <a href="/" onClick={follow}>
            {t(user && !user.guest ? "app.home" : "login.title")}
          </a>
        </p>
      </EntryCard>
    );
  }
  if (!found) return <EntryCard title={t("app.loading")}>{null}</EntryCard>;
  const title = shownTitle(found);
  const lead = t(`invitation.lead.${found.role}`);
  return (
    <EntryCard title={t("invitation.title", { name: found.invited_by, title })} lead={lead}>
      {user && !user.guest ? <TakeUp token={token} invitation={found} user={user} /> : <Ways token={token} />}
    </EntryCard>
  );
}
