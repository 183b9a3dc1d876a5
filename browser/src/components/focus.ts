/** For `ref`: what was pressed to get here is gone, so the focus goes to what is there instead. */
export function takeFocus(element: HTMLElement | null): void {
  // Its parents are put into the page after it.
  queueMicrotask(() => element?.focus());
}
