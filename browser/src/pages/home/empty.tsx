import plus from "lucide:plus";
import { Icon } from "../../components/icon";
import { Mark } from "../../components/mark";
import { t } from "../../i18n";
import type { Section } from "./place";
import type { Home } from "./state";

const WORDS = {
  all: ["home.empty", "home.emptyHint"],
  recent: ["home.recentEmpty", "home.recentEmptyHint"],
  owned: ["home.empty", "home.emptyHint"],
  shared: ["home.sharedEmpty", "home.sharedEmptyHint"],
  starred: ["home.starredEmpty", "home.starredEmptyHint"],
  trash: ["home.trashEmpty", "home.trashEmptyHint"],
  folder: ["home.folderEmpty", "home.folderEmptyHint"],
} as const satisfies Record<Section, readonly [string, string]>;

/** Says why nothing is shown, and what to do about it. */
export function Empty({ home }: { home: Home }) {
  const { section, tag, query } = home.place.value;
  const [title, hint] = query
    ? (["home.noMatch", "home.noMatchHint"] as const)
    : tag
      ? (["home.tagEmpty", "home.tagEmptyHint"] as const)
      : WORDS[section];
  const narrowed = query !== "" && (section !== "all" || tag !== "");
  const starts = !query && !tag && ["all", "owned", "recent", "folder"].includes(section);
  return (
    <div class="empty">
      <Mark size={52} />
      <h2 dir="auto">{t(title, { query, tag })}</h2>
      <p class="quiet">{t(hint)}</p>
      {narrowed && (
        <button
          type="button"
          class="button"
          onClick={() => home.go({ section: "all", folder: "", tag: "" }, true)}
        >
          {t("home.searchEverywhere")}
        </button>
      )}
      {starts && (
        <div class="row">
          <button type="button" class="button primary" onClick={() => void home.acts.create()}>
            <Icon shapes={plus} />
            {t("home.new")}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              home.panel.value = { kind: "templates" };
            }}
          >
            {t("home.fromTemplate")}
          </button>
        </div>
      )}
    </div>
  );
}
