import { useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { t } from "../../i18n";
import { completeAddress } from "./address";
import type { Workspace } from "./workspace";
import "./tool-words";

interface FieldProps {
  label: string;
  value: string;
  input: { current: HTMLInputElement | null };
  limit: number;
  address?: boolean;
  autofocus?: boolean;
  invalid?: boolean;
}

function Field({
  label,
  value,
  input,
  limit,
  address = false,
  autofocus = false,
  invalid = false,
}: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        class="input"
        type="text"
        inputMode={address ? "url" : "text"}
        autocomplete="off"
        spellcheck={!address}
        placeholder={address ? "https://" : ""}
        aria-invalid={invalid || undefined}
        maxLength={limit}
        defaultValue={value}
        autofocus={autofocus}
      />
    </div>
  );
}

/** Asks for a link's address and text: for the selection, for the link under the caret, or for a new one. */
export default function LinkBox({ workspace, close }: { workspace: Workspace; close(): void }) {
  const address = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState(false);
  const editor = workspace.editor.value;
  const [now] = useState(() => {
    const link = editor?.aids.linkAtCaret();
    const url = String(editor?.commands.valueOf("link") ?? "");
    return {
      url,
      text: link?.text ?? editor?.aids.find.selectedText() ?? "",
      several: severalLines(workspace),
    };
  });
  const leave = () => {
    close();
    editor?.focus();
  };
  const apply = () => {
    const url = completeAddress(address.current?.value ?? "");
    const shown = text.current?.value.trim() ?? "";
    const same = now.several || (shown === now.text && shown !== "");
    close();
    const done = !url
      ? editor?.commands.link(null)
      : same
        ? editor?.commands.link(url)
        : editor?.commands.linkWithText(url, shown || url);
    if (url && done === false) {
      workspace.panel.value = "link";
      setRefused(true);
    }
  };
  return (
    <Dialog title={t("link.title")} onClose={leave}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        {!now.several && <Field label={t("link.text")} value={now.text} input={text} limit={1000} />}
        <Field
          label={t("link.address")}
          value={now.url}
          input={address}
          limit={2048}
          address
          autofocus
          invalid={refused}
        />
        <p class="failure" role="alert">
          {refused && t("editor.linkRefused")}
        </p>
        <div class="row end">
          {now.url && (
            <button
              type="button"
              class="button"
              onClick={() => {
                close();
                editor?.commands.link(null);
              }}
            >
              {t("link.remove")}
            </button>
          )}
          <button type="submit" class="button primary">
            {t("link.apply")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The selection reaches over more than one line: its text stays as it is. */
function severalLines(workspace: Workspace): boolean {
  const editor = workspace.editor.peek();
  return (
    editor?.aids.statistics().selection !== null &&
    editor?.aids.find.selectedText() === "" &&
    !editor.aids.linkAtCaret()
  );
}
