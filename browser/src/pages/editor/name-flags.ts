/** The faded name at someone's caret comes back while the pointer is near; the caret itself takes no clicks. */

const NEAR_PX = 8;

function near(caret: Element, x: number, y: number): boolean {
  const { left, right, top, bottom } = (caret.firstElementChild ?? caret).getBoundingClientRect();
  return x > left - NEAR_PX && x < right + NEAR_PX && y > top - NEAR_PX && y < bottom + NEAR_PX;
}

/** Watches the pointer over `paper`; returns how to stop. */
export function watchNameFlags(paper: HTMLElement): () => void {
  let frame = 0;
  const look = (event: PointerEvent) => {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      for (const caret of paper.querySelectorAll(".cursor"))
        caret.classList.toggle("near", near(caret, event.clientX, event.clientY));
    });
  };
  paper.addEventListener("pointermove", look);
  return () => {
    cancelAnimationFrame(frame);
    paper.removeEventListener("pointermove", look);
  };
}
