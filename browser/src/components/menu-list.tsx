import check from "lucide:check";
import chevron from "lucide:chevron-right";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon";
import { placeBelow, placeBeside } from "./place";
import { DOWN, walk, walkToLetter } from "./walk";
import "../styles/menus.css";

export interface MenuCommand {
  kind: "item";
  label: string;
  /** What is shown instead of the plain label, e.g. a heading in its own size. */
  content?: ComponentChildren;
  icon?: string;
  keys?: string;
  /** Absent: not a choice.  `radio` makes it one of several. */
  checked?: boolean;
  radio?: boolean;
  danger?: boolean;
  /** Why it can do nothing now; "" or absent: it can. */
  reason?: string;
  run(): void;
}

export interface Submenu {
  kind: "menu";
  label: string;
  icon?: string;
  entries: MenuEntry[];
}

export type MenuEntry = MenuCommand | Submenu | { kind: "line" };

interface ListProps {
  label: string;
  entries: MenuEntry[];
  /** Focus the first or the last entry at once; "none" leaves the focus where it is. */
  focus: "first" | "last" | "none";
  anchor: Pick<HTMLElement, "getBoundingClientRect">;
  beside?: boolean;
  /** Closes the whole menu, because something was chosen or the user went elsewhere. */
  close(): void;
  /** Closes this list only and goes back to what opened it. */
  back(): void;
  /** Left or Right where this list has no answer of its own. */
  sideways?(step: -1 | 1): void;
}

/** What kind of item it is for those who cannot see it. */
export function roleOf({ checked, radio }: MenuCommand) {
  if (checked === undefined) return { role: "menuitem" as const };
  const role = radio ? ("menuitemradio" as const) : ("menuitemcheckbox" as const);
  return { role, "aria-checked": checked };
}

function Marker({ entry, room }: { entry: MenuCommand | Submenu; room: boolean }) {
  if (!room) return null;
  const shapes = entry.kind === "item" && entry.checked ? check : entry.icon;
  return <span class="menu-marker">{shapes && <Icon shapes={shapes} size={16} />}</span>;
}

function Command({ entry, room, close }: { entry: MenuCommand; room: boolean; close(): void }) {
  const off = Boolean(entry.reason);
  return (
    <button
      type="button"
      {...roleOf(entry)}
      aria-disabled={off || undefined}
      class={entry.danger ? "menu-item danger" : "menu-item"}
      tabIndex={-1}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => {
        if (off) return;
        close();
        entry.run();
      }}
    >
      <Marker entry={entry} room={room} />
      <span class="menu-text">
        {entry.content ?? entry.label}
        {entry.reason && <small class="menu-reason">{entry.reason}</small>}
      </span>
      {entry.keys && <kbd>{entry.keys}</kbd>}
    </button>
  );
}

function Opener({ entry, room, open, toggle }: OpenerProps) {
  return (
    <button
      type="button"
      role="menuitem"
      aria-haspopup="menu"
      aria-expanded={open}
      class="menu-item"
      tabIndex={-1}
      onMouseDown={(event) => event.preventDefault()}
      onClick={toggle}
    >
      <Marker entry={entry} room={room} />
      <span class="menu-text">{entry.label}</span>
      <Icon shapes={chevron} size={16} />
    </button>
  );
}

interface OpenerProps {
  entry: Submenu;
  room: boolean;
  open: boolean;
  toggle(event: MouseEvent): void;
}

/** One list of a menu, placed at its anchor; a submenu is another one beside it. */
export function MenuList(props: ListProps) {
  const { entries, close, back, sideways } = props;
  const list = useRef<HTMLDivElement>(null);
  const [sub, setSub] = useState<{ index: number; anchor: HTMLElement; focus: "first" | "none" } | null>(
    null,
  );
  const controls = () =>
    [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])].filter(
      (control) => control.closest("[role=menu]") === list.current,
    );
  const room = entries.some((entry) => entry.kind !== "line" && (entry.icon || "checked" in entry));

  useLayoutEffect(() => {
    const box = list.current?.parentElement;
    if (!box) return;
    if (props.beside) placeBeside(props.anchor.getBoundingClientRect(), box);
    else placeBelow(props.anchor.getBoundingClientRect(), box, 2);
    const all = controls();
    if (props.focus !== "none") all.at(props.focus === "last" ? -1 : 0)?.focus({ preventScroll: true });
  }, []);

  const openSub = (index: number, anchor: HTMLElement, focus: "first" | "none") =>
    setSub({ index, anchor, focus });

  const keyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const target = event.target as HTMLElement;
    const index = Number(target.closest<HTMLElement>("[data-entry]")?.dataset.entry ?? -1);
    const opens = entries[index]?.kind === "menu";
    if (walk(controls(), event.key, DOWN)) event.preventDefault();
    else if (opens && (event.key === "ArrowRight" || event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      openSub(index, target, "first");
    } else if (event.key === "ArrowLeft" && props.beside) back();
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      sideways?.(event.key === "ArrowLeft" ? -1 : 1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      back();
    } else if (event.key === "Tab") close();
    else if (!event.ctrlKey && !event.metaKey && !event.altKey && walkToLetter(controls(), event.key))
      event.preventDefault();
  };

  const entered = (event: PointerEvent, index: number) => {
    if (event.pointerType !== "mouse") return;
    const control = (event.currentTarget as HTMLElement).querySelector<HTMLElement>("[role^=menuitem]");
    control?.focus({ preventScroll: true });
    if (entries[index]?.kind === "menu" && control) openSub(index, control, "none");
    else setSub(null);
  };

  const entry = sub ? entries[sub.index] : undefined;
  return (
    <div class="menu menu-floating">
      <div ref={list} role="menu" tabIndex={-1} aria-label={props.label} onKeyDown={keyDown}>
        {entries.map((each, index) =>
          each.kind === "line" ? (
            <hr key={index} class="menu-line" />
          ) : (
            <div
              key={each.label}
              role="none"
              data-entry={index}
              onPointerEnter={(event) => entered(event, index)}
            >
              {each.kind === "item" ? (
                <Command entry={each} room={room} close={close} />
              ) : (
                <Opener
                  entry={each}
                  room={room}
                  open={sub?.index === index}
                  toggle={(event) => openSub(index, event.currentTarget as HTMLElement, "none")}
                />
              )}
            </div>
          ),
        )}
      </div>
      {sub && entry?.kind === "menu" && (
        <MenuList
          key={sub.index}
          label={entry.label}
          entries={entry.entries}
          focus={sub.focus}
          anchor={sub.anchor}
          beside
          close={close}
          back={() => {
            setSub(null);
            sub.anchor.focus();
          }}
          {...(sideways ? { sideways } : {})}
        />
      )}
    </div>
  );
}

/** Closes when a press or the focus lands outside of `inside`. */
export function useOutside(inside: () => HTMLElement | null, active: boolean, close: () => void): void {
  useEffect(() => {
    if (!active) return;
    const look = (event: Event) => {
      if (event.target instanceof Node && !inside()?.contains(event.target)) close();
    };
    for (const name of ["pointerdown", "focusin"]) document.addEventListener(name, look, true);
    addEventListener("blur", close);
    return () => {
      for (const name of ["pointerdown", "focusin"]) document.removeEventListener(name, look, true);
      removeEventListener("blur", close);
    };
  }, [active]);
}
