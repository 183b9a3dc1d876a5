import type { DocumentEntry } from "../../net/api";
import { shownTitle } from "../documents";
import { navigate } from "../router";
import { documentMenu, perform, type Wish } from "./commands";
import { menuAt } from "./menu-host";
import type { Home } from "./state";

const ROW = "[data-document]";
/** How many rows PageUp and PageDown go. */
const LEAP = 10;

const rowsOf = (box: HTMLElement) => [...box.querySelectorAll<HTMLElement>(ROW)];

/** How many cards stand beside each other; 1 in a list. */
function columnsOf(rows: readonly HTMLElement[]): number {
  const top = rows[0]?.offsetTop;
  const wrapped = rows.findIndex((row) => row.offsetTop !== top);
  return wrapped < 0 ? rows.length : wrapped;
}

/** The row that a key leads to from row `at`; null: the key leads nowhere. */
function targetOf(rows: readonly HTMLElement[], at: number, key: string, grid: boolean): number | null {
  const columns = grid ? columnsOf(rows) : 1;
  const rightToLeft = getComputedStyle(rows[at] ?? document.body).direction === "rtl" ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: LEAP * columns,
    PageUp: -LEAP * columns,
    Home: -rows.length,
    End: rows.length,
    ...(grid ? { ArrowRight: rightToLeft, ArrowLeft: -rightToLeft } : {}),
  };
  const step = steps[key];
  if (step === undefined) return null;
  const wanted = at + step;
  if (grid && (key === "ArrowUp" || key === "ArrowDown")) {
    if (wanted < 0) return at;
    // Below the last full row there is still the last card.
    const last = rows.length - 1;
    if (wanted > last) return Math.floor(at / columns) < Math.floor(last / columns) ? last : at;
  }
  return Math.max(0, Math.min(rows.length - 1, wanted));
}

/** Gives the keyboard to a document's row. */
export function focusRow(box: HTMLElement | null, id: string | null): void {
  const rows = box ? rowsOf(box) : [];
  const row = rows.find((each) => each.dataset.document === id) ?? rows[0];
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

const WISHES: Record<string, Wish> = { F2: "rename", s: "star", m: "move", t: "tags", Delete: "trash" };
const TRASH_WISHES: Record<string, Wish> = { r: "restore", Delete: "erase" };

/** The selected documents if the one under the keyboard is among them, else that one. */
export function meant(home: Home, document: DocumentEntry): readonly DocumentEntry[] {
  return home.selection.peek().ids.has(document.id) ? home.chosen() : [document];
}

function walk(home: Home, event: KeyboardEvent, rows: readonly HTMLElement[], at: number): boolean {
  const target = targetOf(rows, at, event.key, home.grid.peek());
  const id = target === null ? undefined : rows[target]?.dataset.document;
  if (!id || target === null) return false;
  if (event.shiftKey) home.rangeTo(id);
  else home.goTo(id);
  focusRow(event.currentTarget as HTMLElement, id);
  if (target > rows.length - LEAP) void home.listing.more();
  return true;
}

function command(home: Home, event: KeyboardEvent, document: DocumentEntry, row: HTMLElement): boolean {
  const trash = home.place.peek().section === "trash";
  const documents = meant(home, document);
  if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
    const at = Object.defineProperty(event, "currentTarget", { value: row });
    home.menu.value = menuAt(at, shownTitle(document), documentMenu(home, documents));
    return true;
  }
  if (event.key === "Enter" && !trash) void navigate(`/d/${document.id}`);
  else if (event.key === " ") home.toggle(document.id);
  else if (event.key === "Escape" && home.selection.peek().ids.size > 0) home.none();
  else {
    const wish = (trash ? TRASH_WISHES : WISHES)[
      event.key.length === 1 ? event.key.toLowerCase() : event.key
    ];
    if (!wish) return false;
    perform(home, wish, wish === "rename" ? [document] : documents);
  }
  return true;
}

/** Every key of the list, as long as the focus is on one of its rows. */
export function listKeys(home: Home, event: KeyboardEvent): void {
  const row = (event.target as HTMLElement).closest<HTMLElement>(ROW);
  if (event.target !== row || !row) return;
  const document = home.listing.find(row.dataset.document ?? "");
  if (!document || event.altKey) return;
  const modified = event.ctrlKey || event.metaKey;
  if (modified && event.key.toLowerCase() === "a") {
    home.all();
    event.preventDefault();
    return;
  }
  if (modified) return;
  const rows = rowsOf(event.currentTarget as HTMLElement);
  if (walk(home, event, rows, rows.indexOf(row)) || command(home, event, document, row))
    event.preventDefault();
}
