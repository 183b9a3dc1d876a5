import { useLayoutEffect, useRef } from "preact/hooks";
import { type MenuEntry, MenuList, useOutside } from "../../components/menu-list";
import { MenuSheet } from "../../components/menu-sheet";
import { narrow } from "../../components/window";
import type { Home } from "./state";

export interface OpenMenu {
  label: string;
  entries: MenuEntry[];
  /** Where it opens, in the window. */
  anchor: DOMRect;
  /** What has the focus again afterwards. */
  back: HTMLElement | null;
}

/** Opens a menu at what was pressed, at the pointer, or with the keyboard under what has the focus. */
export function menuAt(event: MouseEvent | KeyboardEvent, label: string, entries: MenuEntry[]): OpenMenu {
  event.preventDefault();
  event.stopPropagation();
  const at = event.currentTarget as HTMLElement;
  const pointed = "clientX" in event && event.type === "contextmenu" && event.clientX + event.clientY > 0;
  const anchor = pointed ? new DOMRect(event.clientX, event.clientY, 0, 0) : at.getBoundingClientRect();
  return { label, entries, anchor, back: at };
}

/** The one menu that may be open on the page: of a document, of a folder; a sheet where there is little room. */
export function MenuHost({ home }: { home: Home }) {
  const box = useRef<HTMLDivElement>(null);
  const menu = home.menu.value;
  const close = () => {
    home.menu.value = null;
  };
  useOutside(() => box.current, menu !== null && !narrow.value, close);
  useLayoutEffect(() => {
    if (!menu) return;
    addEventListener("resize", close);
    return () => removeEventListener("resize", close);
  }, [menu]);
  if (!menu) return null;
  const { label, entries, back } = menu;
  if (narrow.value) return <MenuSheet label={label} entries={entries} onClose={close} />;
  const anchor = { getBoundingClientRect: () => menu.anchor };
  const leave = () => {
    close();
    back?.focus();
  };
  return (
    <div ref={box}>
      <MenuList
        key={menu.anchor.x + menu.anchor.y}
        label={label}
        entries={entries}
        focus="first"
        anchor={anchor}
        close={leave}
        back={leave}
      />
    </div>
  );
}
