import eye from "lucide:eye";
import message from "lucide:message-square-text";
import pencil from "lucide:pencil";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import type { Mode } from "../../editor/editor";
import { t } from "../../i18n";
import "./margin/words";
import { shortcutsOf } from "./shortcuts";
import type { Workspace } from "./workspace";

const ICONS: Record<Mode, string> = { editing: pencil, suggesting: message, viewing: eye };
const IDS = { editing: "mode-editing", suggesting: "mode-suggesting", viewing: "mode-viewing" } as const;

/** What typing does here: edit, suggest, or nothing. */
export function ModeMenu({ workspace }: { workspace: Workspace }) {
  const { role, mode } = workspace.access.value;
  if (role === "viewer") return null;
  const modes: Mode[] =
    role === "commenter" ? ["suggesting", "viewing"] : ["editing", "suggesting", "viewing"];
  return (
    <Menu
      label={t("mode.label", { mode: t(`mode.${mode}`) })}
      tip={t("mode.label", { mode: t(`mode.${mode}`) })}
      buttonClass="tool mode-tool"
      button={
        <>
          <Icon shapes={ICONS[mode]} /> <span class="mode-name">{t(`mode.${mode}`)}</span>
        </>
      }
      items={modes.map((each) => ({
        label: t(`mode.${each}`),
        checked: each === mode,
        keys: shortcutsOf(IDS[each])[0] ?? "",
        run: () => workspace.setMode(each),
      }))}
    />
  );
}
