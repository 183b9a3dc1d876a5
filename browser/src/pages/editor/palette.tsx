import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { Icon } from "../../components/icon";
import { announce } from "../../components/notice";
import { COMMANDS, type CommandId } from "../../editor/shortcuts";
import { t } from "../../i18n";
import { type Command, command } from "./command";
import { ICONS } from "./icons";
import { matches } from "./matching";
import type { Workspace } from "./workspace";
import "./tool-words";

/** The palette is open already; the keys of the clipboard are the browser's alone. */
const offered = COMMANDS.filter(({ native, id }) => !native && id !== "palette").map(({ id }) => id);

function found(workspace: Workspace, query: string): Command[] {
  const named = (id: CommandId) => matches(`${t(`command.${id}`)} ${t(`group.${groupOf(id)}`)}`, query);
  const all = offered.filter(named).map((id) => command(workspace, id));
  // What can be done now comes first.
  return [...all.filter((each) => !each.reason), ...all.filter((each) => each.reason)];
}

const groupOf = (id: CommandId) => COMMANDS.find((each) => each.id === id)?.group ?? "page";

interface OptionProps {
  entry: Command;
  id: string;
  chosen: boolean;
  run(): void;
}

function Option({ entry, id, chosen, run }: OptionProps) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    // The keyboard is the field's, which names the chosen option.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      ref={line}
      id={id}
      role="option"
      aria-selected={chosen}
      aria-disabled={Boolean(entry.reason)}
      class="palette-option"
      onClick={run}
    >
      <span class="menu-marker">{ICONS[entry.id] && <Icon shapes={ICONS[entry.id] ?? ""} size={16} />}</span>
      <span class="menu-text">
        {entry.label}
        {entry.reason && <small class="menu-reason">{entry.reason}</small>}
      </span>
      {entry.keys && <kbd>{entry.keys}</kbd>}
    </div>
  );
}

/** All commands by name: type some letters, Enter performs the one that is marked. */
export default function Palette({ workspace, close }: { workspace: Workspace; close(): void }) {
  const list = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const entries = found(workspace, query);
  const chosen = Math.min(at, entries.length - 1);
  useEffect(() => announce(t("palette.count", { count: entries.length })), [entries.length]);
  const run = (entry: Command | undefined) => {
    if (!entry || entry.reason) return;
    close();
    entry.run();
  };
  const keyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (event.isComposing || (step === undefined && event.key !== "Enter")) return;
    event.preventDefault();
    if (step === undefined) run(entries[chosen]);
    else setAt((chosen + step + entries.length) % entries.length);
  };
  return (
    <Dialog title={t("command.palette")} onClose={close} kind="top">
      <input
        class="input"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={entries[chosen] ? `${list}-${chosen}` : undefined}
        aria-label={t("palette.search")}
        placeholder={t("palette.search")}
        autocomplete="off"
        spellcheck={false}
        autofocus
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={keyDown}
      />
      <div id={list} class="palette-list" role="listbox" aria-label={t("command.palette")}>
        {entries.map((entry, index) => (
          <Option
            key={entry.id}
            entry={entry}
            id={`${list}-${index}`}
            chosen={index === chosen}
            run={() => run(entry)}
          />
        ))}
      </div>
      {entries.length === 0 && <p class="quiet">{t("keys.none", { query })}</p>}
    </Dialog>
  );
}
