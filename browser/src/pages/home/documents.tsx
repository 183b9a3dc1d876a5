import down from "lucide:arrow-down";
import up from "lucide:arrow-up";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon";
import { t } from "../../i18n";
import { Empty } from "./empty";
import { focusRow, listKeys } from "./keys";
import type { Sort } from "./listing";
import { Row } from "./row";
import type { Home } from "./state";
import { reasonOf } from "./told";

function Column({ home, sort, label, name }: { home: Home; sort: Sort; label: string; name: string }) {
  const { sort: present, order } = home.order.value;
  const on = present === sort;
  const searching = home.place.value.query !== "";
  return (
    <span
      role="columnheader"
      class={name}
      {...(on && !searching
        ? { "aria-sort": order === "asc" ? ("ascending" as const) : ("descending" as const) }
        : {})}
    >
      {searching ? (
        label
      ) : (
        <button type="button" class="column" onClick={() => home.sortBy(sort)}>
          {label}
          {on && <Icon shapes={order === "asc" ? up : down} size={14} />}
        </button>
      )}
    </span>
  );
}

function Columns({ home }: { home: Home }) {
  const { sort } = home.order.value;
  const trash = home.place.value.section === "trash";
  const time = sort === "created" || sort === "opened" ? sort : "updated";
  return (
    <div role="row" class="document columns">
      <span role="columnheader" class="cell-select">
        <span class="visually-hidden">{t("home.columnSelect")}</span>
      </span>
      <Column home={home} sort="title" label={t("home.columnTitle")} name="cell-title" />
      <span role="columnheader" class="cell-owner">
        {t("home.columnOwner")}
      </span>
      {trash ? (
        <span role="columnheader" class="cell-time">
          {t("home.columnDeleted")}
        </span>
      ) : (
        <Column home={home} sort={time} label={t(`home.column.${time}`)} name="cell-time" />
      )}
      <Column home={home} sort="words" label={t("home.columnWords")} name="cell-words" />
      <span role="columnheader" class="cell-acts">
        <span class="visually-hidden">{t("home.columnActs")}</span>
      </span>
    </div>
  );
}

/** Reads on when the end of the list comes near. */
function More({ home }: { home: Home }) {
  const end = useRef<HTMLDivElement>(null);
  const { listing } = home;
  const failure = listing.moreFailure.value;
  const cursor = listing.next.value;
  useEffect(() => {
    if (!end.current || !cursor || failure) return;
    const watcher = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && void listing.more(),
      { rootMargin: "600px" },
    );
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [cursor, failure, listing]);
  if (!cursor) return null;
  return (
    <div ref={end} class="more">
      {failure ? (
        <>
          <p class="failure" role="alert">
            {t("home.notMore")} {reasonOf(failure)}
          </p>
          <button type="button" class="button" onClick={() => void listing.more()}>
            {t("problem.retry")}
          </button>
        </>
      ) : (
        <p class="quiet late">{t("app.loading")}</p>
      )}
    </div>
  );
}

/** Keeps the keyboard in the list when the row that had it has gone. */
function useKeptFocus(home: Home) {
  const box = useRef<HTMLDivElement>(null);
  const here = useRef(false);
  const documents = home.listing.documents.value;
  useEffect(() => {
    const look = (event: FocusEvent) => {
      here.current = box.current?.contains(event.target as Node) ?? false;
    };
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }, []);
  useLayoutEffect(() => {
    if (here.current && document.activeElement === document.body)
      focusRow(box.current, home.selection.peek().active);
  }, [documents]);
  return box;
}

/** The documents of the place, in a list or as cards. */
export function Documents({ home }: { home: Home }) {
  const documents = home.listing.documents.value;
  const box = useKeptFocus(home);
  const grid = home.grid.value;
  if (!documents) return <p class="quiet late">{t("app.loading")}</p>;
  if (documents.length === 0) return <Empty home={home} />;
  return (
    <>
      <div
        ref={box}
        id="documents"
        role="grid"
        aria-multiselectable="true"
        aria-label={t("home.title")}
        aria-busy={home.listing.busy.value}
        class={grid ? "cards" : "documents"}
        data-selecting={home.selection.value.ids.size > 0 || undefined}
        onKeyDown={(event) => listKeys(home, event)}
      >
        {!grid && <Columns home={home} />}
        {documents.map((document, at) => (
          <Row key={document.id} home={home} document={document} first={at === 0} />
        ))}
      </div>
      <More home={home} />
    </>
  );
}
