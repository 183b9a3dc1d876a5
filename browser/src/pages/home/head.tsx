import sortIcon from "lucide:arrow-down-wide-narrow";
import chevron from "lucide:chevron-right";
import ellipsis from "lucide:ellipsis-vertical";
import folderIcon from "lucide:folder";
import folderInput from "lucide:folder-input";
import gridIcon from "lucide:layout-grid";
import listIcon from "lucide:list";
import restore from "lucide:rotate-ccw";
import star from "lucide:star";
import tagIcon from "lucide:tag";
import trash from "lucide:trash-2";
import x from "lucide:x";
import { Icon } from "../../components/icon";
import { Menu, type MenuItem } from "../../components/menu";
import { ACROSS, walk } from "../../components/walk";
import { t } from "../../i18n";
import type { Crumb } from "../../net/api";
import { follow } from "../router";
import { folderMenu, perform, type Wish } from "./commands";
import { dragFolder, useFolderDrop } from "./drag";
import { SORTS } from "./listing";
import { Tag } from "./marked";
import { menuAt } from "./menu-host";
import { folderAddress, ROOT } from "./place";
import type { Folder } from "./shelves";
import { folderKeys, titleOfPlace } from "./side";
import type { Home } from "./state";

function Step({ home, crumb }: { home: Home; crumb: Crumb | null }) {
  const { over, ...target } = useFolderDrop(home, crumb?.id ?? null);
  return (
    <li>
      <a
        class={over ? "crumb drop" : "crumb"}
        href={folderAddress(crumb?.id ?? ROOT)}
        onClick={follow}
        draggable={false}
        dir="auto"
        {...target}
      >
        {crumb?.name ?? t("home.foldersTop")}
      </a>
      <Icon shapes={chevron} size={15} />
    </li>
  );
}

/** The way from the top of the folders to the one that is shown. */
function Crumbs({ home }: { home: Home }) {
  const { section, folder, query } = home.place.value;
  if (section !== "folder" || folder === ROOT || query) return null;
  const known: readonly Crumb[] = home.shelves.path(folder);
  const steps = known.length > 0 ? known : home.listing.breadcrumbs.value;
  return (
    <nav aria-label={t("home.way")}>
      <ol class="crumbs">
        <Step home={home} crumb={null} />
        {steps.slice(0, -1).map((crumb) => (
          <Step key={crumb.id} home={home} crumb={crumb} />
        ))}
      </ol>
    </nav>
  );
}

function sortItems(home: Home): MenuItem[] {
  const { sort, order } = home.order.value;
  const direction = (each: "asc" | "desc", at: number) => ({
    label: t(`home.order.${sort === "title" ? "title" : sort === "words" ? "words" : "time"}.${each}`),
    checked: order === each,
    separated: at === 0,
    run: () => home.turn(each),
  });
  return [
    ...SORTS.map((each) => ({
      label: t(`home.sort.${each}`),
      checked: sort === each,
      run: () => {
        if (sort !== each) home.sortBy(each);
      },
    })),
    ...(["asc", "desc"] as const).map(direction),
  ];
}

function View({ home }: { home: Home }) {
  const { grid } = home;
  const { query, section } = home.place.value;
  const label = t(grid.value ? "home.asList" : "home.asGrid");
  const empties = section === "trash" && !query && (home.listing.documents.value?.length ?? 0) > 0;
  return (
    <div class="head-view">
      {empties && (
        <button
          type="button"
          class="button"
          onClick={() => {
            home.panel.value = { kind: "empty-trash" };
          }}
        >
          {t("home.emptyTrash")}
        </button>
      )}
      {!query && (
        <Menu
          label={t("home.sortBy", { sort: t(`home.sort.${home.order.value.sort}`) })}
          buttonClass="button icon-only"
          button={<Icon shapes={sortIcon} />}
          items={sortItems(home)}
        />
      )}
      <button
        type="button"
        class="button icon-only"
        aria-label={label}
        title={label}
        onClick={() => {
          grid.value = !grid.peek();
        }}
      >
        <Icon shapes={grid.value ? listIcon : gridIcon} />
      </button>
    </div>
  );
}

