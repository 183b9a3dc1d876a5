import listIcon from "lucide:messages-square";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../../components/icon";
import { narrowMargin } from "../../../components/window";
import { personProperty } from "../../../core/colors";
import type { User } from "../../../core/protocol";
import type { Suggestion } from "../../../editor/editor";
import { t } from "../../../i18n";
import { account } from "../../account";
import { useEditor } from "../use-editor";
import type { Workspace } from "../workspace";
import { Composer } from "./composer";
import { placed } from "./layout";
import { createMargin, type Margin, type Shown } from "./state";
import { SuggestionCard } from "./suggestion-card";
import { ThreadCard } from "./thread-card";
import type { Thread } from "./types";
import "../../../styles/margin.css";
import "./words";

const LOOK_EVERY_MS = 60;
const DRAFT = "draft";
/** More cards than this are only drawn near the window. */
const MANY = 60;
const NEAR = 1_500;

/** One thing in the margin, with its place in the text. */
type Item = { id: string; index: number } & (
  | { kind: "thread"; thread: Thread; gone: boolean }
  | { kind: "suggestion"; suggestion: Suggestion }
  | { kind: "draft"; quote: string }
);

/** Everybody whose name the page knows, by id. */
function known(workspace: Workspace, margin: Margin): Map<string, User> {
  const users = [
    ...margin.people.value,
    ...[...margin.threads.value.values()].flatMap(({ user }) => user ?? []),
    ...workspace.people.value.map(({ user }) => user),
    ...(account.value ? [account.value] : []),
  ];
  return new Map(users.map((user) => [user.id, user]));
}

function itemsOf(workspace: Workspace, margin: Margin): Item[] {
  const editor = workspace.editor.value;
  const spans = editor?.comments.spans();
  const draft = margin.draft.value;
  const items: Item[] = [
    ...margin.visible().map((thread): Item => {
      const span = spans?.get(thread.id);
      const gone = span !== undefined && span.start === span.end;
      return { kind: "thread", id: thread.id, index: span?.start ?? 0, thread, gone };
    }),
    ...(editor?.suggesting.all() ?? []).map(
      (suggestion): Item => ({ kind: "suggestion", id: suggestion.id, index: suggestion.index, suggestion }),
    ),
    ...(draft ? [{ kind: "draft", id: DRAFT, ...draft } as Item] : []),
  ];
  return items.sort((one, other) => one.index - other.index);
}

function Body({ item, workspace, margin }: { item: Item; workspace: Workspace; margin: Margin }) {
  const active = margin.active.value === item.id;
  if (item.kind === "thread") {
    return (
      <ThreadCard
        workspace={workspace}
        margin={margin}
        thread={item.thread}
        gone={item.gone}
        active={active}
      />
    );
  }
  if (item.kind === "suggestion") {
    const author = known(workspace, margin).get(item.suggestion.author) ?? null;
    return <SuggestionCard workspace={workspace} suggestion={item.suggestion} author={author} />;
  }
  return (
    <>
      <div class="card-quote">
        <q dir="auto">{item.quote}</q>
      </div>
      <Composer
        margin={margin}
        label={t("margin.write")}
        submitLabel={t("margin.comment")}
        autoFocus
        submit={margin.submit}
        cancel={margin.cancel}
      />
    </>
  );
}

function nameOf(item: Item, workspace: Workspace, margin: Margin): string {
  if (item.kind === "thread")
    return t("margin.threadBy", { name: item.thread.user?.name ?? t("margin.erased") });
  if (item.kind === "draft") return t("margin.comment");
  const author = known(workspace, margin).get(item.suggestion.author);
  return t("suggestion.by", { name: author?.name ?? t("margin.erased") });
}

