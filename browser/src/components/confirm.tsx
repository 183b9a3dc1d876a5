import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { takeFocus } from "./focus";

interface ConfirmProps {
  /** What the button says, and the one that really does it. */
  children: ComponentChildren;
  /** Named fully for those who do not see what it stands beside. */
  label: string;
  question: string;
  run(): void;
}

/** A button for what cannot be taken back: asks in its own place before it acts. */
export function Confirm({ children, label, question, run }: ConfirmProps) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button type="button" class="button" aria-label={label} onClick={() => setAsking(true)}>
        {children}
      </button>
    );
  }
  return (
    <fieldset class="confirm" onKeyDown={(event) => event.key === "Escape" && setAsking(false)}>
      <legend class="visually-hidden">{label}</legend>
      <span>{question}</span>
      <button ref={takeFocus} type="button" class="button" onClick={() => setAsking(false)}>
        {t("app.cancel")}
      </button>
      <button
        type="button"
        class="button danger"
        onClick={() => {
          setAsking(false);
          run();
        }}
      >
        {children}
      </button>
    </fieldset>
  );
}