/** What is done with all that are selected. */
function SelectionBar({ home, count }: { home: Home; count: number }) {
  const inTrash = home.place.value.section === "trash";
  const button = (label: string, shapes: string, wish: Wish) => (
    <button type="button" class="button" onClick={() => perform(home, wish, home.chosen())}>
      <Icon shapes={shapes} />
      <span class="bar-label">{label}</span>
    </button>
  );
  return (
    <div
      class="selection-bar"
      role="toolbar"
      aria-label={t("home.selectionBar")}
      onKeyDown={(event) => {
        if (walk([...event.currentTarget.querySelectorAll("button")], event.key, ACROSS))
          event.preventDefault();
        if (event.key === "Escape") home.none();
      }}
    >
      <button
        type="button"
        class="button icon-only"
        aria-label={t("home.selectNone")}
        title={t("home.selectNone")}
        onClick={() => home.none()}
      >
        <Icon shapes={x} />
      </button>
      <strong>{t("home.selected", { count })}</strong>
      <span class="bar-acts">
        {inTrash ? (
          <>
            {button(t("home.restore"), restore, "restore")}
            {button(t("home.erase"), trash, "erase")}
          </>
        ) : (
          <>
            {button(t("home.move"), folderInput, "move")}
            {button(t("home.editTags"), tagIcon, "tags")}
            {button(t("home.star"), star, "star")}
            {button(t("home.toTrash"), trash, "trash")}
          </>
        )}
      </span>
    </div>
  );
}

/** What narrows the list, to be taken away. */
function Narrowing({ home }: { home: Home }) {
  const { section, folder, tag, query } = home.place.value;
  const chips = [
    ...(query && section !== "all"
      ? [
          {
            label: section === "folder" ? folderName(home, folder) : t(`home.section.${section}`),
            shown: section === "folder" ? folderName(home, folder) : t(`home.section.${section}`),
            off: () => home.go({ section: "all", folder: "" }, true),
          },
        ]
      : []),
    ...(tag
      ? [{ label: tag, shown: <Tag name={tag} />, off: () => home.go({ tag: "" }, query !== "") }]
      : []),
  ];
  if (chips.length === 0) return null;
  return (
    <ul class="narrowing" aria-label={t("home.narrowed")}>
      {chips.map(({ label, shown, off }) => (
        <li key={label}>
          <button
            type="button"
            class="button chip"
            aria-label={t("home.narrowedOff", { label })}
            onClick={off}
          >
            <span dir="auto">{shown}</span>
            <Icon shapes={x} size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}

const folderName = (home: Home, folder: string) => home.shelves.byId(folder)?.name ?? t("home.foldersTop");

function FolderCard({ home, folder, first }: { home: Home; folder: Folder; first: boolean }) {
  const { over, ...target } = useFolderDrop(home, folder.id);
  const open = (event: MouseEvent) => {
    home.menu.value = menuAt(event, folder.name, folderMenu(home, folder));
  };
  return (
    <li class={over ? "folder drop" : "folder"} {...dragFolder(folder)} {...target} onContextMenu={open}>
      <Icon shapes={folderIcon} />
      <a
        href={folderAddress(folder.id)}
        onClick={follow}
        draggable={false}
        tabIndex={first ? 0 : -1}
        dir="auto"
        onKeyDown={(event) => {
          if (!event.ctrlKey && !event.metaKey && folderKeys(home, event, folder)) event.preventDefault();
        }}
      >
        {folder.name}
      </a>
      <button
        type="button"
        class="button icon-only"
        tabIndex={-1}
        aria-label={t("home.actions", { title: folder.name })}
        aria-haspopup="menu"
        onClick={open}
      >
        <Icon shapes={ellipsis} size={16} />
      </button>
    </li>
  );
}

/** The folders that lie in the one that is shown: one stop for the Tab key, arrows walk. */
export function Subfolders({ home }: { home: Home }) {
  const { section, folder, tag, query } = home.place.value;
  if (section !== "folder" || tag || query) return null;
  const children = home.shelves.children(folder === ROOT ? null : folder);
  if (children.length === 0) return null;
  return (
    <ul
      class="folders"
      aria-label={t("home.folders")}
      onKeyDown={(event) => {
        const links = [...event.currentTarget.querySelectorAll("a")];
        const turned = { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" }[event.key] ?? event.key;
        if (links.includes(event.target as HTMLAnchorElement) && walk(links, turned, ACROSS))
          event.preventDefault();
      }}
    >
      {children.map((each, at) => (
        <FolderCard key={each.id} home={home} folder={each} first={at === 0} />
      ))}
    </ul>
  );
}

/** Where one is, how it is shown, and what narrows it; or what can be done with those that are selected. */
export function Head({ home }: { home: Home }) {
  const count = home.selection.value.ids.size;
  const hint = home.place.value.section === "trash" && !home.place.value.query;
  return (
    <>
      <Crumbs home={home} />
      {/* The bar takes the place of the title, so that nothing moves under the pointer that selects. */}
      <div class={count > 0 ? "home-head selecting" : "home-head"}>
        <h1 dir="auto" class={count > 0 ? "visually-hidden" : ""}>
          {titleOfPlace(home)}
        </h1>
        {count > 0 ? <SelectionBar home={home} count={count} /> : <View home={home} />}
      </div>
      {hint && <p class="quiet trash-hint">{t("home.trashHint")}</p>}
      <Narrowing home={home} />
    </>
  );
}
