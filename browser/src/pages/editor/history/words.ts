/** The history in words. */

import type { User } from "../../../core/protocol";
import { addMessages, language, type MessageKey, t } from "../../../i18n";
import messages from "../../../i18n/en/history.json";
import type { Part, Session } from "./model";

addMessages(messages);

const TIME = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const OLD_DAY = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const LIST = new Intl.ListFormat(language, { type: "conjunction" });

export const nameOf = (user: Pick<User, "name"> | undefined): string => user?.name || t("history.somebody");

export const moment = (timestamp: string | undefined): string =>
  timestamp ? MOMENT.format(new Date(timestamp)) : "";

export const time = (timestamp: string): string => TIME.format(new Date(timestamp));

/** From when to when, once where both are the same. */
export function span(session: Session): string {
  const [from, to] = [time(session.started_at), time(session.ended_at)];
  return from === to ? from : `${from}–${to}`;
}

export const dayKey = (timestamp: string): string => new Date(timestamp).toDateString();

export function dayName(timestamp: string, now = new Date()): string {
  const day = new Date(timestamp);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day.toDateString() === now.toDateString()) return t("history.today");
  if (day.toDateString() === yesterday.toDateString()) return t("history.yesterday");
  return (day.getFullYear() === now.getFullYear() ? DAY : OLD_DAY).format(day);
}

const ACTIONS = new Set(["wrote", "rewrote", "edited", "deleted", "formatted", "added", "restored"]);
const BLOCKS = new Set(["list", "quote", "code", "image", "divider", "page-break", "table", "object"]);

function sentence(part: Part, names: ReadonlyMap<string, string>): string {
  const name = names.get(part.user_id) || t("history.somebody");
  if (!ACTIONS.has(part.action)) return "";
  const what = LIST.format(
    (part.blocks ?? [])
      .filter((block) => BLOCKS.has(block))
      .map((block) => t(`history.block.${block}` as MessageKey)),
  );
  const key = part.action === "restored" ? "restored" : `${part.action}${part.section ? "In" : ""}`;
  return t(`history.did.${key}` as MessageKey, {
    name,
    what: what || t("history.block.object"),
    section: part.section ?? "",
    revision: part.revision ?? 0,
  });
}

/** What was done, as a person would say it. */
export function told(session: Session): string {
  const names = new Map(session.users.map((user) => [user.id, user.name] as const));
  const said = session.parts.slice(0, 3).map((part) => sentence(part, names));
  return [...new Set(said.filter(Boolean))].join(", ");
}

export function counts(session: Session): string {
  const said: string[] = [];
  if (session.inserted > 0) said.push(`+${session.inserted.toLocaleString(language)}`);
  if (session.deleted > 0) said.push(`−${session.deleted.toLocaleString(language)}`);
  return said.join(" ");
}
