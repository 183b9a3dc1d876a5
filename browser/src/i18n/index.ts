/** Every string that people read comes from a catalogue, through `t`. */

import type editor from "./en/editor.json";
import shell from "./en/shell.json";

export type MessageKey = keyof typeof shell | keyof typeof editor;
type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Values = Readonly<Record<string, string | number>>;

const catalogue: Partial<Record<MessageKey, Message>> = { ...shell };
export const locale = "en";
const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);

function form(message: Exclude<Message, string>, count: number): string {
  if (count === 0 && message.zero !== undefined) return message.zero;
  return message[plurals.select(count)] ?? message.other ?? "";
}

/** Adds the strings of a part that is loaded later. */
export function addMessages(messages: Partial<Record<MessageKey, Message>>): void {
  Object.assign(catalogue, messages);
}

/** The text of `key`, its `{names}` filled in; one with plural forms chooses by `values.count`. */
export function t(key: MessageKey, values: Values = {}): string {
  const message = catalogue[key] ?? key;
  const text = typeof message === "string" ? message : form(message, Number(values.count ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["minute", 60],
  ["hour", 3_600],
  ["day", 86_400],
];

/** "2 hours ago" within a week, else the date; `now` in milliseconds. */
export function timeAgo(timestamp: string, now = Date.now()): string {
  const then = new Date(timestamp);
  const seconds = Math.max(0, (now - then.getTime()) / 1000);
  if (seconds < 60) return relative.format(0, "minute").replace("this minute", "just now");
  if (seconds >= 7 * 86_400) return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(then);
  const [unit, size] = [...UNITS].reverse().find(([, length]) => seconds >= length) ?? UNITS[0]!;
  return relative.format(-Math.floor(seconds / size), unit);
}
