/** What a search finds in one line's text; pure, and shared by the page and its worker. */

import type { FindQuery } from "./types";

/** Stands for an embed in a line's text. */
export const OBJECT = "\ufffc";
/** A line's matches as [start, end, start, end …], in units from its beginning. */
export type Ranges = readonly number[];
export const NONE: Ranges = [];

const WORD = "[\\p{L}\\p{N}\\p{M}_]";
const SIGNS = /[\\^$.*+?()[\]{}|/]/g;

export interface Pattern {
  source: string;
  flags: string;
}

/** Null for a regular expression that is none; an empty query has no matches and no pattern. */
export function patternOf({ text, matchCase, wholeWord, regexp }: FindQuery): Pattern | null {
  const source = regexp ? text : text.replace(SIGNS, "\\$&");
  const flags = matchCase ? "gu" : "giu";
  const pattern = { source: wholeWord ? `(?<!${WORD})(?:${source})(?!${WORD})` : source, flags };
  try {
    // By itself first: a word's brackets around it could make sense of what is none.
    new RegExp(source, flags);
    new RegExp(pattern.source, flags);
    return text ? pattern : null;
  } catch {
    return null;
  }
}

/** Matches that hold something; one over an embed is left out, for replacing it would take the embed away. */
export function rangesIn(text: string, expression: RegExp): Ranges {
  const found: number[] = [];
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match; match = expression.exec(text)) {
    const [whole] = match;
    if (whole === "") {
      // Not into the middle of a pair, where a unicode expression would go back and stay for ever.
      expression.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1;
      if (expression.lastIndex > text.length) break;
    } else if (!whole.includes(OBJECT)) {
      found.push(match.index, match.index + whole.length);
    }
  }
  return found.length > 0 ? found : NONE;
}

/** What takes the place of the match at `start`: the text itself, or with `$1`, `$<name>`, `$&` and `$$` filled in. */
export function replacement(
  line: string,
  start: number,
  end: number,
  pattern: Pattern,
  text: string,
): string {
  // The worker has run this very search over this line in time, so this part of it ends in time too.
  const expression = new RegExp(pattern.source, pattern.flags.replace("g", "y"));
  expression.lastIndex = start;
  const match = expression.exec(line);
  if (!match) return line.slice(start, end);
  return text.replace(/\$(?:(\$)|(&)|(\d{1,2})|<(\w+)>)/g, (whole, dollar, all, digits, name) => {
    if (dollar) return "$";
    if (all) return match[0];
    if (name) return match.groups?.[name] ?? (match.groups ? "" : whole);
    const group = Number(digits);
    return group > 0 && group < match.length ? (match[group] ?? "") : whole;
  });
}
