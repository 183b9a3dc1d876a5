import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

export interface MenuItem {
  label: string;
  /** What is shown instead of the plain label, e.g. a heading in its own size. */
  content?: ComponentChildren;
  checked?: boolean;
  danger?: boolean;
  run(): void;
}

interface MenuProps {
  label: string;
  button: ComponentChildren;
  buttonClass?: string;
  title?: string;
  disabled?: boolean;
  tabIndex?: number;
  items: MenuItem[];
  /** Shown above the items: who is signed in, for instance. */
  heading?: ComponentChildren;
}

const GAP = 6;

/** Puts the popover under its button, or above where there is more room, inside the window. */
function place(button: HTMLElement, popover: HTMLElement): void {
  const anchor = button.getBoundingClientRect();
  const box = popover.getBoundingClientRect();
  const below = anchor.bottom + GAP;
  const above = Math.max(GAP, anchor.top - GAP - box.height);
  const fits = below + box.height <= innerHeight || anchor.top < innerHeight / 2;
  const left = Math.min(anchor.left, innerWidth - box.width - GAP);
  popover.style.top = `${fits ? below : above}px`;
  popover.style.left = `${Math.max(GAP, left)}px`;
}

function moveFocus(list: HTMLElement, key: string): boolean {
  const items = [...list.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const targets: Record<string, number> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  const target = targets[key];
  if (target === undefined) return false;
  items[target]?.focus();
  return true;
}

/** A button with a menu: arrow keys walk it, Escape closes it and gives the focus back. */
export function Menu(props: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const close = () => popover.current?.hidePopover();

  // Placed in the same turn as it is shown: the toggle event comes a frame too late for that.
  const toggle = () => {
    if (!popover.current || !button.current || !popover.current.togglePopover()) return;
    place(button.current, popover.current);
    const items = popover.current.querySelectorAll<HTMLElement>("[role^=menuitem]");
    ([...items].find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={props.buttonClass ?? "button"}
        aria-label={props.label}
        title={props.title ?? props.label}
        aria-haspopup="menu"
        aria-expanded="false"
        aria-controls={id}
        disabled={props.disabled ?? false}
        tabIndex={props.tabIndex}
        onMouseDown={(event) => event.preventDefault()}
        onClick={toggle}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          toggle();
        }}
      >
        {props.button}
      </button>
      <div
        ref={popover}
        id={id}
        class="menu"
        popover="auto"
        onToggle={(event) => button.current?.setAttribute("aria-expanded", String(event.newState === "open"))}
      >
        {props.heading}
        <div
          role="menu"
          tabIndex={-1}
          aria-label={props.label}
          onKeyDown={(event) => {
            if (moveFocus(event.currentTarget, event.key)) event.preventDefault();
            else if (event.key === "Tab") close();
            if (event.key === "Escape") button.current?.focus();
            event.stopPropagation();
          }}
        >
          {props.items.map((item) => (
            <button
              key={item.label}
              type="button"
              {...(item.checked === undefined
                ? { role: "menuitem" as const }
                : { role: "menuitemradio" as const, "aria-checked": item.checked })}
              class={item.danger ? "menu-item danger" : "menu-item"}
              tabIndex={-1}
              onClick={() => {
                close();
                item.run();
              }}
            >
              {item.content ?? item.label}
            </button>
          ))}
        </div>
      </div>
    </>
  );
}
