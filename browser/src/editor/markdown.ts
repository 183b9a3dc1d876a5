/**
 * Markdown as it is typed: what the last character completes becomes a format.
 *
 * The typed characters are in the content first, as typing; the change is an item of undo of its own.  So one undo brings
 * exactly the typed characters back.  Nothing of it happens in code.
 */

import { type Attributes, type Delta, DeltaBuilder, type Json } from "../core/delta";
import type { Borders } from "./borders";
import { type Place, type Selected, withoutKind } from "./commands";
import { languageOf } from "./formats";
import { type Linking, linkOf } from "./linking";

/** How far back an opening sign is looked for. */
const REACH = 1000;

const LINE_RULES: readonly [pattern: RegExp, attributes: (sign: string) => Attributes][] = [
  [/^#{1,6} $/, (sign) => ({ header: sign.length - 1 })],
  [/^[-*+] $/, () => ({ list: "bullet" })],
  [/^1[.)] $/, () => ({ list: "ordered" })],
  [/^\[ ?\] $/, () => ({ list: "unchecked" })],
  [/^\[[xX]\] $/, () => ({ list: "checked" })],
  [/^> $/, () => ({ blockquote: true })],
];

/** Pairs of signs around text, by the character that closes them. */
const PAIRS: Record<string, readonly [pattern: RegExp, width: number, name: string][]> = {
  "*": [
    [/(?<![*\\])\*\*[^\s*](?:[^*]*[^\s*])?\*\*$/, 2, "bold"],
    [/(?<![*\\\p{L}\p{N}])\*[^\s*](?:[^*]*[^\s*])?\*$/u, 1, "italic"],
  ],
  "~": [[/(?<![~\\])~~[^\s~](?:[^~]*[^\s~])?~~$/, 2, "strike"]],
  "`": [[/(?<![`\\])`[^`]+`$/, 1, "code"]],
};
const LINK = /(?<![!\\])\[([^[\]]+)\]\(([^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)$/;

export class Markdown {
  readonly #selected: Selected;
  readonly #linking: Linking;
  readonly #borders: Borders;
  /** Where a code block was just begun by a fence: Enter behind a language's name there means the language. */
  #fence: number | null = null;

  constructor(selected: Selected, linking: Linking, borders: Borders) {
    this.#selected = selected;
    this.#linking = linking;
    this.#borders = borders;
  }

  /** Text was typed, and is in the document in front of the caret. */
  typed(text: string): void {
    const last = text.at(-1) as string;
    if (!/[ *~`)-]/.test(last)) return;
    const { target } = this.#selected;
    const { $head, empty } = target.state().selection;
    if (!empty) return;
    const place = this.#selected.at(this.#selected.range()[0]);
    if (place.attributes["code-block"]) return;
    const start = Math.max(0, place.offset - REACH);
    const before = $head.parent.textBetween(start, place.offset, "", "\ufffc");
    if (start === 0 && this.#line(last, before, place)) return;
    if (last === " ") this.#linking.recognise(1);
    else if (last === ")") this.#link(before, place);
    else this.#pair(last, before, place);
  }

  /** Enter: an address before it is linked, a name behind a fence becomes the block's language. */
  newLine(): boolean {
    this.#linking.recognise(0);
    return this.#language() || this.#borders.newLine();
  }

  #line(last: string, before: string, place: Place): boolean {
    if (last === "`") return before === "```" && this.#fenced(place);
    if (last === "-") return before === "---" && place.length === 3 && this.#divide(place);
    if (last !== " ") return false;
    for (const [pattern, attributes] of LINE_RULES) {
      if (!pattern.test(before)) continue;
      const wanted = attributes(before);
      // "- " in an item is text; "[] " makes it a task.
      if (place.attributes.list && wanted.list === place.attributes.list) return false;
      this.#become(place, wanted);
      return true;
    }
    return false;
  }

  /** Takes the sign away and makes the line what it stood for. */
  #become(place: Place, wanted: Attributes): void {
    const start = place.index - place.offset;
    const patch: Record<string, Json> = { ...withoutKind(place.attributes), ...wanted };
    const builder = new DeltaBuilder().retain(start).delete(place.offset);
    builder.retain(place.length - place.offset).retain(1, patch);
    this.#apply(builder.build(), start);
  }

  #fenced(place: Place): boolean {
    this.#fence = place.index - place.offset;
    this.#become(place, { "code-block": true });
    return true;
  }

  #divide(place: Place): boolean {
    if (Object.keys(withoutKind(place.attributes)).length > 0) return false;
    const start = place.index - place.offset;
    const builder = new DeltaBuilder().retain(start).insert({ divider: true }).insert("\n").delete(3);
    this.#apply(builder.build(), start + 2);
    return true;
  }

  #language(): boolean {
    const fence = this.#fence;
    this.#fence = null;
    if (fence === null) return false;
    const { target } = this.#selected;
    const [from, to] = this.#selected.range();
    const place = this.#selected.at(from);
    if (from !== to || from - place.offset !== fence || place.offset !== place.length) return false;
    const language = languageOf(target.state().doc.child(place.line).textContent);
    if (!language || place.attributes["code-block"] !== true) return false;
    const builder = new DeltaBuilder().retain(fence).delete(place.length);
    this.#apply(builder.retain(1, { "code-block": language }).build(), fence);
    return true;
  }

  #pair(last: string, before: string, place: Place): void {
    for (const [pattern, width, name] of PAIRS[last] ?? []) {
      const length = pattern.exec(before)?.[0].length;
      if (length === undefined || this.#touchesCode(place.index - length, place.index)) continue;
      const builder = new DeltaBuilder().retain(place.index - length).delete(width);
      builder.retain(length - 2 * width, { [name]: true }).delete(width);
      this.#apply(builder.build(), place.index - 2 * width);
      // What is typed next is outside.
      this.#selected.target.setTyping(name, null);
      return;
    }
  }

  #link(before: string, place: Place): void {
    const match = LINK.exec(before);
    if (!match) return;
    const [whole, text, address] = match as unknown as [string, string, string];
    const url = address.startsWith("#") ? address : linkOf(address);
    const from = place.index - whole.length;
    if (!url || this.#touchesCode(from, place.index)) return;
    const builder = new DeltaBuilder().retain(from).delete(1).retain(text.length, { link: url });
    this.#apply(builder.delete(whole.length - 1 - text.length).build(), from + text.length);
  }

  #touchesCode(from: number, to: number): boolean {
    const { target } = this.#selected;
    const lines = target.lines();
    let code = false;
    target.state().doc.nodesBetween(lines.position(from), lines.position(to), (node) => {
      code ||= node.marks.some((mark) => mark.type.name === "code");
      return true;
    });
    return code;
  }

  #apply(delta: Delta, caret: number): void {
    this.#selected.target.apply(delta, "markdown", caret);
  }
}
