import { useId, useRef } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { t } from "../../../i18n";
import type { Workspace } from "../workspace";
import "../tool-words";

const LIMIT = 1000;

/** The words of an image: what it shows, for those who do not see it, and what stands below it. */
export default function ImageText({ workspace, close }: { workspace: Workspace; close(): void }) {
  const [altId, captionId] = [useId(), useId()];
  const alt = useRef<HTMLTextAreaElement>(null);
  const caption = useRef<HTMLInputElement>(null);
  const image = workspace.editor.peek()?.aids.selectedImage();
  const apply = () => {
    const words = { alt: alt.current?.value.trim() || null, caption: caption.current?.value.trim() || null };
    close();
    // When the dialog is gone and the text has the focus again, and with it the selected image.
    setTimeout(() => workspace.editor.peek()?.commands.setImage(words));
  };
  return (
    <Dialog title={t("image.words")} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <label for={altId}>{t("image.alt")}</label>
        <textarea
          ref={alt}
          id={altId}
          class="input"
          rows={3}
          maxLength={LIMIT}
          defaultValue={image?.alt ?? ""}
          autofocus
        />
        <label for={captionId}>{t("image.caption")}</label>
        <input
          ref={caption}
          id={captionId}
          class="input"
          type="text"
          maxLength={LIMIT}
          defaultValue={image?.caption ?? ""}
        />
        <div class="row end">
          <button type="submit" class="button primary">
            {t("link.apply")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
