import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { COMMANDS, type CommandGroup } from "../../editor/shortcuts";
import { t } from "../../i18n";
import { matches } from "./matching";
import { shortcutsOf } from "./shortcuts";
import type { Workspace } from "./workspace";
import "./tool-words";

const GROUPS: CommandGroup[] = ["history", "text", "paragraph", "list", "insert", "review", "find", "page"];

function Group({ group, query }: { group: CommandGroup; query: string }) {
  const rows = COMMANDS.filter((each) => each.group === group)
    .map(({ id, label }) => ({ id, name: t(label), keys: shortcutsOf(id) }))
    .filter(({ name, keys }) => keys.length > 0 && matches(`${name} ${keys.join(" ")}`, query));
  if (rows.length === 0) return null;
  return (
    <section class="keys-group">
      <h3>{t(`group.${group}`)}</h3>
      <dl>
        {rows.map(({ id, name, keys }) => (
          <div key={id}>
            <dt>{name}</dt>
            <dd>
              {keys.map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Every shortcut, to be searched by name or by key. */
export default function ShortcutList({ close }: { workspace: Workspace; close(): void }) {
  const [query, setQuery] = useState("");
  const groups = GROUPS.map((group) => Group({ group, query })).filter((group) => group !== null);
  return (
    <Dialog title={t("command.shortcuts")} onClose={close} kind="wide">
      <input
        class="input"
        // Not a search field, whose Escape would only clear it.
        type="text"
        aria-label={t("keys.search")}
        placeholder={t("keys.search")}
        autofocus
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="keys" tabIndex={0} aria-label={t("command.shortcuts")}>
        {groups.length > 0 ? (
          <div class="keys-columns">{groups}</div>
        ) : (
          <p class="quiet">{t("keys.none", { query })}</p>
        )}
      </section>
    </Dialog>
  );
}
