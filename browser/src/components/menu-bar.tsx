import { useRef, useState } from "preact/hooks";
import { type MenuEntry, MenuList, useOutside } from "./menu-list";
import { ACROSS, walk, walkToLetter } from "./walk";

export interface TopMenu {
  label: string;
  /** Asked when the menu opens, so that what it shows is true at that moment. */
  entries(): MenuEntry[];
}

interface Open {
  index: number;
  focus: "first" | "last" | "none";
}

interface MenuBarProps {
  label: string;
  menus: TopMenu[];
  /** Escape in the bar itself: back to the text. */
  leave(): void;
}

/** The bar of menus as ARIA describes it: one tab stop, arrow keys, type-ahead, and the pointer slides over it. */
export function MenuBar({ label, menus, leave }: MenuBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const [stop, setStop] = useState(0);
  const tops = () => [...(bar.current?.querySelectorAll<HTMLElement>(".menubar-item") ?? [])];
  const close = () => setOpen(null);
  useOutside(() => bar.current, open !== null, close);

  const show = (index: number, focus: Open["focus"]) => {
    setStop(index);
    setOpen({ index, focus });
  };
  const beside = (from: number, step: -1 | 1) => {
    const to = (from + step + menus.length) % menus.length;
    tops()[to]?.focus();
    show(to, "first");
  };
  const keyDown = (event: KeyboardEvent, index: number) => {
    if (event.key === "ArrowDown" || event.key === "Enter" || event.key === " ") show(index, "first");
    else if (event.key === "ArrowUp") show(index, "last");
    else if (event.key === "Escape") open ? close() : leave();
    else if (!walk(tops(), event.key, ACROSS)) {
      if (event.ctrlKey || event.metaKey || event.altKey || !walkToLetter(tops(), event.key)) return;
    }
    event.preventDefault();
  };

  const shown = open && menus[open.index];
  const anchor = open && tops()[open.index];
  return (
    <div ref={bar} class="menubar" role="menubar" aria-label={label}>
      {menus.map((menu, index) => (
        <button
          key={menu.label}
          type="button"
          role="menuitem"
          class="menubar-item"
          aria-haspopup="menu"
          aria-expanded={open?.index === index}
          tabIndex={index === stop ? 0 : -1}
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.currentTarget.focus();
            if (open?.index === index) close();
            else show(index, "none");
          }}
          onFocus={() => setStop(index)}
          onPointerEnter={(event) => {
            if (!open || open.index === index || event.pointerType !== "mouse") return;
            event.currentTarget.focus();
            show(index, "none");
          }}
          onKeyDown={(event) => keyDown(event, index)}
        >
          {menu.label}
        </button>
      ))}
      {open && shown && anchor && (
        <MenuList
          key={`${open.index} ${open.focus}`}
          label={shown.label}
          entries={shown.entries()}
          focus={open.focus}
          anchor={anchor}
          close={close}
          back={() => {
            close();
            anchor.focus();
          }}
          sideways={(step) => beside(open.index, step)}
        />
      )}
    </div>
  );
}
