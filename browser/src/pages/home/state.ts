import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { announce } from "../../components/notice";
import { storedChoice, storedFlag } from "../../components/stored";
import { t } from "../../i18n";
import type { DocumentEntry } from "../../net/api";
import { navigate, path, search } from "../router";
import { createActs } from "./acts";
import { createListing, type Order, SORTS, type Sort } from "./listing";
import type { OpenMenu } from "./menu-host";
import { addressOf, type Place, placeOf } from "./place";
import { at, everything, kept, NOTHING, nothing, ranged, type Selection, toggled } from "./selection";
import { createShelves, type Folder } from "./shelves";

/** What stands in a dialog over the page. */
export type Panel =
  | { kind: "move"; documents: readonly DocumentEntry[] }
  | { kind: "move-folder"; folder: Folder }
  | { kind: "tags"; documents: readonly DocumentEntry[] }
  | { kind: "folder-new"; parent: string | null }
  | { kind: "folder-name"; folder: Folder }
  | { kind: "folder-delete"; folder: Folder }
  | { kind: "erase"; documents: readonly DocumentEntry[] }
  | { kind: "empty-trash" }
  | { kind: "templates" }
  | { kind: "keys" };

export type Home = ReturnType<typeof createHome>;

/** The way in which a sort is asked for at first: what is new, or big, comes first; titles from A to Z. */
const usual = (sort: Sort) => (sort === "title" ? "asc" : "desc");

function createOrder(place: () => Place) {
  const common = storedChoice<Sort>("home.sort", SORTS, "updated");
  const recent = storedChoice<Sort>("home.recentSort", SORTS, "opened");
  const reversed = storedFlag("home.reversed", false);
  const chosen = () => (place().section === "recent" ? recent : common);
  const order = computed<Order>(() => {
    const sort = chosen().value;
    const other = usual(sort) === "asc" ? "desc" : "asc";
    return { sort, order: reversed.value ? other : usual(sort) };
  });
  /** Asked for once more, a sort is turned round. */
  const sortBy = (sort: Sort) =>
    batch(() => {
      reversed.value = sort === chosen().peek() && !reversed.peek();
      chosen().value = sort;
    });
  const turn = (direction: Order["order"]) => {
    reversed.value = direction !== usual(chosen().peek());
  };
  return { order, sortBy, turn };
}

function createSelecting(listed: () => readonly DocumentEntry[]) {
  const selection = signal<Selection>(NOTHING);
  const order = () => listed().map(({ id }) => id);
  const chosen = () => listed().filter(({ id }) => selection.value.ids.has(id));
  const set = (next: Selection) => {
    const before = selection.peek().ids;
    selection.value = next;
    if (next.ids.size !== before.size) announce(t("home.selected", { count: next.ids.size }));
  };
  return {
    selection,
    /** The selected documents, in the order of the list. */
    chosen,
    toggle: (id: string) => set(toggled(selection.peek(), id)),
    rangeTo: (id: string) => set(ranged(selection.peek(), order(), id)),
    all: () => set(everything(selection.peek(), order())),
    none: () => set(nothing(selection.peek())),
    goTo: (id: string) => {
      if (selection.peek().active !== id) selection.value = at(selection.peek(), id);
    },
  };
}

/** All that the home page shows and does; `watch` keeps it true until the answer is called. */
export function createHome() {
  const place = computed(() => placeOf(path.value, search.value));
  const grid = storedFlag("home.grid", false);
  const sorting = createOrder(() => place.value);
  const shelves = createShelves();
  const listing = createListing(
    computed(() => ({ place: place.value, order: sorting.order.value, preview: grid.value })),
  );
  const acts = createActs(listing, shelves, () => place.peek());
  const selecting = createSelecting(() => listing.documents.peek() ?? []);
  const panel = signal<Panel | null>(null);
  const menu = signal<OpenMenu | null>(null);
  const renaming = signal<string | null>(null);
  const drawer = signal(false);

  /** Reads the list when what is asked for alters; only another place leaves nothing of the old one. */
  function followPlace(): () => void {
    let before: Place | null = null;
    return effect(() => {
      const here = place.value;
      void sorting.order.value;
      void grid.value;
      untracked(() => {
        const moved = !before || here.section !== before.section || here.folder !== before.folder;
        const narrowed = moved || here.tag !== before?.tag || here.query !== before?.query;
        if (narrowed) selecting.selection.value = NOTHING;
        if (moved) drawer.value = false;
        before = here;
        void listing.load(!moved);
      });
    });
  }

  /** What has left the list is not selected any more. */
  function followList(): () => void {
    let before: readonly string[] = [];
    return effect(() => {
      const order = listing.documents.value?.map(({ id }) => id) ?? [];
      untracked(() => {
        selecting.selection.value = kept(selecting.selection.peek(), before, order);
      });
      if (listing.documents.value) before = order;
    });
  }

  function watch(): () => void {
    const stops = [followPlace(), followList()];
    return () => {
      for (const stop of stops) stop();
      listing.leave();
    };
  }

  const go = (next: Partial<Place>, replace = false) =>
    void navigate(addressOf({ ...place.peek(), ...next }), replace);

  return {
    place,
    grid,
    ...sorting,
    shelves,
    listing,
    acts,
    ...selecting,
    panel,
    menu,
    renaming,
    drawer,
    watch,
    go,
  };
}
