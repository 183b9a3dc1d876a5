/** Where cards stand in the margin: level with their text, never over one another, the active one exactly level. */

export interface Card {
  id: string;
  /** Where its text is, in CSS pixels from the margin's top. */
  top: number;
  height: number;
}

const GAP = 8;

/** The top of each card.  Those before the active one are pushed up, those behind it down. */
export function placed(cards: readonly Card[], active: string | null): Map<string, number> {
  const sorted = [...cards].sort((one, other) => one.top - other.top);
  const at = sorted.findIndex(({ id }) => id === active);
  const tops = new Map<string, number>();
  const level = Math.max(0, at);
  let next = Number.NEGATIVE_INFINITY;
  for (const { id, top, height } of sorted.slice(level)) {
    const place = Math.max(top, next);
    tops.set(id, place);
    next = place + height + GAP;
  }
  let below = sorted[level]?.top ?? 0;
  for (const { id, top, height } of sorted.slice(0, level).reverse()) {
    const place = Math.min(top, below - height - GAP);
    tops.set(id, place);
    below = place;
  }
  return tops;
}
