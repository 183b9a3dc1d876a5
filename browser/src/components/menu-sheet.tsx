import back from "lucide:chevron-left";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Dialog } from "./dialog";
import { Icon } from "./icon";
import type { TopMenu } from "./menu-bar";
import { type MenuEntry, roleOf } from "./menu-list";
import { DOWN, walk } from "./walk";

interface MenuSheetProps {
  label: string;
  /** What the first list holds: several menus, or … */
  menus?: TopMenu[];
  /** … the entries of one. */
  entries?: MenuEntry[];
  onClose(): void;
}

/** The menus where there is no room for a bar: a sheet from the foot of the window, one list at a time. */
export function MenuSheet({ label, menus = [], entries: own = [], onClose }: MenuSheetProps) {
  const [path, setPath] = useState<Array<{ label: string; entries: MenuEntry[] }>>([]);
  const list = useRef<HTMLDivElement>(null);
  const here = path.at(-1);
  const entries: MenuEntry[] = here?.entries ?? [
    ...menus.map((menu): MenuEntry => ({ kind: "menu", label: menu.label, entries: menu.entries() })),
    ...own,
  ];
  const controls = () => [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  useLayoutEffect(() => controls()[0]?.focus(), [path]);
  return (
    <Dialog title={here?.label ?? label} onClose={onClose} kind="sheet">
      {here && (
        <button type="button" class="button sheet-back" onClick={() => setPath(path.slice(0, -1))}>
          <Icon shapes={back} />
          {t("menu.back")}
        </button>
      )}
      <div
        ref={list}
        role="menu"
        tabIndex={-1}
        aria-label={here?.label ?? label}
        onKeyDown={(event) => {
          if (walk(controls(), event.key, DOWN)) event.preventDefault();
        }}
      >
        {entries.map((entry, index) => {
          if (entry.kind === "line") return <hr key={index} class="menu-line" />;
          const opens = entry.kind === "menu";
          return (
            <button
              key={entry.label}
              type="button"
              {...(opens ? { role: "menuitem" as const } : roleOf(entry))}
              {...(opens ? { "aria-haspopup": "menu" as const } : {})}
              aria-disabled={(!opens && Boolean(entry.reason)) || undefined}
              class={!opens && entry.danger ? "menu-item danger" : "menu-item"}
              tabIndex={-1}
              onClick={() => {
                if (opens) return setPath([...path, entry]);
                if (entry.reason) return;
                onClose();
                entry.run();
              }}
            >
              {entry.icon && <Icon shapes={entry.icon} />}
              <span class="menu-text">
                {opens ? entry.label : (entry.content ?? entry.label)}
                {!opens && entry.reason && <small class="menu-reason">{entry.reason}</small>}
              </span>
            </button>
          );
        })}
      </div>
    </Dialog>
  );
}
