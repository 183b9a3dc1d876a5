import check from "lucide:check";
import ellipsis from "lucide:ellipsis-vertical";
import fileText from "lucide:file-text";
import folderIcon from "lucide:folder";
import template from "lucide:layout-template";
import starIcon from "lucide:star";
import people from "lucide:users";
import { useComputed } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon";
import { language, t, timeAgo, timeExact } from "../../i18n";
import type { DocumentEntry } from "../../net/api";
import { account } from "../account";
import { shownTitle } from "../documents";
import { navigate } from "../router";
import { TITLE_LIMIT } from "./acts";
import { documentMenu } from "./commands";
import { dragDocument } from "./drag";
import { meant } from "./keys";
import { Marked, Tag } from "./marked";
import { menuAt } from "./menu-host";
import { Preview } from "./preview";
import type { Home } from "./state";

const DAYS_IN_TRASH = 30;
const DAY_MS = 86_400_000;

interface RowProps {
  home: Home;
  document: DocumentEntry;
  /** Whether the list begins with it, and so the way of the Tab key when nothing else was reached yet. */
  first: boolean;
}

function TitleInput({ home, document }: Omit<RowProps, "first">) {
  const input = useRef<HTMLInputElement>(null);
  const abandoned = useRef(false);
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const finish = (event: FocusEvent) => {
    const { currentTarget } = event;
    const title = (currentTarget as HTMLInputElement).value.trim();
    // Only those who are still here want to go on at the row.
    const row = (currentTarget as HTMLElement).closest<HTMLElement>("[data-document]");
    home.renaming.value = null;
    if (!event.relatedTarget) row?.focus({ preventScroll: true });
    if (!abandoned.current) void home.acts.rename(document, title);
  };
  return (
    <input
      ref={input}
      class="input"
      aria-label={t("home.renameLabel", { title: shownTitle(document) })}
      maxLength={TITLE_LIMIT}
      value={document.title}
      onBlur={finish}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") abandoned.current = true;
        if (event.key === "Escape" || event.key === "Enter") {
          event.preventDefault();
          event.currentTarget.blur();
        }
      }}
    />
  );
}

function Title({ home, document }: Omit<RowProps, "first">) {
  const renaming = useComputed(() => home.renaming.value === document.id);
  if (renaming.value) return <TitleInput home={home} document={document} />;
  const ranges = document.match?.title ?? [];
  const title = document.title ? <Marked text={document.title} ranges={ranges} /> : shownTitle(document);
  if (document.deleted_at)
    return (
      <span class="document-name" dir="auto">
        {title}
      </span>
    );
  return (
    <a class="document-name" href={`/d/${document.id}`} dir="auto" tabIndex={-1} draggable={false}>
      {title}
    </a>
  );
}

/** Small signs beside the title. */
function Badges({ document }: { document: DocumentEntry }) {
  const shared = document.link_role !== null || document.role !== "owner";
  return (
    <span class="document-badges">
      {shared && (
        <span class="document-badge" role="img" aria-label={t("home.isShared")} title={t("home.isShared")}>
          <Icon shapes={people} size={14} />
        </span>
      )}
      {document.template && (
        <span
          class="document-badge"
          role="img"
          aria-label={t("home.isTemplate")}
          title={t("home.isTemplate")}
        >
          <Icon shapes={template} size={14} />
        </span>
      )}
    </span>
  );
}

/** Where it lies, unless that is the place that is shown; its tags; what was found in it. */
function Beneath({ home, document }: Omit<RowProps, "first">) {
  const { match } = document;
  const folder = home.place.value.section === "folder" ? undefined : home.shelves.byId(document.folder_id);
  if (!folder && document.tags.length === 0 && !match?.passage) return null;
  return (
    <div class="document-beneath">
      {folder && (
        <span class="document-folder quiet">
          <Icon shapes={folderIcon} size={13} />
          <span dir="auto">{folder.name}</span>
        </span>
      )}
      {document.tags.map((name) => (
        <Tag key={name} name={name} found={match?.tags.includes(name) ?? false} />
      ))}
      {match?.passage && (
        <p class="document-passage quiet" dir="auto">
          <Marked text={match.passage.text} ranges={match.passage.ranges} />
        </p>
      )}
    </div>
  );
}

