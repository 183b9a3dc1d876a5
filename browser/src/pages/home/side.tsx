import clock from "lucide:clock";
import files from "lucide:files";
import folderPlus from "lucide:folder-plus";
import template from "lucide:layout-template";
import plus from "lucide:plus";
import star from "lucide:star";
import trash from "lucide:trash-2";
import user from "lucide:user-round";
import users from "lucide:users";
import { Dialog } from "../../components/dialog";
import { Icon } from "../../components/icon";
import { narrow } from "../../components/window";
import { t } from "../../i18n";
import { shownTitle } from "../documents";
import { follow } from "../router";
import { folderMenu } from "./commands";
import { useSectionDrop } from "./drag";
import { hueOf } from "./marked";
import { menuAt } from "./menu-host";
import { ALL, addressOf, ROOT, SECTIONS } from "./place";
import type { Folder } from "./shelves";
import type { Home } from "./state";
import { FolderTree } from "./tree";

const ICONS = { all: files, recent: clock, owned: user, shared: users, starred: star, trash } as const;

function SectionLink({ home, section }: { home: Home; section: (typeof SECTIONS)[number] }) {
  const { over, ...target } = useSectionDrop(home, section);
  const here = home.place.value.section === section && home.place.value.tag === "";
  return (
    <li>
      <a
        class={over ? "side-link drop" : "side-link"}
        href={addressOf({ ...ALL, section })}
        onClick={follow}
        draggable={false}
        {...(here ? { "aria-current": "page" as const } : {})}
        {...target}
      >
        <Icon shapes={ICONS[section]} />
        {t(`home.section.${section}`)}
      </a>
    </li>
  );
}

/** What the keyboard does on a folder, wherever it is shown. */
export function folderKeys(home: Home, event: KeyboardEvent, folder: Folder): boolean {
  const panels: Record<string, () => void> = {
    F2: () => {
      home.panel.value = { kind: "folder-name", folder };
    },
    Delete: () => {
      home.panel.value = { kind: "folder-delete", folder };
    },
    m: () => {
      home.panel.value = { kind: "move-folder", folder };
    },
  };
  const menu = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  if (menu) {
    const item = (event.target as HTMLElement).closest<HTMLElement>("a");
    const at = Object.defineProperty(event, "currentTarget", { value: item });
    home.menu.value = menuAt(at, folder.name, folderMenu(home, folder));
  } else panels[event.key]?.();
  return menu || event.key in panels;
}

function Folders({ home }: { home: Home }) {
  const { section, folder } = home.place.value;
  const add = () => {
    const inside = section === "folder" && folder !== ROOT ? folder : null;
    home.panel.value = { kind: "folder-new", parent: inside };
  };
  return (
    <section class="side-part" aria-labelledby="side-folders">
      <div class="side-head">
        <h2 id="side-folders">{t("home.folders")}</h2>
        <button
          type="button"
          class="button icon-only"
          aria-label={t("home.folderNew")}
          title={t("home.folderNew")}
          onClick={add}
        >
          <Icon shapes={folderPlus} size={17} />
        </button>
      </div>
      <FolderTree
        home={home}
        label={t("home.folders")}
        current={section === "folder" ? folder : ""}
        choose={(next) => home.go({ ...ALL, section: "folder", folder: next })}
        keys={(event, each) => folderKeys(home, event, each)}
        menu={(event, each) => {
          home.menu.value = menuAt(event, each.name, folderMenu(home, each));
        }}
      />
    </section>
  );
}

function Tags({ home }: { home: Home }) {
  const tags = home.shelves.tags.value;
  if (tags.length === 0) return null;
  const present = home.place.value.tag;
  return (
    <section class="side-part" aria-labelledby="side-tags">
      <div class="side-head">
        <h2 id="side-tags">{t("home.tags")}</h2>
      </div>
      <ul>
        {tags.map(({ name, documents }) => (
          <li key={name}>
            <a
              class="side-link"
              href={addressOf({ ...ALL, tag: name })}
              onClick={follow}
              draggable={false}
              {...(present === name ? { "aria-current": "page" as const } : {})}
            >
              <span class={`tag-dot tag-${hueOf(name)}`} />
              <span class="tree-name" dir="auto">
                {name}
              </span>
              <span class="tree-count quiet" aria-hidden="true">
                {documents}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The two ways to begin. */
export function NewButtons({ home }: { home: Home }) {
  return (
    <div class="side-new">
      <button type="button" class="button primary" onClick={() => void home.acts.create()}>
        <Icon shapes={plus} />
        {t("home.new")}
      </button>
      <button
        type="button"
        class="button icon-only bordered"
        aria-label={t("home.fromTemplate")}
        title={t("home.fromTemplate")}
        onClick={() => {
          home.panel.value = { kind: "templates" };
        }}
      >
        <Icon shapes={template} />
      </button>
    </div>
  );
}

function Inside({ home }: { home: Home }) {
  return (
    <>
      <ul class="side-part">
        {SECTIONS.map((section) => (
          <SectionLink key={section} home={home} section={section} />
        ))}
      </ul>
      <Folders home={home} />
      <Tags home={home} />
      {home.shelves.failed.value && (
        <p class="failure side-part" role="alert">
          {t("home.shelvesFailed")}{" "}
          <button type="button" class="button link-like" onClick={() => void home.shelves.load()}>
            {t("problem.retry")}
          </button>
        </p>
      )}
    </>
  );
}

/** Sections, folders and tags: at the side, or where there is no room in a drawer. */
export function Side({ home }: { home: Home }) {
  if (!narrow.value)
    return (
      <nav class="side" aria-label={t("home.places")}>
        <NewButtons home={home} />
        <Inside home={home} />
      </nav>
    );
  if (!home.drawer.value) return null;
  const close = () => {
    home.drawer.value = false;
  };
  return (
    <Dialog title={t("home.places")} onClose={close} kind="drawer">
      <nav class="side" aria-label={t("home.places")}>
        <Inside home={home} />
      </nav>
    </Dialog>
  );
}

export const titleOfPlace = (home: Home): string => {
  const { section, folder, tag, query } = home.place.value;
  if (query) return t("home.results", { query });
  if (tag && section === "all") return tag;
  if (section !== "folder") return t(section === "all" ? "home.title" : `home.section.${section}`);
  if (folder === ROOT) return t("home.foldersTop");
  const found = home.shelves.byId(folder) ?? home.listing.breadcrumbs.value.at(-1);
  return found ? shownTitle({ title: found.name }) : t("home.foldersTop");
};