/** The attributes of a card: it can be reached by key, and choosing it shows its place. */
function cardProps(item: Item, workspace: Workspace, margin: Margin, go = false) {
  const active = margin.active.value === item.id || item.kind === "draft";
  return {
    class: `card${active ? " active" : ""} card-${item.kind}`,
    "data-card": item.id,
    "aria-label": nameOf(item, workspace, margin),
    tabIndex: 0,
    onFocusIn: () => item.kind !== "draft" && margin.active.peek() !== item.id && margin.choose(item.id, go),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.target !== event.currentTarget) return;
      if (event.key === "Enter") margin.choose(item.id, true);
      else if (event.key === "Escape") workspace.editor.peek()?.focus();
      else if (event.key === "ArrowDown") margin.step(1);
      else if (event.key === "ArrowUp") margin.step(-1);
      else return;
      event.preventDefault();
    },
  };
}

/** Beside the text: cards level with their places. */
function Beside({ workspace, margin, items }: { workspace: Workspace; margin: Margin; items: Item[] }) {
  const column = useRef<HTMLElement>(null);
  const [tops, setTops] = useState<ReadonlyMap<string, number>>(new Map());
  const heights = useRef(new Map<string, number>());
  const editor = workspace.editor.value;
  const active = margin.draft.value ? DRAFT : margin.active.value;
  const near = (index: number) => {
    if (items.length <= MANY || !editor) return true;
    const place = editor.comments.topOf(index);
    return place > -NEAR && place < innerHeight + NEAR;
  };
  const drawn = items.filter(({ id, index }) => id === active || near(index));

  useLayoutEffect(() => {
    const element = column.current;
    if (!element || !editor) return;
    for (const card of element.querySelectorAll<HTMLElement>("[data-card]")) {
      heights.current.set(card.dataset.card ?? "", card.offsetHeight);
    }
    const from = element.getBoundingClientRect().top;
    const cards = drawn.map(({ id, index }) => ({
      id,
      top: editor.comments.topOf(index) - from,
      height: heights.current.get(id) ?? 80,
    }));
    const next = placed(cards, active);
    const same =
      next.size === tops.size && [...next].every(([id, y]) => Math.abs((tops.get(id) ?? 1e9) - y) < 1);
    if (!same) setTops(next);
  });
  return (
    <aside ref={column} class="margin" aria-label={t("margin.label")}>
      {drawn.map((item) => (
        <article
          key={item.id}
          {...cardProps(item, workspace, margin)}
          style={{ transform: `translateY(${tops.get(item.id) ?? 0}px)`, opacity: tops.has(item.id) ? 1 : 0 }}
        >
          <Body item={item} workspace={workspace} margin={margin} />
        </article>
      ))}
    </aside>
  );
}

/** Where there is no room beside the text: the active card at the foot. */
function Foot({ workspace, margin, items }: { workspace: Workspace; margin: Margin; items: Item[] }) {
  const active = margin.draft.value ? DRAFT : margin.active.value;
  const item = items.find(({ id }) => id === active);
  if (!item) return null;
  return (
    <aside class="margin-foot" aria-label={t("margin.label")}>
      <article {...cardProps(item, workspace, margin)}>
        <Body item={item} workspace={workspace} margin={margin} />
        {item.kind !== "draft" && (
          <div class="row end">
            <button type="button" class="button" onClick={() => margin.choose(null)}>
              {t("app.close")}
            </button>
          </div>
        )}
      </article>
    </aside>
  );
}

