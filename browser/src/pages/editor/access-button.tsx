import users from "lucide:user-plus";
import { Icon } from "../../components/icon";
import { t } from "../../i18n";
import type { Workspace } from "./workspace";

/** For the owner only: others may not change it. */
export function AccessButton({ workspace }: { workspace: Workspace }) {
  if (workspace.access.value.role !== "owner") return null;
  return (
    <button
      type="button"
      class="button access-button"
      onClick={() => {
        workspace.panel.value = "access";
      }}
      aria-label={t("access.button")}
    >
      <Icon shapes={users} />
      <span class="wide-only">{t("access.button")}</span>
    </button>
  );
}
