/**
 * Words, characters and reading time.
 *
 * A word is what stands between blanks or dashes and has a letter or a digit; a Chinese character or a Japanese kana
 * counts as a word, as in the programs that people know; where words are not parted (Thai, Lao, Khmer, Burmese), the browser
 * parts them.  Silent reading: 238 words a minute (Brysbaert 2019), 500 of those characters.
 */

import type { Node } from "prosemirror-model";
import { changedLines } from "./changes";
import type { Counts } from "./types";

const WORDS_A_MINUTE = 238;
const SIGNS_A_MINUTE = 500;

const SIGN = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}";
const GAP = "\\s\u2013\u2014\u2026\ufffc";
const SIGNS = new RegExp(`[${SIGN}]`, "gu");
const TOKENS = new RegExp(`[^${GAP}${SIGN}]+`, "gu");
const IN_WORD = /[\p{L}\p{N}]/u;
const UNPARTED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** What makes a character of several code points, or of two units. */
const JOINED = /[\p{M}\p{Cf}\u1100-\u11ff\u{10000}-\u{10ffff}]/u;

const [OTHER, WORD, BLANK, DASH] = [0, 1, 2, 3];
/** What each unit is of the scripts that most text is of; the rest goes by regular expressions, ten times slower. */
const KINDS = Uint8Array.from({ length: 0x300 }, (_, unit) => {
  const sign = String.fromCharCode(unit);
  if (/\s/.test(sign)) return BLANK;
  return /[\p{L}\p{N}]/u.test(sign) ? WORD : OTHER;
});
const SIMPLE_MARKS = [0x2010, 0x2027] as const;

/** The counts of a text in Latin letters with common marks; null for another. */
function countSimple(text: string): Raw | null {
  let [words, blanks, inWord] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    let kind = KINDS[unit] as number;
    if (unit >= KINDS.length) {
      if (unit < SIMPLE_MARKS[0] || unit > SIMPLE_MARKS[1]) return null;
      kind = unit === 0x2013 || unit === 0x2014 || unit === 0x2026 ? DASH : OTHER;
    }
    if (kind === BLANK) blanks += 1;
    if (kind === WORD && !inWord) words += 1;
    inWord = kind === WORD || (kind === OTHER && inWord);
  }
  return { words, signs: 0, characters: text.length, blanks };
}

interface Raw {
  words: number;
  signs: number;
  characters: number;
  blanks: number;
}

const add = (a: Raw, b: Raw, by: 1 | -1): Raw => ({
  words: a.words + by * b.words,
  signs: a.signs + by * b.signs,
  characters: a.characters + by * b.characters,
  blanks: a.blanks + by * b.blanks,
});
const NOTHING: Raw = { words: 0, signs: 0, characters: 0, blanks: 0 };

const matches = (text: string, pattern: RegExp): number => {
  let count = 0;
  pattern.lastIndex = 0;
  while (pattern.test(text)) count += 1;
  return count;
};

function wordsIn(text: string): number {
  let count = 0;
  for (const [token] of text.matchAll(TOKENS)) if (IN_WORD.test(token)) count += 1;
  return count;
}

let graphemes: Intl.Segmenter | null = null;
let words: Intl.Segmenter | null = null;

export function countText(text: string): Raw {
  const simple = countSimple(text);
  if (simple) return simple;
  const blanks = matches(text, /\s/g);
  const shown = text.replaceAll("\ufffc", "");
  let characters = shown.length;
  if (JOINED.test(shown)) {
    graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
    characters = [...graphemes.segment(shown)].length;
  }
  const signs = matches(text, SIGNS);
  if (UNPARTED.test(text)) {
    words ??= new Intl.Segmenter(undefined, { granularity: "word" });
    const found = [...words.segment(text.replace(SIGNS, " "))].filter(({ isWordLike }) => isWordLike).length;
    return { words: found + signs, signs, characters, blanks };
  }
  return { words: wordsIn(text) + signs, signs, characters, blanks };
}

const told = ({ words, signs, characters, blanks }: Raw): Counts => ({
  words,
  characters,
  charactersWithoutSpaces: characters - blanks,
  minutes: Math.ceil((words - signs) / WORDS_A_MINUTE + signs / SIGNS_A_MINUTE),
});

const textIn = (line: Node, from: number, to: number) => line.textBetween(from, to, "", "\ufffc");

/** Counts of a document that is edited: only changed lines are counted again. */
export class Counter {
  readonly #known = new WeakMap<Node, Raw>();
  #doc: Node | null = null;
  #total = NOTHING;

  document(doc: Node): Counts {
    if (!this.#doc) {
      this.#total = this.#sum(doc, 0, doc.childCount);
    } else if (this.#doc !== doc) {
      const { first, removed, added } = changedLines(this.#doc, doc);
      const gone = this.#sum(this.#doc, first, first + removed);
      this.#total = add(add(this.#total, gone, -1), this.#sum(doc, first, first + added), 1);
    }
    this.#doc = doc;
    return told(this.#total);
  }

  /** Between two places, each a line's number and an offset in it. */
  range(doc: Node, from: [line: number, offset: number], to: [line: number, offset: number]): Counts {
    const [first, last] = [doc.child(from[0]), doc.child(to[0])];
    if (first === last) return told(countText(textIn(first, from[1], to[1])));
    const ends = add(
      countText(textIn(first, from[1], first.content.size)),
      countText(textIn(last, 0, to[1])),
      1,
    );
    return told(add(ends, this.#sum(doc, from[0] + 1, to[0]), 1));
  }

  #sum(doc: Node, from: number, to: number): Raw {
    const sum = { ...NOTHING };
    for (let at = from; at < to; at += 1) {
      const counted = this.#line(doc.child(at));
      sum.words += counted.words;
      sum.signs += counted.signs;
      sum.characters += counted.characters;
      sum.blanks += counted.blanks;
    }
    return sum;
  }

  #line(line: Node): Raw {
    let counted = this.#known.get(line);
    if (!counted) {
      counted = countText(textIn(line, 0, line.content.size));
      this.#known.set(line, counted);
    }
    return counted;
  }
}