/** All of them in one list, by state and person. */
function List({
  workspace,
  margin,
  items,
  close,
}: {
  workspace: Workspace;
  margin: Margin;
  items: Item[];
  close(): void;
}) {
  const people = [
    ...new Map(
      [...margin.threads.value.values()].flatMap(({ user, replies }) =>
        [user, ...replies.map((reply) => reply.user)].flatMap((each) =>
          each ? [[each.id, each.name] as const] : [],
        ),
      ),
    ),
  ];
  const count = workspace.editor.value?.suggesting.all().length ?? 0;
  const { role } = workspace.access.value;
  const all = (accept: boolean) => workspace.editor.peek()?.suggesting.decide(null, accept);
  return (
    <aside
      class="margin-list"
      aria-label={t("command.comments")}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <header>
        <h2>{t("command.comments")}</h2>
        <button type="button" class="button" onClick={close}>
          {t("app.close")}
        </button>
      </header>
      <div class="row wrap">
        <select
          class="input"
          aria-label={t("margin.which")}
          value={margin.shown.value}
          onChange={(event) => {
            margin.shown.value = event.currentTarget.value as Shown;
          }}
        >
          <option value="open">{t("margin.open")}</option>
          <option value="resolved">{t("margin.resolved")}</option>
          <option value="all">{t("margin.all")}</option>
        </select>
        <select
          class="input"
          aria-label={t("margin.who")}
          value={margin.person.value ?? ""}
          onChange={(event) => {
            margin.person.value = event.currentTarget.value || null;
          }}
        >
          <option value="">{t("margin.everybody")}</option>
          {people.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {count > 0 && (role === "owner" || role === "editor") && (
        <div class="row wrap">
          <span class="quiet">{t("suggestion.count", { count })}</span>
          <button type="button" class="button" onClick={() => all(true)}>
            {t("suggestion.acceptAll")}
          </button>
          <button type="button" class="button" onClick={() => all(false)}>
            {t("suggestion.rejectAll")}
          </button>
        </div>
      )}
      {items.length === 0 && <p class="quiet">{t("margin.none")}</p>}
      {items.map((item) => (
        <article key={item.id} {...cardProps(item, workspace, margin, true)}>
          <Body item={item} workspace={workspace} margin={margin} />
        </article>
      ))}
    </aside>
  );
}

/** Comments and suggestions beside the text. */
export default function MarginPart({ workspace }: { workspace: Workspace }) {
  const margin = useMemo(() => createMargin(workspace), [workspace]);
  const editor = useEditor(workspace, LOOK_EVERY_MS);
  useEffect(() => margin.start(), [margin]);
  useFollowCaret(workspace, margin);
  useColors(workspace, margin);
  const items = itemsOf(workspace, margin);
  const listed = workspace.marginList.value;
  if (!editor) return null;
  if (listed) {
    const close = () => {
      workspace.marginList.value = false;
      editor.focus();
    };
    return <List workspace={workspace} margin={margin} items={items} close={close} />;
  }
  if (items.length === 0) return null;
  if (narrowMargin.value) {
    return (
      <>
        <Foot workspace={workspace} margin={margin} items={items} />
        <button
          type="button"
          class="button margin-count"
          aria-label={t("margin.show", { count: items.length })}
          onClick={() => {
            workspace.marginList.value = true;
          }}
        >
          <Icon shapes={listIcon} size={16} /> {items.length}
        </button>
      </>
    );
  }
  return <Beside workspace={workspace} margin={margin} items={items} />;
}

/** The card of what the caret comes into becomes active. */
function useFollowCaret(workspace: Workspace, margin: Margin): void {
  const last = useRef<string | null>(null);
  const editor = workspace.editor.value;
  useEffect(() => {
    const look = () => {
      if (!editor || !document.activeElement?.closest(".ProseMirror")) return;
      const id = editor.comments.atCaret()[0] ?? editor.suggesting.atCaret();
      if (id === last.current) return;
      last.current = id;
      margin.choose(id);
    };
    return editor?.subscribe(look);
  }, [editor, margin]);
}

/** Suggestions in the text are drawn in the colour that their author has elsewhere. */
function useColors(workspace: Workspace, margin: Margin): void {
  const users = [...known(workspace, margin).values()];
  const key = users.map(({ id, color }) => `${id} ${color}`).join(",");
  useEffect(() => {
    const paper = document.querySelector<HTMLElement>(".paper");
    for (const { id, color } of users) paper?.style.setProperty(personProperty(id), color);
  }, [key]);
}
