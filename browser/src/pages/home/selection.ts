/** Which documents of a list are selected, and where the keyboard is.  Pure: every change makes a new value. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | null;
  /** The one that the keyboard is on; null: the first. */
  readonly active: string | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null, active: null };

export function toggled(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id, active: id };
}

/** From the anchor to `id`, both with it, in the order of the list; what was selected outside is not any more. */
export function ranged(selection: Selection, order: readonly string[], id: string): Selection {
  const to = order.indexOf(id);
  if (to < 0) return selection;
  const from = Math.max(0, order.indexOf(selection.anchor ?? selection.active ?? id));
  const ids = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
  return { ids, anchor: order[from] ?? id, active: id };
}

export const everything = (selection: Selection, order: readonly string[]): Selection => ({
  ...selection,
  ids: new Set(order),
});

export const nothing = (selection: Selection): Selection => ({ ...selection, ids: new Set(), anchor: null });

export const at = (selection: Selection, id: string): Selection => ({ ...selection, active: id });

/**
 * What is left of a selection when the list has become `order`; the keyboard goes on at the place where it was, if what
 * stood there is gone.
 */
export function kept(selection: Selection, before: readonly string[], order: readonly string[]): Selection {
  const there = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => there.has(id)));
  const anchor = selection.anchor !== null && there.has(selection.anchor) ? selection.anchor : null;
  return { ids, anchor, active: neighbour(selection.active, there, before) };
}

function neighbour(
  active: string | null,
  there: ReadonlySet<string>,
  before: readonly string[],
): string | null {
  if (active === null || there.has(active)) return active;
  const from = before.indexOf(active);
  const after = before.slice(from + 1).find((id) => there.has(id));
  return (
    after ??
    before
      .slice(0, Math.max(0, from))
      .reverse()
      .find((id) => there.has(id)) ??
    null
  );
}
