import { signal } from "@preact/signals";
import { lazy } from "../../components/lazy";

export type ShareView = "people" | "settings" | "activity";

interface Opened {
  documentId: string;
  view: ShareView;
}

const opened = signal<Opened | null>(null);

/** Counts what the server told about the sharing of documents that are open: whoever shows it looks again. */
export const sharingMoved = signal(0);

/** Shows the dialog of who may do what with a document; fetched when it is first needed. */
export function openShare(documentId: string, view: ShareView = "people"): void {
  opened.value = { documentId, view };
}

const ShareDialog = lazy(() => import("./dialog"));

/** Where the dialog is drawn: once, for all pages. */
export function ShareHost() {
  const shown = opened.value;
  if (!shown) return null;
  const close = () => {
    if (opened.peek() === shown) opened.value = null;
  };
  return <ShareDialog key={shown.documentId} {...shown} close={close} />;
}
