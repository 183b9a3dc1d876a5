import check from "lucide:check";
import ellipsis from "lucide:ellipsis-vertical";
import smile from "lucide:smile-plus";
import { useState } from "preact/hooks";
import { Avatar, Name } from "../../../components/avatar";
import { Icon } from "../../../components/icon";
import { Menu, type MenuItem } from "../../../components/menu";
import { notify } from "../../../components/notice";
import { t, timeAgo, timeExact } from "../../../i18n";
import { account } from "../../account";
import type { Workspace } from "../workspace";
import { Composer } from "./composer";
import type { Margin } from "./state";
import type { Remark, Thread } from "./types";

const EMOJI = ["👍", "❤️", "😄", "🎉", "👀", "🙏"];

interface CardProps {
  workspace: Workspace;
  margin: Margin;
  thread: Thread;
  active: boolean;
  /** All of its text is deleted. */
  gone: boolean;
}

/** Text with the names of those who are mentioned set off. */
function Said({ remark }: { remark: Remark }) {
  const names = remark.mentions.map(({ name }) => `@${name}`).filter((name) => name.length > 1);
  if (names.length === 0) return <p dir="auto">{remark.text}</p>;
  const pattern = new RegExp(
    `(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`,
  );
  return (
    <p dir="auto">
      {remark.text
        .split(pattern)
        .map((part) => (names.includes(part) ? <b class="mention">{part}</b> : part))}
    </p>
  );
}

function Reactions({ remark, margin, canWrite }: { remark: Remark; margin: Margin; canWrite: boolean }) {
  const mine = (users: Remark["reactions"][number]["users"]) =>
    users.some(({ id }) => id === account.value?.id);
  if (remark.reactions.length === 0) return null;
  return (
    <ul class="reactions">
      {remark.reactions.map(({ emoji, users }) => (
        <li key={emoji}>
          <button
            type="button"
            class="reaction"
            aria-pressed={mine(users)}
            aria-label={t("margin.reaction", { emoji, names: users.map(({ name }) => name).join(", ") })}
            data-tip={users.map(({ name }) => name).join(", ")}
            aria-disabled={!canWrite}
            onClick={() => canWrite && void margin.react(remark.id, emoji, !mine(users))}
          >
            {emoji} {users.length}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Entry({ remark, ...card }: CardProps & { remark: Remark }) {
  const { workspace, margin, thread } = card;
  const [editing, setEditing] = useState(false);
  const { role } = workspace.access.value;
  const own = remark.user?.id === account.value?.id;
  const canWrite = role !== "viewer";
  const name = remark.user?.name ?? t("margin.erased");
  const link = async () => {
    const address = `${location.origin}${location.pathname}#comment=${thread.id}`;
    await navigator.clipboard?.writeText(address).catch(() => undefined);
    notify(t("margin.linkCopied"));
  };
  const items: MenuItem[] = [
    ...(own ? [{ label: t("margin.edit"), run: () => setEditing(true) }] : []),
    ...(remark === thread ? [{ label: t("margin.copyLink"), run: () => void link() }] : []),
    ...(own || role === "owner"
      ? [{ label: t("margin.delete"), danger: true, run: () => void margin.remove(remark.id, thread.id) }]
      : []),
  ];
  return (
    <div class="remark">
      <div class="remark-head">
        {remark.user && <Avatar user={remark.user} small />}
        <span class="remark-who">
          {remark.user ? <Name user={remark.user} /> : name}
          <time class="quiet" dateTime={remark.created_at} data-tip={timeExact(remark.created_at)}>
            {timeAgo(remark.created_at)}
            {remark.edited_at && ` · ${t("margin.edited")}`}
          </time>
        </span>
        {card.active && canWrite && (
          <Menu
            label={t("margin.react")}
            buttonClass="button icon-only small"
            button={<Icon shapes={smile} size={16} />}
            items={EMOJI.map((emoji) => ({
              label: emoji,
              run: () => void margin.react(remark.id, emoji, true),
            }))}
          />
        )}
        {card.active && items.length > 0 && (
          <Menu
            label={t("margin.actions", { name })}
            buttonClass="button icon-only small"
            button={<Icon shapes={ellipsis} size={16} />}
            items={items}
          />
        )}
      </div>
      {editing ? (
        <Composer
          margin={margin}
          label={t("margin.edit")}
          submitLabel={t("app.save")}
          value={remark.text}
          named={remark.mentions}
          autoFocus
          submit={async (text, mentions) => {
            const done = await margin.rewrite(remark.id, text, mentions);
            if (done) setEditing(false);
            return done;
          }}
          cancel={() => setEditing(false)}
        />
      ) : (
        <Said remark={remark} />
      )}
      <Reactions remark={remark} margin={margin} canWrite={canWrite} />
    </div>
  );
}

/** A thread: its quote, what was said, and a field to answer when it is active. */
export function ThreadCard(card: CardProps) {
  const { workspace, margin, thread, active, gone } = card;
  const { role } = workspace.access.value;
  const canWrite = role !== "viewer";
  const canResolve = role === "owner" || role === "editor" || thread.user?.id === account.value?.id;
  const replies = active ? thread.replies : thread.replies.slice(-1);
  const hidden = thread.replies.length - replies.length;
  return (
    <>
      <div class="card-quote">
        <q dir="auto">{thread.quote}</q>
        {gone && <small class="quiet">{t("margin.onDeleted")}</small>}
        {canWrite && canResolve && (
          <button
            type="button"
            class="button icon-only small"
            aria-label={t(thread.resolved ? "margin.reopen" : "margin.resolve")}
            data-tip={t(thread.resolved ? "margin.reopen" : "margin.resolve")}
            aria-pressed={thread.resolved}
            onClick={() => void margin.resolve(thread.id, !thread.resolved)}
          >
            <Icon shapes={check} size={16} />
          </button>
        )}
      </div>
      <Entry {...card} remark={thread} />
      {hidden > 0 && <p class="quiet small">{t("margin.moreReplies", { count: hidden })}</p>}
      {replies.map((reply) => (
        <Entry key={reply.id} {...card} remark={reply} />
      ))}
      {thread.resolved && (
        <p class="quiet small">
          {t("margin.resolvedBy", { name: thread.resolved_by?.name ?? t("margin.erased") })}
        </p>
      )}
      {active && canWrite && !thread.resolved && (
        <Composer
          margin={margin}
          label={t("margin.reply")}
          submitLabel={t("margin.reply")}
          submit={(text, mentions) => margin.reply(thread.id, text, mentions)}
        />
      )}
    </>
  );
}
