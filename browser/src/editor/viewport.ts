/** What of the document is in sight, and how to bring a place into sight. */

import type { EditorView } from "prosemirror-view";

/** How far from the window's borders a place is shown that was out of sight, as part of its height. */
const REST = 0.3;

export class Viewport {
  readonly #view: () => EditorView;
  #scroller: HTMLElement | null = null;

  constructor(view: () => EditorView) {
    this.#view = view;
  }

  /** The element that scrolls the text; looked up again if the page has moved the text elsewhere. */
  get scroller(): HTMLElement {
    const { dom } = this.#view();
    if (!this.#scroller?.contains(dom)) this.#scroller = scrollingParent(dom);
    return this.#scroller;
  }

  /** Top and bottom of what is in sight, in CSS pixels of the window. */
  get window(): { top: number; bottom: number } {
    const { top, bottom } = this.scroller.getBoundingClientRect();
    return this.scroller === document.documentElement
      ? { top: 0, bottom: innerHeight }
      : { top: Math.max(0, top), bottom: Math.min(innerHeight, bottom) };
  }

  /** Numbers of the first and last line in sight. */
  lines(): [first: number, last: number] {
    const { top, bottom } = this.window;
    const count = this.#view().state.doc.childCount;
    const behind = this.#firstLineBelow(bottom, (rect) => rect.top);
    return [this.lineAt(top), Math.max(0, Math.min(behind, count) - 1)];
  }

  /** The line that is drawn at a height. */
  lineAt(y: number): number {
    return Math.min(
      this.#firstLineBelow(y, (rect) => rect.bottom),
      this.#view().state.doc.childCount - 1,
    );
  }

  /** The first line one of whose borders is below a height: lines lie one under the other. */
  #firstLineBelow(y: number, border: (rect: DOMRect) => number): number {
    let [low, high] = [0, this.#view().state.doc.childCount];
    while (low < high) {
      const middle = (low + high) >> 1;
      const rect = this.#line(middle)?.getBoundingClientRect();
      if (rect && border(rect) <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #line(number: number): Element | null {
    let left = number;
    for (const child of this.#view().dom.children) {
      const inside = child.className === "chunk" ? child.childElementCount : 1;
      if (left < inside) return child.className === "chunk" ? (child.children[left] ?? null) : child;
      left -= inside;
    }
    return null;
  }

  /** Brings a position into sight if it is not; `top`: to the window's top in any case. */
  show(position: number, top = false): void {
    const view = this.#view();
    // First the line, which may not have been laid out yet, then the very place within it.
    const line = this.#line(view.state.doc.resolve(position).index(0));
    const rect = line?.getBoundingClientRect();
    const { window } = this;
    if (line && rect && (top || rect.bottom < window.top || rect.top > window.bottom)) {
      line.scrollIntoView({ block: top ? "start" : "center" });
    }
    if (top) return;
    const place = view.coordsAtPos(position);
    const height = window.bottom - window.top;
    if (place.top < window.top || place.bottom > window.bottom) {
      this.scroller.scrollTop += place.top - window.top - height * REST;
    }
  }
}

function scrollingParent(element: HTMLElement): HTMLElement {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.documentElement;
}
