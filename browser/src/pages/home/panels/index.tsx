import type { Home } from "../state";
import { DeleteFolder, EmptyTrash, Erase } from "./confirm";
import { NewFolder, RenameFolder } from "./folder-name";
import { KeyList } from "./key-list";
import { MoveDocuments, MoveFolder } from "./move";
import { TagsPanel } from "./tags";
import { Templates } from "./templates";

/** The dialog that is open over the home page. */
export default function OpenPanel({ home }: { home: Home }) {
  const panel = home.panel.value;
  if (!panel) return null;
  const close = () => {
    if (home.panel.peek() === panel) home.panel.value = null;
  };
  switch (panel.kind) {
    case "move":
      return <MoveDocuments home={home} documents={panel.documents} close={close} />;
    case "move-folder":
      return <MoveFolder home={home} folder={panel.folder} close={close} />;
    case "tags":
      return <TagsPanel home={home} documents={panel.documents} close={close} />;
    case "folder-new":
      return <NewFolder home={home} parent={panel.parent} close={close} />;
    case "folder-name":
      return <RenameFolder home={home} folder={panel.folder} close={close} />;
    case "folder-delete":
      return <DeleteFolder home={home} folder={panel.folder} close={close} />;
    case "erase":
      return <Erase home={home} documents={panel.documents} close={close} />;
    case "empty-trash":
      return <EmptyTrash home={home} close={close} />;
    case "templates":
      return <Templates home={home} close={close} />;
    case "keys":
      return <KeyList close={close} />;
  }
}
