import { Dialog } from "../../../components/dialog";
import { t } from "../../../i18n";
import type { DocumentEntry } from "../../../net/api";
import { shownTitle } from "../../documents";
import { navigate } from "../../router";
import { folderAddress, ROOT } from "../place";
import type { Folder } from "../shelves";
import type { Home } from "../state";

interface ConfirmProps {
  title: string;
  text: string;
  submit: string;
  run(): void;
  close(): void;
}

/** Asks before something that nobody can take back; the way out has the focus. */
function Confirm({ title, text, submit, run, close }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={close}>
      <p>{text}</p>
      <div class="row end">
        <button type="button" class="button" autofocus onClick={close}>
          {t("app.cancel")}
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            close();
            run();
          }}
        >
          {submit}
        </button>
      </div>
    </Dialog>
  );
}

interface EraseProps {
  home: Home;
  documents: readonly DocumentEntry[];
  close(): void;
}

export function Erase({ home, documents, close }: EraseProps) {
  const [first] = documents;
  const values = { count: documents.length, title: first ? shownTitle(first) : "" };
  return (
    <Confirm
      title={t("home.eraseTitle", values)}
      text={t("home.eraseHint")}
      submit={t("home.erase")}
      run={() => void home.acts.erase(documents)}
      close={close}
    />
  );
}

export function EmptyTrash({ home, close }: { home: Home; close(): void }) {
  return (
    <Confirm
      title={t("home.emptyTrashTitle")}
      text={t("home.emptyTrashHint")}
      submit={t("home.emptyTrash")}
      run={() => void home.acts.emptyTrash()}
      close={close}
    />
  );
}

export function DeleteFolder({ home, folder, close }: { home: Home; folder: Folder; close(): void }) {
  const remove = async () => {
    const place = home.place.peek();
    if (!(await home.shelves.remove(folder))) return;
    // What lay in it lies one higher now, and so does whoever looked at it.
    if (place.section === "folder" && place.folder === folder.id)
      await navigate(folderAddress(folder.parent_id ?? ROOT), true);
    else await home.listing.refresh();
  };
  return (
    <Confirm
      title={t("home.folderDeleteTitle", { name: folder.name })}
      text={t("home.folderDeleteHint")}
      submit={t("home.folderDelete")}
      run={() => void remove()}
      close={close}
    />
  );
}
