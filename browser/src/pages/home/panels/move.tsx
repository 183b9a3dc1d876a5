import folderPlus from "lucide:folder-plus";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { Icon } from "../../../components/icon";
import { t } from "../../../i18n";
import type { DocumentEntry } from "../../../net/api";
import { shownTitle } from "../../documents";
import { ROOT } from "../place";
import type { Folder } from "../shelves";
import type { Home } from "../state";
import { FolderTree } from "../tree";
import { NameField } from "./folder-name";

interface MoveProps {
  home: Home;
  title: string;
  /** Where it lies now, or `root`; "" when in several. */
  from: string;
  without?: Folder;
  move(folder: string | null): void;
  close(): void;
}

function Move({ home, title, from, without, move, close }: MoveProps) {
  const [chosen, choose] = useState(from || ROOT);
  const [adding, add] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  // What is asked for is a folder: the keyboard is there at once, and again when a new one was made.
  useEffect(() => {
    if (!adding) box.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }, [adding, chosen]);
  const folderOf = (id: string) => (id === ROOT ? null : id);
  const made = async (name: string) => {
    add(false);
    const folder = await home.shelves.add(name, folderOf(chosen));
    if (folder) choose(folder.id);
  };
  const name = home.shelves.byId(chosen)?.name ?? t("home.foldersTop");
  return (
    <Dialog title={title} onClose={close}>
      <div ref={box} class="move-tree">
        <FolderTree
          home={home}
          label={t("home.folders")}
          current={chosen}
          choose={choose}
          {...(without ? { without } : {})}
        />
      </div>
      {adding ? (
        <NameField
          label={t("home.folderNewInside", { name })}
          value=""
          submit={t("home.folderMake")}
          done={made}
          cancel={() => add(false)}
        />
      ) : (
        <div class="row dialog-foot">
          <button type="button" class="button" onClick={() => add(true)}>
            <Icon shapes={folderPlus} />
            {t("home.folderNew")}
          </button>
          <span class="row end">
            <button type="button" class="button" onClick={close}>
              {t("app.cancel")}
            </button>
            <button
              type="button"
              class="button primary"
              disabled={chosen === from}
              onClick={() => {
                close();
                move(folderOf(chosen));
              }}
            >
              {t("home.moveHere")}
            </button>
          </span>
        </div>
      )}
    </Dialog>
  );
}

interface MoveDocumentsProps {
  home: Home;
  documents: readonly DocumentEntry[];
  close(): void;
}

/** Where documents shall lie, chosen in the tree. */
export function MoveDocuments({ home, documents, close }: MoveDocumentsProps) {
  const places = new Set(documents.map(({ folder_id }) => folder_id ?? ROOT));
  const [first] = documents;
  const title = t("home.moveTitle", {
    count: documents.length,
    title: first ? shownTitle(first) : "",
  });
  return (
    <Move
      home={home}
      title={title}
      from={places.size === 1 ? [...places][0]! : ""}
      move={(folder) => void home.acts.move(documents, folder)}
      close={close}
    />
  );
}

/** Where a folder shall lie: not in itself. */
export function MoveFolder({ home, folder, close }: { home: Home; folder: Folder; close(): void }) {
  return (
    <Move
      home={home}
      title={t("home.moveTitle", { count: 1, title: folder.name })}
      from={folder.parent_id ?? ROOT}
      without={folder}
      move={(parent) => void home.shelves.move(folder, parent)}
      close={close}
    />
  );
}
