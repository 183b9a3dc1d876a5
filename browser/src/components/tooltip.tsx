import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { placeBelow } from "./place";

interface Tip {
  anchor: Element;
  text: string;
  keys: string;
}

const DELAY_MS = 450;
/** Within this time after one tip the next comes at once. */
const WARM_MS = 400;
const shown = signal<Tip | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;
let hiddenAt = Number.NEGATIVE_INFINITY;

function hide(): void {
  clearTimeout(timer);
  if (shown.peek()) hiddenAt = performance.now();
  shown.value = null;
}

function offer(target: EventTarget | null, delay: number): void {
  const anchor = target instanceof Element ? target.closest("[data-tip]") : null;
  if (anchor && anchor === shown.peek()?.anchor) return;
  hide();
  if (!(anchor instanceof HTMLElement)) return;
  const { tip = "", keys = "" } = anchor.dataset;
  timer = setTimeout(
    () => {
      if (anchor.isConnected && anchor.getAttribute("aria-expanded") !== "true")
        shown.value = { anchor, text: tip, keys };
    },
    performance.now() - hiddenAt < WARM_MS ? 0 : delay,
  );
}

addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") offer(event.target, DELAY_MS);
});
addEventListener("focusin", (event) => {
  if (event.target instanceof Element && event.target.matches(":focus-visible"))
    offer(event.target, DELAY_MS);
});
for (const event of ["focusout", "pointerdown", "scroll", "keydown"]) addEventListener(event, hide, true);

/** Shows `data-tip` and `data-keys` of what the pointer or the focus rests on; the control bears the name itself. */
export default function Tooltips() {
  const box = useRef<HTMLDivElement>(null);
  const tip = shown.value;
  useLayoutEffect(() => {
    if (!box.current || !tip) return;
    box.current.showPopover();
    placeBelow(tip.anchor.getBoundingClientRect(), box.current);
  }, [tip]);
  if (!tip) return null;
  return (
    <div ref={box} class="tooltip" popover="manual" aria-hidden="true">
      {tip.text}
      {tip.keys && <kbd>{tip.keys}</kbd>}
    </div>
  );
}
