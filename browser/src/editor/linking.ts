/** Links: of a selection, under the caret, and recognised in what is typed or pasted. */

import { DeltaBuilder } from "../core/delta";
import { isAllowedLink } from "../core/links";
import type { Selected } from "./commands";

export interface FoundLink {
  url: string;
  /** Indexes that it covers. */
  from: number;
  to: number;
}

const ADDRESS = /(?:https?:\/\/|www\.)[^\s<>"]+$|[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/i;
const CLOSING: Record<string, string> = { ")": "(", "]": "[" };
/** A longer word is no address that someone types. */
const MAX_WORD = 2048;

/** The URL or e-mail address that a text ends with, and what it links to. */
export function addressAtEnd(text: string): { length: number; trailing: number; url: string } | null {
  const word = ADDRESS.exec(text.slice(-MAX_WORD))?.[0];
  if (!word) return null;
  let end = word.length;
  for (; end > 0; end -= 1) {
    const last = word[end - 1] as string;
    const opening = CLOSING[last];
    const inside = word.slice(0, end);
    if (opening ? count(inside, opening) >= count(inside, last) : !/[.,;:!?'’”…]/.test(last)) break;
  }
  const address = word.slice(0, end);
  const url = linkOf(address);
  return url ? { length: end, trailing: word.length - end, url } : null;
}

const count = (text: string, sign: string): number => text.split(sign).length - 1;

/** What an address as people write it links to; null when it is none. */
export function linkOf(address: string): string | null {
  let url = address;
  if (/^www\.[\w-]+\.\w/i.test(address)) url = `https://${address}`;
  else if (/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(address)) url = `mailto:${address}`;
  else if (/^https?:/i.test(address) && !/^https?:\/\/[^/?#]*[\p{L}\p{N}]/iu.test(address)) return null;
  return isAllowedLink(url) ? url : null;
}

export class Linking {
  readonly #selected: Selected;

  constructor(selected: Selected) {
    this.#selected = selected;
  }

  /** The link at the caret and the indexes that it covers. */
  around(): FoundLink | null {
    const { target } = this.#selected;
    const { $head } = target.state().selection;
    const caret = target.lines().index($head.pos);
    let from = target.lines().index($head.start());
    let found: FoundLink | null = null;
    for (const child of $head.parent.children) {
      const url = child.marks.find((mark) => mark.type.name === "link")?.attrs.value as string | undefined;
      const to = from + child.nodeSize;
      if (found && found.to === from && found.url === url) found.to = to;
      else if (found && found.to >= caret) break;
      else found = url === undefined ? null : { url, from, to };
      from = to;
    }
    return found && found.from <= caret && caret <= found.to ? found : null;
  }

  /** The text that a link stands on. */
  textOf({ from, to }: FoundLink): string {
    const { target } = this.#selected;
    const lines = target.lines();
    return target.state().doc.textBetween(lines.position(from), lines.position(to));
  }

  /** Sets the link of the selection, or of the whole link under the caret; null takes it away. */
  set(url: string | null): boolean {
    const { target } = this.#selected;
    if (!target.canEdit() || (url !== null && !isAllowedLink(url))) return false;
    const [start, end] = this.#range();
    const builder = new DeltaBuilder().retain(start);
    if (end > start) builder.retain(end - start, { link: url });
    else if (url !== null) builder.insert(url, { link: url });
    const delta = builder.build();
    if (delta.isEmpty) return false;
    const caret = end > start ? undefined : start + (url?.length ?? 0);
    target.apply(delta, url === null ? "unlink" : "link", caret);
    return true;
  }

  /** The same with other text in its place, in the format of what stood there. */
  setWithText(url: string, text: string): boolean {
    const { target } = this.#selected;
    const plain = text.replace(/\s*[\n\r\u2028\u2029]\s*/g, " ");
    if (!target.canEdit() || !isAllowedLink(url) || !plain) return false;
    const [start, end] = this.#range();
    const lines = target.lines();
    if (target.state().doc.textBetween(lines.position(start), lines.position(end)) === plain)
      return this.set(url);
    const format = this.#selected.summary().textAttributes();
    const builder = new DeltaBuilder().retain(start).insert(plain, { ...format, link: url });
    target.apply(builder.delete(end - start).build(), "link", start + plain.length);
    return true;
  }

  #range(): [from: number, to: number] {
    const [from, to] = this.#selected.range();
    const link = from === to ? this.around() : null;
    return link ? [link.from, link.to] : [from, to];
  }

  /** A URL pasted over selected text links it.  Says whether it did. */
  pastedOver(text: string): boolean {
    const [from, to] = this.#selected.range();
    const url = linkOf(text.trim());
    if (from === to || !url || this.#selected.summary().inCode) return false;
    return this.set(url);
  }

  /** Links an address that ends `before` units before the caret, as when a blank was typed behind it. */
  recognise(before: number): boolean {
    const { target } = this.#selected;
    const { $head, empty } = target.state().selection;
    if (!empty || !target.canEdit() || this.#selected.summary().inCode) return false;
    const offset = $head.parentOffset - before;
    const text = $head.parent.textBetween(Math.max(0, offset - MAX_WORD), offset, "", "\ufffc");
    const address = addressAtEnd(text);
    if (!address) return false;
    const to = this.#selected.range()[0] - before - address.trailing;
    const from = to - address.length;
    const start = $head.start() + offset - address.trailing - address.length;
    let plain = true;
    target.state().doc.nodesBetween(start, start + address.length, (node) => {
      if (node.isText) plain &&= !node.marks.some(({ type }) => type.name === "link" || type.name === "code");
      return true;
    });
    if (!plain) return false;
    const delta = new DeltaBuilder().retain(from).retain(address.length, { link: address.url });
    target.apply(delta.build(), "autolink");
    return true;
  }
}
