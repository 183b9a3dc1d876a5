import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Workspace } from "./workspace";

/** In UTF-16 code units, as the server counts. */
const TITLE_LIMIT = 255;

/** The title in place; it also names the tab.  Enter goes on to the text, Escape takes the typing back. */
export function Title({ workspace }: { workspace: Workspace }) {
  const title = workspace.title.value;
  /** What is being typed: another's rename must not take it away. */
  const [draft, setDraft] = useState<string | null>(null);
  const shown = draft ?? title;
  useEffect(() => {
    document.title = `${title || t("app.untitled")} – ${t("app.name")}`;
  }, [title]);

  const leave = () => {
    if (draft !== null) void workspace.rename(draft.trim());
    setDraft(null);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    if (event.key === "Enter") leave();
    else setDraft(null);
    workspace.editor.value?.focus();
  };

  return (
    <span class="title" data-value={shown || t("app.untitled")}>
      <input
        class="title-input"
        aria-label={t("editor.title")}
        placeholder={t("app.untitled")}
        maxLength={TITLE_LIMIT}
        dir="auto"
        value={shown}
        readOnly={!workspace.access.value.canEdit}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onBlur={leave}
        onKeyDown={keyDown}
      />
    </span>
  );
}
