/** Where on the home page one is, as its address says it: what survives a reload and the button Back. */

export const SECTIONS = ["all", "recent", "owned", "shared", "starred", "trash"] as const;
export type Section = (typeof SECTIONS)[number] | "folder";

export interface Place {
  section: Section;
  /** With `folder` as the section: its id, or `root` for the top of the tree. */
  folder: string;
  /** One of one's own tags; "" for none. */
  tag: string;
  /** What is searched for; "" for nothing. */
  query: string;
}

export const ROOT = "root";
export const ALL: Place = { section: "all", folder: "", tag: "", query: "" };

const FOLDERS = /^\/folders(?:\/([\w-]+))?\/?$/;

/** The place of an address; whatever it does not know is all documents. */
export function placeOf(path: string, search: string): Place {
  const given = new URLSearchParams(search);
  const place = { ...ALL, tag: given.get("tag") ?? "", query: given.get("q") ?? "" };
  const folder = FOLDERS.exec(path);
  if (folder) return { ...place, section: "folder", folder: folder[1] ?? ROOT };
  const section = SECTIONS.find((name) => path === `/${name}` || path === `/${name}/`);
  return section ? { ...place, section } : place;
}

export function addressOf({ section, folder, tag, query }: Place): string {
  const given = new URLSearchParams();
  if (query) given.set("q", query);
  if (tag) given.set("tag", tag);
  const path =
    section === "all"
      ? "/"
      : section !== "folder"
        ? `/${section}`
        : folder === ROOT
          ? "/folders"
          : `/folders/${folder}`;
  const search = given.toString();
  return search ? `${path}?${search}` : path;
}

export const folderAddress = (folder: string): string => addressOf({ ...ALL, section: "folder", folder });

/** What the server is asked for to fill a place. */
export function filtersOf({ section, folder, tag, query }: Place): Record<string, string | boolean> {
  const flags: Partial<Record<Section, string>> = {
    recent: "recent",
    owned: "owned",
    shared: "shared",
    starred: "starred",
    trash: "trashed",
  };
  const flag = flags[section];
  return {
    ...(flag ? { [flag]: true } : {}),
    ...(section === "folder" ? { folder_id: folder } : {}),
    ...(tag ? { tag } : {}),
    ...(query ? { query } : {}),
  };
}
