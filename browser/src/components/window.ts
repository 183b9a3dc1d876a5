/** What the window is like: narrow or not, and how much of it an on-screen keyboard covers. */

import { signal } from "@preact/signals";

const query = matchMedia("(width < 44rem)");

/** True below the width at which the tools move to the foot of the window. */
export const narrow = signal(query.matches);
query.addEventListener("change", () => {
  narrow.value = query.matches;
});

const room = matchMedia("(width >= 76rem)");

/** True where no margin of cards fits beside the text. */
export const narrowMargin = signal(!room.matches);
room.addEventListener("change", () => {
  narrowMargin.value = !room.matches;
});

/** Keeps `--keyboard` at the height that a keyboard covers, where the browser does not shrink the page itself. */
function followKeyboard(): void {
  const seen = window.visualViewport;
  if (!seen) return;
  const covered = Math.max(0, innerHeight - seen.height - seen.offsetTop);
  // A pinch makes the visual viewport smaller too.
  const height = seen.scale > 1.01 ? 0 : Math.round(covered);
  document.documentElement.style.setProperty("--keyboard", `${height}px`);
}
window.visualViewport?.addEventListener("resize", followKeyboard);
window.visualViewport?.addEventListener("scroll", followKeyboard);
