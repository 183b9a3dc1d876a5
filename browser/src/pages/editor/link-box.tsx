import { useId, useRef } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { notify } from "../../components/notice";
import { t } from "../../i18n";
import { completeAddress } from "./address";
import type { Workspace } from "./workspace";

/** Asks for the address of a link, for the selection or for the link under the caret. */
export function LinkBox({ workspace }: { workspace: Workspace }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const current = workspace.link.value;
  if (current === null) return null;
  const close = () => {
    workspace.link.value = null;
    workspace.editor.value?.focus();
  };
  const apply = (url: string | null) => {
    close();
    if (workspace.editor.value?.commands.link(url) === false && url) notify(t("editor.linkRefused"));
  };
  return (
    <Dialog title={t("link.title")} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          apply(completeAddress(input.current?.value ?? "") || null);
        }}
      >
        <label for={id}>{t("link.address")}</label>
        <input
          ref={input}
          id={id}
          class="input"
          type="text"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          placeholder="https://"
          maxLength={2048}
          defaultValue={current}
          autofocus
        />
        <div class="row end">
          {current && (
            <button type="button" class="button" onClick={() => apply(null)}>
              {t("link.remove")}
            </button>
          )}
          <button type="submit" class="button primary">
            {t("link.apply")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
