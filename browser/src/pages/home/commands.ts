/** What can be done with documents and folders, as menus and keys offer it. */

import copy from "lucide:copy";
import external from "lucide:external-link";
import folderInput from "lucide:folder-input";
import folderPlus from "lucide:folder-plus";
import template from "lucide:layout-template";
import pencil from "lucide:pencil";
import restore from "lucide:rotate-ccw";
import starIcon from "lucide:star";
import tag from "lucide:tag";
import trash from "lucide:trash-2";
import share from "lucide:user-plus";
import type { MenuCommand, MenuEntry } from "../../components/menu-list";
import { notify } from "../../components/notice";
import { t } from "../../i18n";
import type { DocumentEntry } from "../../net/api";
import { navigate } from "../router";
import { openShare } from "../share";
import { folderAddress } from "./place";
import type { Folder } from "./shelves";
import type { Home } from "./state";

const line: MenuEntry = { kind: "line" };
const item = (
  label: string,
  icon: string,
  run: () => void,
  more: Partial<MenuCommand> = {},
): MenuCommand => ({
  kind: "item",
  label,
  icon,
  run,
  ...more,
});

const owned = (documents: readonly DocumentEntry[]) => documents.every(({ role }) => role === "owner");
export const mayRename = ({ role }: DocumentEntry) => role === "owner" || role === "editor";

/** What a key or a button asks for, refused with its reason where it may not be done. */
export type Wish = "star" | "move" | "tags" | "trash" | "rename" | "restore" | "erase";

export function perform(home: Home, wish: Wish, documents: readonly DocumentEntry[]): void {
  const [first] = documents;
  if (!first) return;
  if (wish === "star")
    void home.acts.star(
      documents,
      documents.some(({ starred }) => !starred),
    );
  else if (wish === "move") home.panel.value = { kind: "move", documents };
  else if (wish === "tags") home.panel.value = { kind: "tags", documents };
  else if (wish === "restore") void home.acts.restore(documents, true);
  else if (wish === "erase") home.panel.value = { kind: "erase", documents };
  else if (wish === "rename") {
    if (mayRename(first)) home.renaming.value = first.id;
    else notify(t("home.editorOnly"));
  } else if (owned(documents)) void home.acts.trash(documents);
  else notify(t("home.ownerOnly"));
}

function inTrash(home: Home, documents: readonly DocumentEntry[]): MenuEntry[] {
  const does = (wish: Wish) => () => perform(home, wish, documents);
  return [
    item(t("home.restore"), restore, does("restore"), { keys: "R" }),
    item(t("home.erase"), trash, does("erase"), { keys: t("home.keyDelete"), danger: true }),
  ];
}

/** What is offered for one document only. */
function forOne(home: Home, document: DocumentEntry): { first: MenuEntry[]; later: MenuEntry[] } {
  const owner = document.role === "owner";
  const address = `/d/${document.id}`;
  return {
    first: [
      item(t("home.open"), external, () => void navigate(address), { keys: t("home.keyEnter") }),
      line,
      item(t("home.share"), share, () => openShare(document.id)),
      item(t("home.rename"), pencil, () => perform(home, "rename", [document]), {
        keys: "F2",
        reason: mayRename(document) ? "" : t("home.editorOnly"),
      }),
    ],
    later: [
      item(t("home.copy"), copy, () => void home.acts.copy(document)),
      item(t("home.template"), template, () => void home.acts.useAsTemplate(document, !document.template), {
        checked: document.template,
        reason: owner ? "" : t("home.ownerOnly"),
      }),
    ],
  };
}

export function documentMenu(home: Home, documents: readonly DocumentEntry[]): MenuEntry[] {
  if (home.place.peek().section === "trash") return inTrash(home, documents);
  const does = (wish: Wish) => () => perform(home, wish, documents);
  const single = documents.length === 1 && documents[0] ? forOne(home, documents[0]) : null;
  const on = documents.every(({ starred }) => starred);
  return [
    ...(single?.first ?? []),
    item(t(on ? "home.unstar" : "home.star"), starIcon, does("star"), { keys: "S" }),
    item(t("home.move"), folderInput, does("move"), { keys: "M" }),
    item(t("home.editTags"), tag, does("tags"), { keys: "T" }),
    ...(single?.later ?? []),
    line,
    item(t("home.toTrash"), trash, does("trash"), {
      keys: t("home.keyDelete"),
      danger: true,
      reason: owned(documents) ? "" : t("home.ownerOnly"),
    }),
  ];
}

export function folderMenu(home: Home, folder: Folder): MenuEntry[] {
  const show = (kind: "folder-name" | "move-folder" | "folder-delete") => () => {
    home.panel.value = { kind, folder };
  };
  return [
    item(t("home.open"), external, () => void navigate(folderAddress(folder.id)), {
      keys: t("home.keyEnter"),
    }),
    item(t("home.folderNewIn"), folderPlus, () => {
      home.panel.value = { kind: "folder-new", parent: folder.id };
    }),
    line,
    item(t("home.rename"), pencil, show("folder-name"), { keys: "F2" }),
    item(t("home.move"), folderInput, show("move-folder"), { keys: "M" }),
    line,
    item(t("home.folderDelete"), trash, show("folder-delete"), { keys: t("home.keyDelete"), danger: true }),
  ];
}
