import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { placeBelow } from "./place";

interface PopoverProps {
  label: string;
  /** Shown on hover and focus; the label if absent. */
  tip?: string;
  keys?: string;
  button: ComponentChildren;
  buttonClass?: string;
  popup: "menu" | "dialog";
  /** Why it can do nothing now; the button stays in the walk of the keyboard and tells it. */
  reason?: string;
  boxClass?: string;
  /** Called when the box is shown and placed: the moment to focus something in it. */
  opened?(box: HTMLElement): void;
  /** Drawn only while the box is open; `close` gives the focus back to the button. */
  children(close: () => void): ComponentChildren;
}

/** A button that opens a box at its side: light dismiss and top layer are the browser's, the focus is ours. */
export function Popover(props: PopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => {
    const inside = box.current?.contains(document.activeElement);
    box.current?.hidePopover();
    if (inside) button.current?.focus();
  };
  useLayoutEffect(() => {
    if (!open || !box.current || !button.current) return;
    placeBelow(button.current.getBoundingClientRect(), box.current);
    props.opened?.(box.current);
  }, [open]);
  const tip = props.reason ? `${props.tip ?? props.label}: ${props.reason}` : (props.tip ?? props.label);

  return (
    <>
      <button
        ref={button}
        type="button"
        class={props.buttonClass ?? "button"}
        aria-label={props.label}
        data-tip={tip}
        data-keys={props.keys}
        aria-haspopup={props.popup}
        aria-expanded={open}
        aria-controls={id}
        aria-disabled={Boolean(props.reason) || undefined}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => !props.reason && box.current?.togglePopover()}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || props.reason) return;
          event.preventDefault();
          event.stopPropagation();
          box.current?.showPopover();
        }}
      >
        {props.button}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps keys from what is around it */}
      <div
        ref={box}
        id={id}
        class={props.boxClass ?? "menu"}
        popover="auto"
        // `toggle` itself would come a frame late.
        onBeforeToggle={(event) => setOpen((event as unknown as ToggleEvent).newState === "open")}
        onKeyDown={(event) => {
          // What is typed here is no command of the bar around it.
          event.stopPropagation();
          if (event.key === "Tab" && props.popup !== "dialog") close();
        }}
      >
        {open && props.children(close)}
      </div>
    </>
  );
}
