import users from "lucide:user-plus";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { t } from "../../i18n";
import { api } from "../account";
import { openShare, sharingMoved } from "../share";
import type { Workspace } from "./workspace";

/** How many people wait for the owner's answer. */
function useRequests(documentId: string, owner: boolean): number {
  const [count, setCount] = useState(0);
  const moved = sharingMoved.value;
  useEffect(() => {
    if (!owner) return setCount(0);
    const look = async () => {
      const route = `/documents/${encodeURIComponent(documentId)}/access-requests`;
      const { requests } = await api.request<{ requests: unknown[] }>("GET", route);
      setCount(requests.length);
    };
    look().catch(() => undefined); // the next event asks again; the dialog says what is wrong
  }, [documentId, owner, moved]);
  return count;
}

/** Who has access; for the owner with the number of those who ask for it. */
export function ShareButton({ workspace }: { workspace: Workspace }) {
  const { role, reason } = workspace.access.value;
  const waiting = useRequests(workspace.documentId, role === "owner" && reason !== "opening");
  return (
    <button
      type="button"
      class="button share-button"
      onClick={() => openShare(workspace.documentId)}
      aria-label={waiting > 0 ? t("share.buttonAsked", { count: waiting }) : t("share.button")}
    >
      <Icon shapes={users} />
      <span class="wide-only">{t("share.button")}</span>
      {/* Drawn by the style sheet: the button's name says it in words. */}
      {waiting > 0 && <span class="badge" data-count={waiting} />}
    </button>
  );
}
