import "../../styles/print.css";
import "../../styles/tools.css";
import menuIcon from "lucide:menu";
import { Icon } from "../../components/icon";
import { MenuBar } from "../../components/menu-bar";
import { MenuSheet } from "../../components/menu-sheet";
import { narrow } from "../../components/window";
import { t } from "../../i18n";
import { menus } from "./menus";
import type { Workspace } from "./workspace";
import "./tool-words";

/** The menus: a bar, or where the window is narrow one button that opens them as a sheet. */
export default function Menus({ workspace }: { workspace: Workspace }) {
  const { panel } = workspace;
  const parts = { label: t("menu.label"), menus: menus(workspace) };
  if (!narrow.value) return <MenuBar {...parts} leave={() => workspace.editor.peek()?.focus()} />;
  const close = () => {
    if (panel.peek() === "menus") panel.value = null;
  };
  return (
    <>
      <button
        type="button"
        class="button icon-only"
        aria-label={t("menu.label")}
        aria-haspopup="dialog"
        onClick={() => {
          panel.value = "menus";
        }}
      >
        <Icon shapes={menuIcon} />
      </button>
      {panel.value === "menus" && <MenuSheet {...parts} onClose={close} />}
    </>
  );
}
