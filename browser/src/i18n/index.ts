/** Every string that people read comes from a catalogue, through `t`. */

import german from "./de.json?url";
import type editor from "./en/editor.json";
import type entry from "./en/entry.json";
import type history from "./en/history.json";
import type home from "./en/home.json";
import type margin from "./en/margin.json";
import type settings from "./en/settings.json";
import type share from "./en/share.json";
import shell from "./en/shell.json";
import type tools from "./en/tools.json";

export type MessageKey = keyof (typeof shell &
  typeof editor &
  typeof entry &
  typeof history &
  typeof margin &
  typeof settings &
  typeof home &
  typeof share &
  typeof tools);
type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
type Messages = Partial<Record<MessageKey, Message>>;
type Values = Readonly<Record<string, string | number>>;

/** Each language under its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

/** English is part of the program and stands in for what a translation lacks; the others are fetched. */
const TRANSLATIONS: Record<Exclude<Language, "en">, string> = { de: german };
const KEY = "octavo.language";

const isLanguage = (name: string | null | undefined): name is Language =>
  name !== null && name !== undefined && Object.hasOwn(LANGUAGES, name);

/** The one that was chosen here, else the first of the browser's that we speak. */
function preferred(): Language {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // Storage is forbidden by the browser's settings, or there is none.
  }
  if (isLanguage(chosen)) return chosen;
  const spoken = globalThis.navigator?.languages ?? [];
  return spoken.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

export const language = preferred();
const english: Messages = { ...shell };
let translation: Messages = {};
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

/** Fetches the words of the chosen language; without them the page speaks English. */
export async function loadLanguage(): Promise<void> {
  if (language === "en") return;
  try {
    const answer = await fetch(TRANSLATIONS[language]);
    if (answer.ok) translation = (await answer.json()) as Messages;
  } catch {
    // No network: English is better than nothing.
  }
}

/** Keeps the choice; it holds from the next load of a page on. */
export function chooseLanguage(next: Language): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the browser's own language stays.
  }
}

function form(message: Exclude<Message, string>, count: number): string {
  if (count === 0 && message.zero !== undefined) return message.zero;
  return message[plurals.select(count)] ?? message.other ?? "";
}

/** Adds the English strings of a part that is loaded later. */
export function addMessages(messages: Messages): void {
  Object.assign(english, messages);
}

/** The text of `key`, its `{names}` filled in; one with plural forms chooses by `values.count`. */
export function t(key: MessageKey, values: Values = {}): string {
  const message = translation[key] ?? english[key] ?? key;
  const text = typeof message === "string" ? message : form(message, Number(values.count ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["minute", 60],
  ["hour", 3_600],
  ["day", 86_400],
];

/** "2 hours ago" within a week, else the date; `now` in milliseconds. */
export function timeAgo(timestamp: string, now = Date.now()): string {
  const then = new Date(timestamp);
  const seconds = Math.max(0, (now - then.getTime()) / 1000);
  if (seconds < 60) return t("time.now");
  if (seconds >= 7 * 86_400) return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(then);
  const [unit, size] = [...UNITS].reverse().find(([, length]) => seconds >= length) ?? UNITS[0]!;
  return relative.format(-Math.floor(seconds / size), unit);
}

/** The moment itself, in full, or only its day. */
export function timeExact(timestamp: string, only?: "day"): string {
  const style = only
    ? ({ dateStyle: "medium" } as const)
    : ({ dateStyle: "long", timeStyle: "medium" } as const);
  return new Intl.DateTimeFormat(language, style).format(new Date(timestamp));
}

const UNITS_OF_BYTES = ["kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** "1.2 GB", in steps of 1,024 as the server counts; less than that is a part of a kilobyte. */
export function bytes(count: number): string {
  const size = count / 1024;
  const step = Math.max(0, Math.min(UNITS_OF_BYTES.length - 1, Math.floor(Math.log(size) / Math.log(1024))));
  const unit = UNITS_OF_BYTES[step] ?? "kilobyte";
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(
    size / 1024 ** step,
  );
}
