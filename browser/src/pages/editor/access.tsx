import copyIcon from "lucide:link";
import remove from "lucide:user-minus";
import { useEffect, useId, useState } from "preact/hooks";
import { Avatar } from "../../components/avatar";
import { Dialog } from "../../components/dialog";
import { Icon } from "../../components/icon";
import { notify } from "../../components/notice";
import type { Role, User } from "../../core/protocol";
import { t } from "../../i18n";
import { api, asApiError } from "../account";
import type { Workspace } from "./workspace";

interface Permissions {
  owner: User & { email?: string };
  people: Array<{ user: User & { email?: string }; role: Role }>;
  invitations: Array<{ email: string; role: Role }>;
  link_role: Role | null;
}

const ROLES = ["editor", "commenter", "viewer"] as const;

function RoleSelect(props: {
  label: string;
  value: string;
  nobody?: boolean;
  name?: string;
  change?(role: string): void;
}) {
  return (
    <select
      class="input"
      name={props.name}
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.change?.(event.currentTarget.value)}
    >
      {props.nobody && <option value="">{t("access.linkNobody")}</option>}
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`role.${role}`)}
        </option>
      ))}
    </select>
  );
}

/** Reads and changes who may open the document; every change shows the server's answer. */
function usePermissions(documentId: string) {
  const route = `/documents/${encodeURIComponent(documentId)}/permissions`;
  const [permissions, setPermissions] = useState<Permissions | null>(null);
  const [failure, setFailure] = useState("");
  const run = async (method: string, path: string, body?: unknown): Promise<boolean> => {
    setFailure("");
    try {
      await api.request(method, path, body);
      setPermissions(await api.request<Permissions>("GET", route));
      return true;
    } catch (error) {
      setFailure(t("access.failed", { message: asApiError(error).message }));
      return false;
    }
  };
  useEffect(() => void run("GET", route), [route]);
  return {
    permissions,
    failure,
    set: (change: unknown) => run("PUT", route, change),
    remove: (userId: string) => run("DELETE", `${route}/${encodeURIComponent(userId)}`),
  };
}

type Access = ReturnType<typeof usePermissions>;

function AddForm({ access }: { access: Access }) {
  const id = useId();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const email = String(data.get("email")).trim();
    if (!(await access.set({ email, role: data.get("role") }))) return;
    notify(t("access.added", { email }));
    form.reset();
  };
  return (
    <form class="access-add" onSubmit={(event) => void submit(event)}>
      <label for={id}>{t("access.email")}</label>
      <div class="row">
        <input id={id} class="input" name="email" type="email" required autocomplete="off" />
        <RoleSelect label={t("access.role")} name="role" value="editor" />
        <button type="submit" class="button primary">
          {t("access.add")}
        </button>
      </div>
    </form>
  );
}

function AccessList({ access, permissions }: { access: Access; permissions: Permissions }) {
  return (
    <ul class="access-list">
      <li>
        <Avatar user={permissions.owner} />
        <span class="access-name">{permissions.owner.name}</span>
        <span class="quiet">{t("role.owner")}</span>
      </li>
      {permissions.people.map(({ user, role }) => (
        <li key={user.id}>
          <Avatar user={user} />
          <span class="access-name">
            {user.name}
            {user.email && <small class="quiet">{user.email}</small>}
          </span>
          <RoleSelect
            label={t("access.roleOf", { name: user.name })}
            value={role}
            change={(next) => void access.set({ user_id: user.id, role: next })}
          />
          <button
            type="button"
            class="button icon-only"
            aria-label={t("access.remove", { name: user.name })}
            data-tip={t("access.remove", { name: user.name })}
            onClick={() => void access.remove(user.id)}
          >
            <Icon shapes={remove} />
          </button>
        </li>
      ))}
      {permissions.invitations.map(({ email, role }) => (
        <li key={email}>
          <span class="access-name">
            {email}
            <small class="quiet">{t("access.invited")}</small>
          </span>
          <span class="quiet">{t(`role.${role}`)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Who may open the document, and how; for its owner. */
export default function AccessDialog({ workspace, close }: { workspace: Workspace; close(): void }) {
  const access = usePermissions(workspace.documentId);
  const { permissions } = access;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      notify(t("access.copied"));
    } catch {
      notify(location.href);
    }
  };
  return (
    <Dialog title={t("access.title")} onClose={close}>
      <div class="stack">
        <AddForm access={access} />
        {permissions && <AccessList access={access} permissions={permissions} />}
        {permissions && (
          <div class="access-link">
            <span class="access-name">{t("access.link")}</span>
            <RoleSelect
              label={t("access.link")}
              value={permissions.link_role ?? ""}
              nobody
              change={(role) => void access.set({ link_role: role || null })}
            />
            <button type="button" class="button" onClick={() => void copy()}>
              <Icon shapes={copyIcon} />
              {t("access.copy")}
            </button>
          </div>
        )}
        <p class="failure" role="alert">
          {access.failure}
        </p>
      </div>
    </Dialog>
  );
}
