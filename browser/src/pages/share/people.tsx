import mail from "lucide:mail";
import { useState } from "preact/hooks";
import { Avatar, Name } from "../../components/avatar";
import { CopyField } from "../../components/copy";
import { Icon } from "../../components/icon";
import { t, timeAgo } from "../../i18n";
import { account } from "../account";
import { RoleMenu } from "./role";
import type { AccessRequest, Known, Sharing, SharingState } from "./state";

function Who({ user }: { user: Known }) {
  const self = user.id === account.value?.id;
  return (
    <>
      <Avatar user={user} />
      <span class="share-who">
        <span>
          <Name user={user} />
          {self && <span class="quiet"> {t("share.you")}</span>}
        </span>
        {user.email && <small class="quiet">{user.email}</small>}
      </span>
    </>
  );
}

interface PeopleProps {
  state: SharingState;
  sharing: Sharing;
  /** Asks before the document is handed over. */
  handOver(user: Known): void;
}

/** Everybody with a role of their own: the owner, people, and addresses that were invited. */
export function PeopleList({ state, sharing, handOver }: PeopleProps) {
  const mine = state.mine.value;
  return (
    <ul class="share-list" aria-label={t("share.people")}>
      <li>
        <Who user={sharing.owner} />
        <span class="quiet share-fixed">{t("role.owner")}</span>
      </li>
      {sharing.people.map(({ user, role }) => (
        <li key={user.id}>
          <Who user={user} />
          {mine ? (
            <RoleMenu
              label={t("share.roleOf", { name: user.name })}
              role={role}
              change={(next) => void state.give({ user_id: user.id }, next)}
              more={[
                { label: t("share.handOver"), separated: true, run: () => handOver(user) },
                { label: t("share.remove"), danger: true, run: () => void state.takeAway(user, role) },
              ]}
            />
          ) : (
            <span class="quiet share-fixed">{t(`role.${role}`)}</span>
          )}
        </li>
      ))}
      {sharing.invitations.map((invitation) => (
        <Invitation key={invitation.email} state={state} {...invitation} />
      ))}
    </ul>
  );
}

function Invitation({ state, email, role }: { state: SharingState } & Sharing["invitations"][number]) {
  const link = state.links.value.get(email);
  return (
    <li>
      <span class="avatar share-invited" aria-hidden="true">
        <Icon shapes={mail} size={16} />
      </span>
      <span class="share-who">
        <bdi>{email}</bdi>
        <small class="quiet">{t("share.invited")}</small>
      </span>
      <RoleMenu
        label={t("share.roleOf", { name: email })}
        role={role}
        change={(next) => void state.give({ email }, next)}
        more={[
          { label: t("share.resend"), separated: true, run: () => void state.give({ email }, role) },
          { label: t("share.withdraw"), danger: true, run: () => void state.withdraw(email) },
        ]}
      />
      {link && (
        <div class="share-link-once">
          <CopyField label={t("share.linkOnce", { email })} value={link} />
        </div>
      )}
    </li>
  );
}

/** Who asks for access; each with what was asked for, which the owner may change before granting it. */
export function Requests({ state }: { state: SharingState }) {
  const requests = state.requests.value;
  if (requests.length === 0) return null;
  return (
    <section class="share-requests" aria-label={t("share.requests", { count: requests.length })}>
      <h3>{t("share.requests", { count: requests.length })}</h3>
      <ul class="share-list">
        {requests.map((request) => (
          <Request key={request.user.id} state={state} request={request} />
        ))}
      </ul>
    </section>
  );
}

function Request({ state, request }: { state: SharingState; request: AccessRequest }) {
  const { user, message, created_at } = request;
  const [role, setRole] = useState(request.role);
  const grant = () => {
    const done = t("share.granted", { name: user.name, role: t(`role.${role}`) });
    void state.give({ user_id: user.id }, role, done);
  };
  return (
    <li>
      <Who user={user} />
      <small class="quiet share-fixed">
        <time dateTime={created_at}>{timeAgo(created_at)}</time>
      </small>
      {message && (
        <p class="share-message" dir="auto">
          {message}
        </p>
      )}
      <div class="row end share-answers">
        <button
          type="button"
          class="button"
          aria-label={t("share.declineOf", { name: user.name })}
          onClick={() => void state.decline(request)}
        >
          {t("share.decline")}
        </button>
        <RoleMenu label={t("share.otherRole", { name: user.name })} role={role} change={setRole} />
        <button
          type="button"
          class="button primary"
          aria-label={t("share.grantOf", { name: user.name, role: t(`role.${role}`) })}
          onClick={grant}
        >
          {t("share.grant")}
        </button>
      </div>
    </li>
  );
}