/** The time that the list is sorted by, and by whom if it is that of the last edit. */
function When({ home, document }: Omit<RowProps, "first">) {
  const { sort } = home.order.value;
  if (document.deleted_at) {
    const gone = new Date(document.deleted_at).getTime() + DAYS_IN_TRASH * DAY_MS;
    const days = Math.max(0, Math.ceil((gone - Date.now()) / DAY_MS));
    return <span title={timeExact(document.deleted_at)}>{t("home.daysLeft", { count: days })}</span>;
  }
  const edited = document.edited_at ?? document.updated_at;
  const time = sort === "created" ? document.created_at : sort === "opened" ? document.opened_at : edited;
  const by = sort === "created" || sort === "opened" ? null : document.edited_by;
  if (!time) return <span>{t("home.neverOpened")}</span>;
  const ago = timeAgo(time);
  return (
    <>
      <time dateTime={time} title={timeExact(time)}>
        {ago}
      </time>
      {by && (
        <>
          {" "}
          <span class="document-by">
            {by.id === account.value?.id ? t("home.byMe") : t("home.by", { name: by.name })}
          </span>
        </>
      )}
    </>
  );
}

const counts = new Intl.NumberFormat(language);

function Star({ home, document }: Omit<RowProps, "first">) {
  const title = shownTitle(document);
  return (
    <button
      type="button"
      class="button icon-only star"
      tabIndex={-1}
      aria-pressed={document.starred}
      aria-label={t("home.starOf", { title })}
      title={t(document.starred ? "home.unstar" : "home.star")}
      onClick={() => void home.acts.star([document], !document.starred)}
    >
      <Icon shapes={starIcon} />
    </button>
  );
}

function Select({ home, document, selected }: Omit<RowProps, "first"> & { selected: boolean }) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={selected}
      aria-label={t("home.selectOf", { title: shownTitle(document) })}
      class="document-select"
      tabIndex={-1}
      onClick={(event) => (event.shiftKey ? home.rangeTo(document.id) : home.toggle(document.id))}
    >
      <span class="document-icon">
        <Icon shapes={fileText} />
      </span>
      <span class="document-check">{selected && <Icon shapes={check} size={14} />}</span>
    </button>
  );
}

/** A press anywhere in a row opens it; with Shift or Ctrl, or by touch while some are selected, it selects. */
function pressed(home: Home, document: DocumentEntry, event: MouseEvent): void {
  if ((event.target as Element).closest("button, input")) return;
  event.preventDefault();
  home.goTo(document.id);
  const touched = (event as PointerEvent).pointerType === "touch" && home.selection.peek().ids.size > 0;
  if (event.shiftKey) home.rangeTo(document.id);
  else if (event.ctrlKey || event.metaKey || touched || document.deleted_at) home.toggle(document.id);
  else void navigate(`/d/${document.id}`);
}

/** One document: a row of the list, or with `home.grid` a card. */
export function Row({ home, document, first }: RowProps) {
  const selected = useComputed(() => home.selection.value.ids.has(document.id)).value;
  const stop = useComputed(
    () => (home.selection.value.active ?? (first && document.id)) === document.id,
  ).value;
  const grid = home.grid.value;
  const title = shownTitle(document);
  const open = (event: MouseEvent) => {
    home.goTo(document.id);
    home.menu.value = menuAt(event, title, documentMenu(home, meant(home, document)));
  };
  const mine = document.owner.id === account.value?.id;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys.ts has the keys of all rows
    <div
      role="row"
      class={grid ? "document card-of" : "document"}
      data-document={document.id}
      aria-selected={selected}
      tabIndex={stop ? 0 : -1}
      onFocus={(event) => event.target === event.currentTarget && home.goTo(document.id)}
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onClick={(event) => pressed(home, document, event)}
      onContextMenu={open}
      {...dragDocument(home, document)}
    >
      <span role="gridcell" class="cell-select">
        <Select home={home} document={document} selected={selected} />
      </span>
      {grid && <Preview ops={document.preview?.ops} />}
      <div role="gridcell" class="cell-title">
        <div class="document-line">
          <Title home={home} document={document} />
          <Badges document={document} />
        </div>
        <Beneath home={home} document={document} />
      </div>
      <span role="gridcell" class="cell-owner quiet" dir="auto">
        {mine ? t("home.me") : document.owner.name}
      </span>
      <span role="gridcell" class="cell-time quiet">
        <When home={home} document={document} />
      </span>
      <span role="gridcell" class="cell-words quiet" title={t("home.words", { count: document.words })}>
        <span aria-hidden="true">{counts.format(document.words)}</span>
        <span class="visually-hidden">{t("home.words", { count: document.words })}</span>
      </span>
      <span role="gridcell" class="cell-acts">
        {!document.deleted_at && <Star home={home} document={document} />}
        <button
          type="button"
          class="button icon-only"
          tabIndex={-1}
          aria-label={t("home.actions", { title })}
          aria-haspopup="menu"
          onClick={open}
        >
          <Icon shapes={ellipsis} />
        </button>
      </span>
    </div>
  );
}
