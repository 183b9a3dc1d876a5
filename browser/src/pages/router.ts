import { batch, signal } from "@preact/signals";

export const path = signal(location.pathname);
/** The query of the address, with its question mark. */
export const search = signal(location.search);

function arrive(): void {
  batch(() => {
    path.value = location.pathname;
    search.value = location.search;
  });
}

type Guard = () => Promise<boolean>;
const mayAlways: Guard = async () => true;
let guard = mayAlways;

/** What the present page wants to be asked before it is left; null: nothing. */
export function setGuard(next: Guard | null): void {
  guard = next ?? mayAlways;
}

/** Whether the present page may be left now; a page with unsaved work asks its user. */
export const mayLeave: Guard = () => guard();

addEventListener("popstate", async () => {
  const before = path.peek() + search.peek();
  if (location.pathname === path.peek() || (await mayLeave())) arrive();
  else history.pushState(null, "", before);
});

/** Goes to a page of this application without loading it anew; `to` may bear a query. */
export async function navigate(to: string, replace = false): Promise<void> {
  if (!(await mayLeave())) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  arrive();
  scrollTo(0, 0);
}

/** For a link's `onClick`: stays in the page unless the user asked for a new tab or window. */
export function follow(event: MouseEvent): void {
  const link = (event.currentTarget as HTMLElement).closest("a");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  void navigate(link.pathname + link.search);
}
