import menuIcon from "lucide:menu";
import plus from "lucide:plus";
import { useEffect, useMemo } from "preact/hooks";
import { AccountMenu } from "../../components/account-menu";
import { Icon } from "../../components/icon";
import { lazy } from "../../components/lazy";
import { Mark } from "../../components/mark";
import { narrow } from "../../components/window";
import { t } from "../../i18n";
import type { DocumentEntry } from "../../net/api";
import { account } from "../account";
import { problemOf } from "../problem";
import { follow } from "../router";
import { Documents } from "./documents";
import { Head, Subfolders } from "./head";
import { MenuHost } from "./menu-host";
import { SearchBox } from "./search-box";
import { Side, titleOfPlace } from "./side";
import { createHome, type Home as HomeState } from "./state";
import { reasonOf } from "./told";
import "./messages";
import "../../styles/home.css";

const OpenPanel = lazy(() => import("./panels"));

/** What others do is seen after this long at the latest. */
const LOOK_EVERY_MS = 30_000;
const SOON_MS = 4_000;

function TopBar({ home }: { home: HomeState }) {
  return (
    <header class="top">
      {narrow.value ? (
        <button
          type="button"
          class="button icon-only"
          aria-label={t("home.places")}
          aria-haspopup="dialog"
          onClick={() => {
            home.drawer.value = true;
          }}
        >
          <Icon shapes={menuIcon} />
        </button>
      ) : (
        <a class="brand" href="/" onClick={follow}>
          <Mark />
          <span class="brand-name">{t("app.name")}</span>
        </a>
      )}
      <SearchBox home={home} />
      {account.value && <AccountMenu account={account.value} />}
    </header>
  );
}

/** Says in the place of the list why there is none, and what to do. */
function Failed({ home }: { home: HomeState }) {
  const failure = home.listing.failure.value!;
  const missing = failure.status === 404;
  const unreachable = problemOf(failure) === "unreachable";
  return (
    <div class="empty" role="alert">
      <Mark size={52} />
      <h2>
        {t(
          missing ? "home.folderMissing" : unreachable ? "problem.unreachable.title" : "problem.failed.title",
        )}
      </h2>
      <p class="quiet">
        {missing
          ? t("home.folderMissingHint")
          : unreachable
            ? t("problem.unreachable.text")
            : reasonOf(failure)}
      </p>
      {missing ? (
        <a class="button primary" href="/" onClick={follow}>
          {t("app.home")}
        </a>
      ) : (
        <button type="button" class="button primary" onClick={() => void home.listing.load()}>
          {t("problem.retry")}
        </button>
      )}
    </div>
  );
}

/** Keeps what is shown true: when the page is looked at again, and now and then. */
function useRefresh(home: HomeState): void {
  useEffect(() => {
    const stop = home.watch();
    void home.shelves.load();
    const look = () => {
      if (document.visibilityState !== "visible") return;
      void home.listing.refresh();
      void home.shelves.load();
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    return () => {
      stop();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
    };
  }, [home]);
}

/** What was written a moment ago has its words, first lines and writer told a moment later. */
function useSoon(home: HomeState): void {
  const documents = home.listing.documents.value;
  useEffect(() => {
    const moment = Date.now() - SOON_MS;
    const untold = ({ revision, edited_at, updated_at }: DocumentEntry) =>
      revision > 0 && (edited_at === null || Date.parse(updated_at) > moment);
    if (!documents?.some(untold)) return;
    const timer = setTimeout(() => void home.listing.refresh(), SOON_MS);
    return () => clearTimeout(timer);
  }, [documents, home]);
}

/** The keys that hold wherever the focus is, but where one types. */
function useKeys(home: HomeState): void {
  useEffect(() => {
    const keyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const typing = (event.target as Element).closest("input, textarea, select, [contenteditable]");
      const modified = event.ctrlKey || event.metaKey;
      if ((event.key === "?" && !typing && !modified) || (event.key === "/" && modified)) {
        event.preventDefault();
        home.panel.value = { kind: "keys" };
      } else if (event.key === "/" && !typing && !event.altKey) {
        event.preventDefault();
        const box = document.getElementById("search") as HTMLInputElement | null;
        box?.focus();
        box?.select();
      }
    };
    document.addEventListener("keydown", keyDown);
    return () => document.removeEventListener("keydown", keyDown);
  }, [home]);
}

/** Fetches the editor while nobody waits, so that a document opens at once. */
function usePreparedEditor(ready: boolean): void {
  useEffect(() => {
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (!ready || connection?.saveData) return;
    const fetchEditor = () => import("../editor/page").catch(() => undefined); // asked again when it is needed
    if (!("requestIdleCallback" in window)) return void fetchEditor();
    const handle = requestIdleCallback(() => void fetchEditor());
    return () => cancelIdleCallback(handle);
  }, [ready]);
}

/** Where all documents are: sections, folders, tags, the search, the trash. */
export function Home() {
  const home = useMemo(createHome, []);
  useRefresh(home);
  useSoon(home);
  useKeys(home);
  usePreparedEditor(home.listing.documents.value !== null);
  const title = titleOfPlace(home);
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  return (
    <div class="home">
      <TopBar home={home} />
      <div class="home-body">
        <Side home={home} />
        <main id="content" tabIndex={-1}>
          {home.listing.failure.value ? (
            <Failed home={home} />
          ) : (
            <>
              <Head home={home} />
              <Subfolders home={home} />
              <Documents home={home} />
            </>
          )}
        </main>
      </div>
      {narrow.value && home.selection.value.ids.size === 0 && home.place.value.section !== "trash" && (
        <button type="button" class="button primary new-floating" onClick={() => void home.acts.create()}>
          <Icon shapes={plus} />
          {t("home.new")}
        </button>
      )}
      <MenuHost home={home} />
      {home.panel.value && <OpenPanel home={home} />}
    </div>
  );
}
