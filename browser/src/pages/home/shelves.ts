import { signal } from "@preact/signals";
import { announce } from "../../components/notice";
import { t } from "../../i18n";
import { api, asApiError } from "../account";
import { tell } from "./told";

export interface Folder {
  id: string;
  name: string;
  parent_id: string | null;
  /** How many documents lie directly in it. */
  documents: number;
}

export interface Tag {
  name: string;
  documents: number;
}

export type Shelves = ReturnType<typeof createShelves>;

/** One's own folders and tags: all of them, for there are a thousand at most. */
export function createShelves() {
  const folders = signal<Folder[]>([]);
  const tags = signal<Tag[]>([]);
  /** Whether they could not be read. */
  const failed = signal(false);
  let question = 0;

  async function load(): Promise<void> {
    question += 1;
    const mine = question;
    try {
      const [one, other] = await Promise.all([
        api.request<{ folders: Folder[] }>("GET", "/folders"),
        api.request<{ tags: Tag[] }>("GET", "/tags"),
      ]);
      if (mine !== question) return;
      folders.value = one.folders;
      tags.value = other.tags;
      failed.value = false;
    } catch (error) {
      // The list itself asks somebody to sign in.
      if (mine === question && asApiError(error).status !== 401) failed.value = true;
    }
  }

  const children = (parent: string | null) => folders.value.filter(({ parent_id }) => parent_id === parent);
  const byId = (id: string | null) => folders.value.find((folder) => folder.id === id);

  /** From the top down to the folder, it included. */
  function path(id: string | null): Folder[] {
    const steps: Folder[] = [];
    for (let step = byId(id); step && !steps.includes(step); step = byId(step.parent_id)) steps.unshift(step);
    return steps;
  }

  const lieIn = (id: string | null, folder: string) => path(id).some((step) => step.id === folder);

  const route = (id: string) => `/folders/${encodeURIComponent(id)}`;
  const alter = (id: string, patch: Partial<Folder>) => {
    folders.value = folders.peek().map((each) => (each.id === id ? { ...each, ...patch } : each));
  };

  /** Shows a change at once and takes it back when it is refused. */
  async function change(folder: Folder, patch: Partial<Folder>, refused: string): Promise<boolean> {
    question += 1; // what is being read does not know of it
    alter(folder.id, patch);
    try {
      await api.request("PATCH", route(folder.id), patch);
      await load();
      return true;
    } catch (error) {
      const { name, parent_id } = folder;
      alter(folder.id, { name, parent_id });
      tell(refused, error, () => void change(folder, patch, refused));
      if (asApiError(error).status === 404) void load();
      return false;
    }
  }

  async function add(name: string, parent: string | null): Promise<Folder | null> {
    try {
      const made = await api.request<Folder>("POST", "/folders", { name, parent_id: parent });
      question += 1;
      folders.value = [...folders.peek(), made].sort((one, other) => one.name.localeCompare(other.name));
      announce(t("home.folderMade", { name }));
      return made;
    } catch (error) {
      tell(t("home.folderNotMade", { name }), error, () => void add(name, parent));
      return null;
    }
  }

  const rename = (folder: Folder, name: string) =>
    change(folder, { name }, t("home.folderNotRenamed", { name: folder.name }));

  const move = (folder: Folder, parent: string | null) =>
    change(folder, { parent_id: parent }, t("home.folderNotMoved", { name: folder.name }));

  /** What was in it moves up. */
  async function remove(folder: Folder): Promise<boolean> {
    const before = folders.peek();
    question += 1;
    folders.value = before
      .filter(({ id }) => id !== folder.id)
      .map((each) => (each.parent_id === folder.id ? { ...each, parent_id: folder.parent_id } : each));
    try {
      await api.request("DELETE", route(folder.id));
      announce(t("home.folderDeleted", { name: folder.name }));
      await load();
      return true;
    } catch (error) {
      folders.value = before;
      tell(t("home.folderNotDeleted", { name: folder.name }), error, () => void remove(folder));
      return false;
    }
  }

  return { folders, tags, failed, load, children, byId, path, lieIn, add, rename, move, remove };
}
