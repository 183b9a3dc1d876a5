import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { lazy } from "../../components/lazy";
import { path } from "../router";

export type ShareView = "people" | "settings" | "activity";

interface Opened {
  documentId: string;
  view: ShareView;
  /** The page it was opened on: on another one it is not wanted any more. */
  at: string;
}

const opened = signal<Opened | null>(null);

/** Counts what the server told about the sharing of documents that are open: whoever shows it looks again. */
export const sharingMoved = signal(0);

/** Shows the dialog of who may do what with a document; fetched when it is first needed. */
export function openShare(documentId: string, view: ShareView = "people"): void {
  opened.value = { documentId, view, at: path.peek() };
}

const ShareDialog = lazy(() => import("./dialog"));

/** Where the dialog is drawn: once, for all pages. */
export function ShareHost() {
  const shown = opened.value;
  const here = path.value;
  useEffect(() => {
    if (opened.peek()?.at !== here) opened.value = null;
  }, [here]);
  if (shown?.at !== here) return null;
  const close = () => {
    if (opened.peek() === shown) opened.value = null;
  };
  const { documentId, view } = shown;
  return <ShareDialog key={documentId} documentId={documentId} view={view} close={close} />;
}
