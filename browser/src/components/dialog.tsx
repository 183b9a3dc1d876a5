import x from "lucide:x";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icon";
import "../styles/panels.css";

interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  /** `sheet` rises from the foot of the window, `drawer` comes from its side, `top` hangs from its head without a title. */
  kind?: "sheet" | "top" | "wide" | "share" | "drawer";
}

/** A modal dialog, open as long as it is rendered; the browser keeps the focus in and gives it back. */
export function Dialog({ title, onClose, children, kind }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Before the next key arrives: it is meant for the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // Unless what was chosen in the dialog has moved the focus already.
      const back = document.activeElement === document.body || shown?.contains(document.activeElement);
      shown?.close(); // while it is open nothing around it takes the focus
      if (back) before?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind ? `dialog dialog-${kind}` : "dialog"}
      aria-labelledby={heading}
      onClose={onClose}
      // A press on the backdrop lands on the dialog itself, not on anything in it.
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-body">
        <header class={kind === "top" ? "visually-hidden" : "dialog-head"}>
          <h2 id={heading}>{title}</h2>
          {kind !== "top" && (
            <button type="button" class="button icon-only" aria-label={t("app.close")} onClick={onClose}>
              <Icon shapes={x} />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
