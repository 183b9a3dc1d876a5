import chevron from "lucide:chevron-right";
import folderIcon from "lucide:folder";
import foldersIcon from "lucide:folders";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { storedNames } from "../../components/stored";
import { DOWN, walk, walkToLetter } from "../../components/walk";
import { t } from "../../i18n";
import { dragFolder, useFolderDrop } from "./drag";
import { folderAddress, ROOT } from "./place";
import type { Folder } from "./shelves";
import type { Home } from "./state";

/** The folders whose insides are shown; the same in every tree of this browser. */
const unfolded = storedNames("home.unfolded");

function unfold(id: string, open: boolean): void {
  const next = new Set(unfolded.peek());
  if (open) next.add(id);
  else next.delete(id);
  unfolded.value = next;
}

interface TreeProps {
  home: Home;
  label: string;
  /** The folder that is shown or chosen, `root` for the top; "" for none. */
  current: string;
  choose(folder: string): void;
  /** Folders that may not be chosen, with all that is in them. */
  without?: Folder;
  /** What else a key does on a folder; true when it did something. */
  keys?(event: KeyboardEvent, folder: Folder): boolean;
  menu?(event: MouseEvent, folder: Folder): void;
}

interface ItemProps extends TreeProps {
  folder: Folder | null;
  level: number;
  stop: string;
}

function Item({ folder, level, stop, ...tree }: ItemProps) {
  const { home, current, choose, menu } = tree;
  const id = folder?.id ?? ROOT;
  const drop = useFolderDrop(home, folder?.id ?? null);
  const children = home.shelves.children(folder?.id ?? null).filter((each) => each !== tree.without);
  const open = folder === null || unfolded.value.has(id);
  const { over, ...target } = drop;
  return (
    <>
      <a
        role="treeitem"
        href={folderAddress(id)}
        class={over ? "tree-item drop" : "tree-item"}
        data-folder={id}
        aria-level={level}
        aria-selected={current === id}
        {...(children.length > 0 && folder ? { "aria-expanded": open } : {})}
        tabIndex={stop === id ? 0 : -1}
        style={{ "--level": level - 1 }}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          choose(id);
        }}
        onContextMenu={(event) => folder && menu?.(event, folder)}
        {...(folder && menu ? dragFolder(folder) : { draggable: false })}
        {...target}
      >
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys of the tree fold and unfold */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: for the pointer alone */}
        <span
          class="tree-fold"
          onClick={(event) => {
            if (!folder || children.length === 0) return;
            event.preventDefault();
            event.stopPropagation();
            unfold(id, !open);
          }}
        >
          {folder && children.length > 0 && <Icon shapes={chevron} size={14} />}
        </span>
        <Icon shapes={folder ? folderIcon : foldersIcon} size={17} />
        <span class="tree-name" dir="auto">
          {folder?.name ?? t("home.foldersTop")}
        </span>
        {folder && folder.documents > 0 && (
          <span class="tree-count quiet" aria-hidden="true">
            {folder.documents}
          </span>
        )}
      </a>
      {open &&
        children.map((child) => (
          <Item key={child.id} folder={child} level={level + 1} stop={stop} {...tree} />
        ))}
    </>
  );
}

function foldKey(event: KeyboardEvent, item: HTMLElement, items: readonly HTMLElement[]): boolean {
  const id = item.dataset.folder ?? "";
  const level = Number(item.ariaLevel);
  const expanded = item.getAttribute("aria-expanded");
  if (event.key === "ArrowRight") {
    if (expanded === "false") unfold(id, true);
    else if (expanded === "true" || id === ROOT) items[items.indexOf(item) + 1]?.focus();
    return true;
  }
  if (event.key !== "ArrowLeft") return false;
  if (expanded === "true") unfold(id, false);
  else
    items
      .slice(0, items.indexOf(item))
      .reverse()
      .find((each) => Number(each.ariaLevel) < level)
      ?.focus();
  return true;
}

/** One's folders as ARIA's tree: one stop for the Tab key, arrows walk, fold and unfold. */
export function FolderTree(props: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const [reached, setReached] = useState("");
  const { home, current } = props;
  const way = home.shelves.path(current).slice(0, -1);
  // What one looks at is not folded away.
  useLayoutEffect(() => {
    for (const { id } of way) unfold(id, true);
  }, [way.map(({ id }) => id).join()]);
  const items = () => [...(box.current?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
  const shown = (id: string) => {
    if (id === ROOT) return true;
    const path = home.shelves.path(id);
    return path.length > 0 && path.slice(0, -1).every((step) => unfolded.value.has(step.id));
  };
  const stop = [reached, current].find((id) => id && shown(id)) ?? ROOT;
  const keyDown = (event: KeyboardEvent) => {
    const item = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const folder = home.shelves.byId(item.dataset.folder ?? "");
    const done =
      walk(items(), event.key, DOWN) ||
      foldKey(event, item, items()) ||
      (folder !== undefined && props.keys?.(event, folder));
    if (!done && (event.key === "Enter" || event.key === " ")) props.choose(item.dataset.folder ?? ROOT);
    else if (!done && !walkToLetter(items(), event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      role="tree"
      aria-label={props.label}
      class="tree"
      onKeyDown={keyDown}
      onFocusIn={(event) =>
        setReached((event.target as HTMLElement).closest<HTMLElement>("[data-folder]")?.dataset.folder ?? "")
      }
    >
      <Item {...props} folder={null} level={1} stop={stop} />
    </div>
  );
}
