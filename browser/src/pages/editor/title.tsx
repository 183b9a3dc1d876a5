import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import type { Workspace } from "./workspace";

/** In UTF-16 code units, as the server counts. */
const TITLE_LIMIT = 255;

/** The title in place; it also names the tab.  Enter goes on to the text, Escape takes the typing back. */
export function Title({ workspace }: { workspace: Workspace }) {
  const input = useRef<HTMLInputElement>(null);
  const title = workspace.title.value;
  useEffect(() => {
    document.title = `${title || t("app.untitled")} – ${t("app.name")}`;
  }, [title]);

  const keyDown = (event: KeyboardEvent) => {
    if (event.isComposing || !input.current) return;
    if (event.key === "Escape") input.current.value = title;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    input.current.blur();
    workspace.editor.value?.focus();
  };

  return (
    <span class="title" data-value={title || t("app.untitled")}>
      <input
        ref={input}
        class="title-input"
        aria-label={t("editor.title")}
        placeholder={t("app.untitled")}
        maxLength={TITLE_LIMIT}
        dir="auto"
        value={title}
        readOnly={!workspace.access.value.canEdit}
        onInput={(event) => {
          event.currentTarget.parentElement!.dataset.value = event.currentTarget.value || t("app.untitled");
        }}
        onBlur={(event) => void workspace.rename(event.currentTarget.value.trim())}
        onKeyDown={keyDown}
      />
    </span>
  );
}
