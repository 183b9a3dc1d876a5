import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { t } from "../../../i18n";
import { TITLE_LIMIT } from "../acts";
import type { Folder } from "../shelves";
import type { Home } from "../state";

interface NameFieldProps {
  label: string;
  value: string;
  submit: string;
  done(name: string): void;
  cancel(): void;
}

/** Asks for one name. */
export function NameField({ label, value, submit, done, cancel }: NameFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(value);
  useLayoutEffect(() => input.current?.select(), []);
  useLayoutEffect(() => input.current?.focus(), []);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) done(name.trim());
      }}
    >
      <label class="field">
        <span dir="auto">{label}</span>
        <input
          ref={input}
          class="input"
          autofocus
          dir="auto"
          maxLength={TITLE_LIMIT}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <div class="row end">
        <button type="button" class="button" onClick={cancel}>
          {t("app.cancel")}
        </button>
        <button type="submit" class="button primary" disabled={!name.trim()}>
          {submit}
        </button>
      </div>
    </form>
  );
}

export function NewFolder({ home, parent, close }: { home: Home; parent: string | null; close(): void }) {
  const inside = home.shelves.byId(parent);
  return (
    <Dialog title={t("home.folderNew")} onClose={close}>
      <NameField
        label={inside ? t("home.folderNewInside", { name: inside.name }) : t("home.folderName")}
        value=""
        submit={t("home.folderMake")}
        cancel={close}
        done={(name) => {
          close();
          void home.shelves.add(name, parent);
        }}
      />
    </Dialog>
  );
}

export function RenameFolder({ home, folder, close }: { home: Home; folder: Folder; close(): void }) {
  return (
    <Dialog title={t("home.folderRename")} onClose={close}>
      <NameField
        label={t("home.folderName")}
        value={folder.name}
        submit={t("home.rename")}
        cancel={close}
        done={(name) => {
          close();
          if (name !== folder.name) void home.shelves.rename(folder, name);
        }}
      />
    </Dialog>
  );
}
