import { computed, signal } from "@preact/signals";
import type { Role, SharedRole, User } from "../../core/protocol";
import { t } from "../../i18n";
import type { ApiError, Lock, Switches } from "../../net/api";
import { account, api, asApiError, askToSignIn } from "../account";

/** Somebody with an address, which the owner sees. */
export type Known = User & { email?: string };

export type { SharedRole };
export const SHARED_ROLES: readonly SharedRole[] = ["editor", "commenter", "viewer"];

/** `GET /documents/{id}/permissions`. */
export interface Sharing {
  title: string;
  /** One's own. */
  role: Role;
  owner: Known;
  people: Array<{ user: Known; role: SharedRole }>;
  invitations: Array<{ email: string; role: SharedRole; token?: string }>;
  link_role: SharedRole | null;
  switches: Switches;
  locked: Lock | null;
}

export interface AccessRequest {
  user: Known;
  role: SharedRole;
  message: string;
  created_at: string;
}

/** Whom a role is given to. */
export type Addressee = { user_id: string } | { email: string };

interface Said {
  text: string;
  undo?: () => void;
}

export type SharingState = ReturnType<typeof createSharing>;

const linkOf = (token: string) => `${location.origin}/invitations/${token}`;

/** Who has access to a document and who asks for it, as the server says; every act shows the server's answer. */
export function createSharing(documentId: string) {
  const route = `/documents/${encodeURIComponent(documentId)}`;
  const sharing = signal<Sharing | null>(null);
  const requests = signal<AccessRequest[]>([]);
  /** The document cannot be read at all (any more). */
  const gone = signal<ApiError | null>(null);
  const failure = signal("");
  const said = signal<Said | null>(null);
  /** Links of invitations, by address: the server tells each of them once. */
  const links = signal<ReadonlyMap<string, string>>(new Map());
  const mine = computed(() => sharing.value?.role === "owner");
  let asked = 0;

  function take(next: Sharing): void {
    const made = next.invitations.filter(({ token }) => token !== undefined);
    if (made.length > 0) {
      links.value = new Map([
        ...links.peek(),
        ...made.map(({ email, token = "" }) => [email, linkOf(token)] as const),
      ]);
    }
    sharing.value = next;
  }

  /** Reads everything again; an answer overtaken by a later question is dropped. */
  async function load(): Promise<void> {
    const question = ++asked;
    try {
      const next = await api.request<Sharing>("GET", `${route}/permissions`);
      const waiting =
        next.role === "owner"
          ? (await api.request<{ requests: AccessRequest[] }>("GET", `${route}/access-requests`)).requests
          : [];
      if (question !== asked) return;
      take(next);
      requests.value = waiting;
      gone.value = null;
    } catch (error) {
      const problem = asApiError(error);
      if (question !== asked) return;
      if (problem.status === 401) askToSignIn();
      else if (problem.status === 403 || problem.status === 404 || problem.status === 410 || !sharing.peek())
        gone.value = problem;
    }
  }

  /** Performs an act and shows what has become of it; true when it was done. */
  async function act(work: () => Promise<unknown>, done = "", undo?: () => void): Promise<boolean> {
    failure.value = "";
    said.value = null;
    try {
      await work();
      await load();
      if (done) said.value = undo ? { text: done, undo } : { text: done };
      return true;
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status === 401) askToSignIn();
      else failure.value = t("share.failed", { message: problem.message });
      await load();
      return false;
    }
  }

  const put = async (body: Addressee & { role: Role }) =>
    take(await api.request<Sharing>("PUT", `${route}/permissions`, body));
  const remove = (who: string) => api.request("DELETE", `${route}/permissions/${encodeURIComponent(who)}`);

  const give = (to: Addressee, role: Role, done = "") => act(() => put({ ...to, role }), done);

  /** Gives several people a role; those that could not be added stay to be looked at. */
  async function add(addresses: readonly string[], role: SharedRole): Promise<string[]> {
    const failed: string[] = [];
    for (const email of addresses) if (!(await give({ email }, role))) failed.push(email);
    const done = addresses.filter((email) => !failed.includes(email));
    if (done.length > 0) said.value = { text: t("share.added", { names: done.join(", ") }) };
    return failed;
  }

  async function takeAway(user: Known, role: SharedRole): Promise<void> {
    const undo = () => void give({ user_id: user.id }, role);
    await act(() => remove(user.id), t("share.removed", { name: user.name }), undo);
  }

  async function withdraw(email: string): Promise<void> {
    const done = await act(() => remove(email), t("share.withdrawn", { email }));
    if (done) links.value = new Map([...links.peek()].filter(([address]) => address !== email));
  }

  return {
    ...{
      documentId,
      sharing,
      requests,
      gone,
      failure,
      said,
      links,
      mine,
      load,
      give,
      add,
      takeAway,
      withdraw,
    },
    setLink: (role: SharedRole | null) =>
      act(() => api.request("PUT", `${route}/permissions`, { link_role: role })),
    setSwitches: (switches: Partial<Switches>) => act(() => api.request("PATCH", route, { switches })),
    lock: (reason: string) =>
      act(() => api.request("PUT", `${route}/lock`, { reason }), t("share.lockedNow")),
    unlock: () => act(() => api.request("DELETE", `${route}/lock`), t("share.unlockedNow")),
    decline: ({ user }: AccessRequest) =>
      act(
        () => api.request("DELETE", `${route}/access-requests/${encodeURIComponent(user.id)}`),
        t("share.declined", { name: user.name }),
      ),
    /** One's own role is given up; what follows is the caller's. */
    leave: () => act(() => remove(account.peek()?.id ?? "")),
  };
}

/** Asks the owner for access, or for more of it. */
export const askForAccess = (documentId: string, role: SharedRole, message: string) =>
  api.request<void>("POST", `/documents/${encodeURIComponent(documentId)}/access-requests`, {
    role,
    message,
  });
