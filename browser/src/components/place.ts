const GAP = 6;

/** Puts a floating box under its anchor, or above where there is more room, inside the window. */
export function placeBelow(anchor: DOMRect, box: HTMLElement, gap = GAP): void {
  const size = box.getBoundingClientRect();
  const below = anchor.bottom + gap;
  const fits = below + size.height <= innerHeight || anchor.top < innerHeight / 2;
  put(box, size, fits ? below : anchor.top - gap - size.height, anchor.left);
}

/** Puts a floating box beside its anchor, on the side that has room for it. */
export function placeBeside(anchor: DOMRect, box: HTMLElement): void {
  const size = box.getBoundingClientRect();
  const right = anchor.right - 2;
  const left = right + size.width <= innerWidth ? right : anchor.left + 2 - size.width;
  put(box, size, anchor.top - 5, left);
}

function put(box: HTMLElement, size: DOMRect, top: number, left: number): void {
  const within = (value: number, room: number) => Math.max(GAP, Math.min(value, room - GAP));
  box.style.top = `${within(top, innerHeight - size.height)}px`;
  box.style.left = `${within(left, innerWidth - size.width)}px`;
}
