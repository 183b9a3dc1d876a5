import ellipsis from "lucide:ellipsis-vertical";
import fileText from "lucide:file-text";
import plus from "lucide:plus";
import search from "lucide:search";
import trashIcon from "lucide:trash-2";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { AccountMenu } from "../components/account-menu";
import { Icon } from "../components/icon";
import { Mark } from "../components/mark";
import { Menu } from "../components/menu";
import { notify } from "../components/notice";
import { t, timeAgo } from "../i18n";
import type { DocumentSummary } from "../net/api";
import { account, api, asApiError } from "./account";
import { createDocumentList, type DocumentList, shownTitle } from "./documents";
import { Problem, problemOf } from "./problem";
import { follow, navigate } from "./router";

const SEARCH_DELAY_MS = 200;
const TITLE_LIMIT = 255;

async function createDocument(): Promise<void> {
  try {
    const made = await api.createDocument();
    await navigate(`/d/${made.id}`);
  } catch (error) {
    notify(asApiError(error).message);
  }
}

function TopBar({ list }: { list: DocumentList }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const typed = (event: Event) => {
    list.query.value = (event.currentTarget as HTMLInputElement).value.trim();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void list.load(), SEARCH_DELAY_MS);
  };
  return (
    <header class="top">
      <a class="brand" href="/" onClick={follow}>
        <Mark />
        <span class="brand-name">{t("app.name")}</span>
      </a>
      <div class="search">
        <Icon shapes={search} />
        <input
          class="input"
          type="search"
          aria-label={t("home.search")}
          placeholder={t("home.search")}
          onInput={typed}
        />
      </div>
      {account.value && <AccountMenu account={account.value} />}
    </header>
  );
}

interface RowProps {
  document: DocumentSummary;
  list: DocumentList;
  trash: boolean;
}

function TitleInput({ document, list, done }: RowProps & { done(): void }) {
  const input = useRef<HTMLInputElement>(null);
  const abandoned = useRef(false);
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const finish = () => {
    const title = input.current?.value.trim() ?? "";
    done();
    if (!abandoned.current) void list.rename(document, title);
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
        if (event.key === "Escape") abandoned.current = true;
        if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}

function Row(props: RowProps) {
  const { document, list, trash } = props;
  const [renaming, setRenaming] = useState(false);
  const mine = document.owner.id === account.value?.id;
  const title = shownTitle(document);
  const items = trash
    ? [{ label: t("home.restore"), run: () => void list.restore(document) }]
    : [
        ...(document.role === "owner" || document.role === "editor"
          ? [{ label: t("home.rename"), run: () => setRenaming(true) }]
          : []),
        ...(document.role === "owner"
          ? [{ label: t("home.toTrash"), danger: true, run: () => void list.trash(document) }]
          : []),
      ];
  return (
    <li class="document">
      <span class="document-icon">
        <Icon shapes={fileText} />
      </span>
      <div class="document-title">
        {renaming && <TitleInput {...props} done={() => setRenaming(false)} />}
        {!renaming && trash && <span dir="auto">{title}</span>}
        {!renaming && !trash && (
          <a href={`/d/${document.id}`} onClick={follow} dir="auto">
            {title}
          </a>
        )}
      </div>
      <span class="document-owner quiet">{mine ? t("home.me") : document.owner.name}</span>
      <time class="document-time quiet" dateTime={document.updated_at}>
        {timeAgo(document.updated_at)}
      </time>
      <span class="document-menu">
        {items.length > 0 && (
          <Menu
            label={t("home.actions", { title })}
            buttonClass="button icon-only"
            button={<Icon shapes={ellipsis} />}
            items={items}
          />
        )}
      </span>
    </li>
  );
}

function Empty({ query, trash }: { query: string; trash: boolean }) {
  const [title, hint] = query
    ? (["home.noMatch", "home.noMatchHint"] as const)
    : trash
      ? (["home.trashEmpty", "home.trashEmptyHint"] as const)
      : (["home.empty", "home.emptyHint"] as const);
  return (
    <div class="empty">
      <Mark size={52} />
      <h2>{t(title, { query })}</h2>
      <p class="quiet">{t(hint)}</p>
      {!query && !trash && <NewButton />}
    </div>
  );
}

function NewButton() {
  return (
    <button type="button" class="button primary" onClick={() => void createDocument()}>
      <Icon shapes={plus} />
      {t("home.new")}
    </button>
  );
}

function Documents({ list, trash }: { list: DocumentList; trash: boolean }) {
  const documents = list.documents.value;
  if (!documents) return <p class="quiet late">{t("app.loading")}</p>;
  if (documents.length === 0) return <Empty query={list.query.value} trash={trash} />;
  return (
    <div class="documents">
      <div class="document head" aria-hidden="true">
        <span class="document-title">{t("home.columnTitle")}</span>
        <span class="document-owner">{t("home.columnOwner")}</span>
        <span class="document-time">{t("home.columnEdited")}</span>
      </div>
      <ul>
        {documents.map((document) => (
          <Row key={document.id} document={document} list={list} trash={trash} />
        ))}
      </ul>
      {list.next.value && (
        <button type="button" class="button" onClick={() => void list.load(true)}>
          {t("home.more")}
        </button>
      )}
    </div>
  );
}

/** The plain list of one's own and shared documents, or with `trash` of those that were thrown away. */
export function Home({ trash }: { trash: boolean }) {
  const list = useMemo(() => createDocumentList(trash), [trash]);
  useEffect(() => {
    document.title = `${t(trash ? "home.trash" : "home.title")} – ${t("app.name")}`;
    void list.load();
  }, [list, trash]);
  const failure = list.failure.value;
  if (failure)
    return <Problem kind={problemOf(failure)} message={failure.message} retry={() => void list.load()} />;
  return (
    <div class="home">
      <TopBar list={list} />
      <main id="content">
        <div class="home-head">
          <h1>{t(trash ? "home.trash" : "home.title")}</h1>
          <nav class="row" aria-label={t("home.title")}>
            <a class="button" href={trash ? "/" : "/trash"} onClick={follow}>
              <Icon shapes={trash ? fileText : trashIcon} />
              {t(trash ? "app.home" : "home.trash")}
            </a>
            {!trash && <NewButton />}
          </nav>
        </div>
        <Documents list={list} trash={trash} />
      </main>
    </div>
  );
}
