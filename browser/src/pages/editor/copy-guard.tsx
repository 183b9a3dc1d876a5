import { useEffect } from "preact/hooks";
import { notify } from "../../components/notice";
import { t } from "../../i18n";
import "./tool-words";
import type { Workspace } from "./workspace";

function selectionHolds(selector: string): boolean {
  const [element, selection] = [document.querySelector(selector), getSelection()];
  if (!element || !selection || selection.rangeCount === 0 || selection.isCollapsed) return false;
  return selection.getRangeAt(0).intersectsNode(element);
}

/**
 * Where the owner lets viewers and commenters not copy, the page does not: no copy, no drag, no print.  It keeps honest
 * people honest; whoever can read a text can write it down, and the server keeps it from copies and downloads.
 */
export default function CopyGuard({ workspace }: { workspace: Workspace }) {
  const guarded = !workspace.mayCopy.value;
  useEffect(() => {
    if (!guarded) return;
    const refuse = (event: Event) => {
      const { target } = event;
      // What stands in fields is one's own.  A selection of the whole page begins outside the text and holds it too.
      const own = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
      const inside = target instanceof Element && target.closest(".paper") !== null;
      if (own || !(inside || selectionHolds(".paper"))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      notify(t("editor.noCopying"));
    };
    const events = ["copy", "cut", "dragstart"] as const;
    for (const name of events) document.addEventListener(name, refuse, true);
    document.documentElement.classList.add("no-print");
    return () => {
      for (const name of events) document.removeEventListener(name, refuse, true);
      document.documentElement.classList.remove("no-print");
    };
  }, [guarded]);
  return guarded ? <p class="print-only">{t("editor.noCopying")}</p> : null;
}
