import down from "lucide:chevron-down";
import right from "lucide:chevron-right";
import more from "lucide:ellipsis-vertical";
import star from "lucide:star";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../components/icon";
import { Menu, type MenuItem } from "../../../components/menu";
import { notify } from "../../../components/notice";
import { Switch } from "../../../components/switch";
import { DOWN, walk } from "../../../components/walk";
import { t } from "../../../i18n";
import { account } from "../../account";
import { navigate } from "../../router";
import type { Workspace } from "../workspace";
import { attempt } from "./acting";
import type { Contributor, History, Session } from "./model";
import { RevertBox } from "./revert-box";
import { counts, dayKey, dayName, nameOf, span, told } from "./words";

function NameBox({ history, revision }: { history: History; revision: number }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(history.names.value.get(revision)?.name ?? "");
  useEffect(() => input.current?.select(), []);
  const end = (keep: boolean) => {
    if (history.renaming.peek() !== revision) return;
    history.renaming.value = null;
    if (keep) void attempt(() => history.name(revision, text));
  };
  return (
    <input
      ref={input}
      class="input session-name"
      aria-label={t("history.nameLabel")}
      maxLength={100}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
        event.preventDefault();
        event.stopPropagation();
        end(event.key === "Enter");
      }}
    />
  );
}

/** Up and down lead from version to version. */
function walkSessions(event: KeyboardEvent): void {
  const list = (event.currentTarget as HTMLElement).closest(".history-sessions");
  const all = [...(list?.querySelectorAll<HTMLElement>(".session-open") ?? [])];
  if (walk(all, event.key, DOWN)) event.preventDefault();
}

interface ItemProps {
  history: History;
  workspace: Workspace;
  session: Session;
  step?: boolean;
  revert(session: Session, user: Contributor): void;
}

function acts({ history, workspace, session, revert }: ItemProps): MenuItem[] {
  const revision = session.to_revision;
  const named = history.names.peek().has(revision);
  const canEdit = workspace.access.peek().canEdit;
  const copy = async () => {
    const made = await history.copy(revision);
    notify(t("history.copied"), { label: t("history.open"), run: () => void navigate(`/d/${made.id}`) });
  };
  const items: MenuItem[] = [];
  if (canEdit) {
    items.push({
      label: t(named ? "history.rename" : "history.name"),
      run: () => {
        history.renaming.value = revision;
      },
    });
    if (named)
      items.push({ label: t("history.unname"), run: () => void attempt(() => history.name(revision, "")) });
  }
  items.push({
    label: t("history.compareFrom"),
    run: () => {
      history.base.value = revision;
    },
  });
  if (account.peek() && !account.peek()?.guest)
    items.push({ label: t("history.copy"), run: () => void attempt(copy) });
  if (canEdit)
    for (const [at, user] of session.users.entries())
      items.push({
        label: t("history.revert", { name: nameOf(user) }),
        separated: at === 0,
        run: () => revert(session, user),
      });
  return items;
}

/** One session, or one step of it. */
function Item(props: ItemProps) {
  const { history, session, step = false } = props;
  const revision = session.to_revision;
  const named = history.names.value.get(revision) ?? session.versions?.[0];
  const current =
    history.chosen.value?.revision === revision && history.chosen.value.since <= session.from_revision;
  const open = history.steps.value.has(session.from_revision);
  const when = span(session);
  const single = session.users.length === 1 && session.users[0]?.changes === 1;
  return (
    <li class={`session${current ? " current" : ""}${step ? " step" : ""}`}>
      {!step && !single ? (
        <button
          type="button"
          class="session-steps"
          aria-expanded={open}
          aria-label={t("history.steps", { time: when })}
          onClick={() => void attempt(() => history.toggleSteps(session))}
        >
          <Icon shapes={open ? down : right} size={16} />
        </button>
      ) : (
        <span class="session-steps" />
      )}
      <div class="session-body">
        {history.renaming.value === revision && <NameBox history={history} revision={revision} />}
        <button
          type="button"
          class="session-open"
          onKeyDown={walkSessions}
          aria-current={current ? "true" : undefined}
          onClick={() => void history.open(revision, history.base.peek() ?? session.from_revision)}
        >
          {named && (
            <span class="session-named">
              <Icon shapes={star} size={14} />
              <bdi>{named.name}</bdi>
            </span>
          )}
          <span class="session-when">
            {revision === history.head.value && !step && <strong>{t("history.present")} · </strong>}
            {when}
          </span>
          <span class="session-told">{told(session)}</span>
          <span class="session-who">
            {session.users.map((user) => (
              <span key={user.id} class="session-user" style={{ "--person": user.color }}>
                <bdi>{nameOf(user)}</bdi>
              </span>
            ))}
            <span class="session-counts">{counts(session)}</span>
          </span>
        </button>
      </div>
      <Menu
        label={t("history.more", { time: when })}
        button={<Icon shapes={more} size={16} />}
        buttonClass="button icon-only session-more"
        items={acts(props)}
      />
      {open && !step && (
        <ol class="session-list">
          {history.steps.value.get(session.from_revision)?.map((one) => (
            <Item key={one.from_revision} {...props} session={one} step />
          ))}
        </ol>
      )}
    </li>
  );
}

