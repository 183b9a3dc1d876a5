import copyIcon from "lucide:copy";
import { useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icon";

/** Whether the text is on the clipboard now; without a secure context, or when forbidden, it is not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

interface CopyFieldProps {
  label: string;
  value: string;
  /** Several lines. */
  long?: boolean;
}

/** A text to take along: a press copies it; where the clipboard refuses, it is selected for the user to copy. */
export function CopyField({ label, value, long = false }: CopyFieldProps) {
  const id = useId();
  const box = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const [said, setSaid] = useState("");
  const copy = async () => {
    const done = await copyText(value);
    if (!done) box.current?.select();
    setSaid(t(done ? "copy.done" : "copy.byHand"));
  };
  const shared = { id, ref: box, class: "input", readOnly: true, value, spellcheck: false } as const;
  return (
    <div class="copy-field">
      <label for={id}>{label}</label>
      <div class={long ? "stack" : "copy-row"}>
        {long ? (
          <textarea {...shared} rows={6} dir="auto" />
        ) : (
          <input {...shared} type="text" onFocus={(event) => event.currentTarget.select()} />
        )}
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon shapes={copyIcon} size={16} />
          {t("copy.button")}
        </button>
      </div>
      <p class="quiet copy-said" role="status">
        {said}
      </p>
    </div>
  );
}
