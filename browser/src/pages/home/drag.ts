import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { DocumentEntry } from "../../net/api";
import { shownTitle } from "../documents";
import type { Folder } from "./shelves";
import type { Home } from "./state";

/** What is being dragged: within this page only, so the browser need not carry it. */
interface Dragged {
  documents: readonly DocumentEntry[];
  folder: Folder | null;
}

const NONE: Dragged = { documents: [], folder: null };
const dragged = signal(NONE);

function start(event: DragEvent, what: Dragged, label: string): void {
  dragged.value = what;
  if (!event.dataTransfer) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", label); // without it Firefox drags nothing
  const image = Object.assign(document.createElement("div"), { className: "drag-image", textContent: label });
  document.body.append(image);
  event.dataTransfer.setDragImage(image, -12, -8);
  requestAnimationFrame(() => image.remove());
}

const end = () => {
  dragged.value = NONE;
};

/** For a document's row: with it go all others that are selected. */
export function dragDocument(home: Home, document: DocumentEntry) {
  return {
    draggable: true,
    onDragStart: (event: DragEvent) => {
      if (home.renaming.peek() === document.id) return event.preventDefault();
      const selected = home.selection.peek().ids.has(document.id);
      const documents = selected ? home.chosen() : [document];
      const label =
        documents.length > 1
          ? t("home.dragging", { count: documents.length })
          : shownTitle(documents[0] ?? document);
      start(event, { documents, folder: null }, label);
    },
    onDragEnd: end,
  };
}

export function dragFolder(folder: Folder) {
  return {
    draggable: true,
    onDragStart: (event: DragEvent) => {
      event.stopPropagation();
      start(event, { documents: [], folder }, folder.name);
    },
    onDragEnd: end,
  };
}

interface Target {
  /** Whether what is dragged may be dropped here. */
  accepts(what: Dragged): boolean;
  drop(what: Dragged): void;
}

/** What makes an element a place to drop on; `over` while something that it takes hangs above it. */
function useDrop({ accepts, drop }: Target) {
  const [over, setOver] = useState(false);
  return {
    over,
    onDragOver: (event: DragEvent) => {
      if (!accepts(dragged.peek())) return;
      event.preventDefault();
      event.stopPropagation();
      if (!over) setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!accepts(dragged.peek())) return;
      event.preventDefault();
      event.stopPropagation();
      drop(dragged.peek());
      end();
    },
  };
}

/** A folder, or with null the top of the tree, as a place to drop documents and folders on. */
export function useFolderDrop(home: Home, folder: string | null) {
  return useDrop({
    accepts: ({ documents, folder: moved }) => {
      if (moved)
        return moved.parent_id !== folder && (folder === null || !home.shelves.lieIn(folder, moved.id));
      return documents.some((document) => document.folder_id !== folder);
    },
    drop: ({ documents, folder: moved }) => {
      if (moved) void home.shelves.move(moved, folder);
      else void home.acts.move(documents, folder);
    },
  });
}

/** The trash and the starred as places to drop documents on. */
export function useSectionDrop(home: Home, section: string) {
  const own = (document: DocumentEntry) => document.role === "owner" && !document.deleted_at;
  return useDrop({
    accepts: ({ documents }) => {
      if (section === "starred") return documents.some(({ starred }) => !starred);
      return section === "trash" && documents.length > 0 && documents.every(own);
    },
    drop: ({ documents }) => {
      if (section === "trash") void home.acts.trash(documents);
      else void home.acts.star(documents, true);
    },
  });
}