/** Only what has a name: each compared with the named one before it. */
function Named({ history }: { history: History }) {
  const versions = history.versions.value;
  if (versions.length === 0) return <p class="quiet">{t("history.noneNamed")}</p>;
  return (
    <ol class="session-list">
      {versions.map((version, at) => (
        <li
          key={version.revision}
          class={history.chosen.value?.revision === version.revision ? "session current" : "session"}
        >
          <span class="session-steps" />
          <div class="session-body">
            <button
              type="button"
              class="session-open"
              onKeyDown={walkSessions}
              aria-current={history.chosen.value?.revision === version.revision ? "true" : undefined}
              onClick={() =>
                void history.open(version.revision, history.base.peek() ?? versions[at + 1]?.revision ?? 0)
              }
            >
              <span class="session-named">
                <Icon shapes={star} size={14} />
                <bdi>{version.name}</bdi>
              </span>
              <span class="session-when">
                {dayName(version.named_at)} · {t("history.revision", { revision: version.revision })}
              </span>
              <span class="session-user" style={{ "--person": version.user.color }}>
                <bdi>{nameOf(version.user)}</bdi>
              </span>
            </button>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Asks for the next page when its place comes into sight. */
function Further({ history }: { history: History }) {
  const mark = useRef<HTMLDivElement>(null);
  const next = history.next.value;
  useEffect(() => {
    if (!mark.current || next === null) return;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) void history.load(true);
    });
    observer.observe(mark.current);
    return () => observer.disconnect();
  }, [next]);
  return next === null ? null : (
    <div ref={mark} class="quiet session-further">
      {t("history.loading")}
    </div>
  );
}

/** Sessions under their days. */
function Days(props: Omit<ItemProps, "session">) {
  const days: Array<{ key: string; name: string; sessions: Session[] }> = [];
  for (const session of props.history.sessions.value) {
    const key = dayKey(session.ended_at);
    const last = days.at(-1);
    if (last?.key === key) last.sessions.push(session);
    else days.push({ key, name: dayName(session.ended_at), sessions: [session] });
  }
  return (
    <>
      {days.map((day) => (
        <section key={day.key} aria-label={day.name}>
          <h3 class="session-day">{day.name}</h3>
          <ol class="session-list">
            {day.sessions.map((session) => (
              <Item key={session.from_revision} {...props} session={session} />
            ))}
          </ol>
        </section>
      ))}
      <Further history={props.history} />
    </>
  );
}

/** The list of versions beside the text. */
export function Sessions({
  history,
  workspace,
  narrow,
}: {
  history: History;
  workspace: Workspace;
  narrow: boolean;
}) {
  const [reverting, setReverting] = useState<{ session: Session; user: Contributor } | null>(null);
  const { state, problem, sessions, base } = history;
  return (
    <aside class={narrow ? "history-panel under" : "history-panel"} aria-label={t("history.list")}>
      <div class="history-filter">
        <h2>{t("history.title")}</h2>
        <Switch
          label={t("history.onlyNamed")}
          on={history.onlyNamed.value}
          change={(on) => {
            history.onlyNamed.value = on;
          }}
        />
        {base.value !== null && (
          <p class="history-base">
            {t("history.comparing", { revision: base.value })}{" "}
            <button
              type="button"
              class="button link-like"
              onClick={() => {
                base.value = null;
              }}
            >
              {t("history.endCompare")}
            </button>
          </p>
        )}
      </div>
      <div class="history-sessions">
        {state.value === "loading" && <p class="quiet late">{t("history.loading")}</p>}
        {state.value === "failed" && (
          <p>
            {problem.value}{" "}
            <button type="button" class="button" onClick={() => void history.load()}>
              {t("history.again")}
            </button>
          </p>
        )}
        {state.value === "ready" && sessions.value.length === 0 && <p class="quiet">{t("history.empty")}</p>}
        {history.onlyNamed.value ? (
          <Named history={history} />
        ) : (
          <Days
            history={history}
            workspace={workspace}
            revert={(session, user) => setReverting({ session, user })}
          />
        )}
      </div>
      {reverting && <RevertBox history={history} {...reverting} close={() => setReverting(null)} />}
    </aside>
  );
}
