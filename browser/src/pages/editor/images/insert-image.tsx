import { useId, useRef } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import type { ImageSource } from "../../../editor/editor";
import { t } from "../../../i18n";
import type { Workspace } from "../workspace";
import { takeImages } from "./pending";
import "../tool-words";

/** The formats that the server takes; it tells them by the bytes, whatever the name says. */
const TYPES = "image/png,image/jpeg,image/gif,image/webp,image/avif";

/** Asks for images: files of this machine, or one by its address. */
export default function InsertImage({ workspace, close }: { workspace: Workspace; close(): void }) {
  const [file, address] = [useId(), useId()];
  const url = useRef<HTMLInputElement>(null);
  const take = (sources: ImageSource[]) => {
    close();
    // Once the dialog is gone: what is drawn into a text without the focus moves the browser's caret in it.
    setTimeout(() => {
      workspace.editor.peek()?.focus();
      takeImages(
        workspace,
        sources.map((source) => ({ source, index: null, attributes: {} })),
      );
    });
  };
  return (
    <Dialog title={t("image.insert")} onClose={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = url.current?.value.trim();
          if (typed) take([{ url: typed }]);
        }}
      >
        <label for={file}>{t("image.files")}</label>
        <input
          id={file}
          class="input file-input"
          type="file"
          accept={TYPES}
          multiple
          onChange={(event) => take([...(event.currentTarget.files ?? [])].map((each) => ({ file: each })))}
        />
        <label for={address}>{t("image.address")}</label>
        <input ref={url} id={address} class="input" type="url" placeholder="https://" maxLength={2048} />
        <div class="row end">
          <button type="submit" class="button primary">
            {t("image.fetch")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
