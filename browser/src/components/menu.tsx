import type { ComponentChildren } from "preact";
import { Popover } from "./popover";
import { DOWN, walk, walkToLetter } from "./walk";

export interface MenuItem {
  label: string;
  /** What is shown instead of the plain label, e.g. a heading in its own size. */
  content?: ComponentChildren;
  checked?: boolean;
  danger?: boolean;
  keys?: string;
  /** A line stands above it. */
  separated?: boolean;
  run(): void;
}

interface MenuProps {
  label: string;
  tip?: string;
  button: ComponentChildren;
  buttonClass?: string;
  /** Why it cannot be opened now. */
  reason?: string;
  items: MenuItem[];
  /** Shown above the items: who is signed in, for instance. */
  heading?: ComponentChildren;
}

const itemsOf = (box: Element) => [...box.querySelectorAll<HTMLElement>("[role^=menuitem]")];

/** A button with a menu: arrow keys and letters walk it, Escape closes it and gives the focus back. */
export function Menu({ items, heading, ...button }: MenuProps) {
  return (
    <Popover
      {...button}
      popup="menu"
      opened={(box) => {
        const all = itemsOf(box);
        (all.find((item) => item.getAttribute("aria-checked") === "true") ?? all[0])?.focus();
      }}
    >
      {(close) => (
        <>
          {heading}
          <div
            role="menu"
            tabIndex={-1}
            aria-label={button.label}
            onKeyDown={(event) => {
              const all = itemsOf(event.currentTarget);
              const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
              if (walk(all, event.key, DOWN) || (plain && walkToLetter(all, event.key)))
                event.preventDefault();
            }}
          >
            {items.map((item) => (
              <button
                key={item.label}
                type="button"
                {...(item.checked === undefined
                  ? { role: "menuitem" as const }
                  : { role: "menuitemradio" as const, "aria-checked": item.checked })}
                class={`menu-item${item.danger ? " danger" : ""}${item.separated ? " separated" : ""}`}
                tabIndex={-1}
                onClick={() => {
                  close();
                  item.run();
                }}
              >
                <span class="menu-text">{item.content ?? item.label}</span>
                {item.keys && <kbd>{item.keys}</kbd>}
              </button>
            ))}
          </div>
        </>
      )}
    </Popover>
  );
}
