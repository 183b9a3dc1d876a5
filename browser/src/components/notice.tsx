import { signal } from "@preact/signals";

interface Notice {
  text: string;
  action?: { label: string; run(): void };
}

const SHOWN_MS = 8_000;
const notice = signal<Notice | null>(null);
const spoken = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a short message at the foot of the window, with at most one thing to do about it; `stays`: until another. */
export function notify(text: string, action?: Notice["action"], stays = false): void {
  clearTimeout(timer);
  notice.value = action ? { text, action } : { text };
  if (stays) return;
  timer = setTimeout(() => {
    notice.value = null;
  }, SHOWN_MS);
}

const SPOKEN_EVERY_MS = 1_000;
let waiting: string[] = [];

/** Says something to screen readers only; what comes within a second is said together. */
export function announce(text: string): void {
  waiting = [...waiting.filter((each) => each !== text), text];
  if (waiting.length > 1) return;
  setTimeout(() => {
    spoken.value = waiting.join(". ");
    waiting = [];
  }, SPOKEN_EVERY_MS);
}

/** The two live regions; they must stand in the page from the start to be heard. */
export function Notices() {
  const shown = notice.value;
  return (
    <>
      <div class="visually-hidden" role="status">
        {spoken.value}
      </div>
      <div class="notices" role="status">
        {shown && (
          <div class="notice">
            <span>{shown.text}</span>
            {shown.action && (
              <button
                type="button"
                class="button link-like"
                onClick={() => {
                  notice.value = null;
                  shown.action?.run();
                }}
              >
                {shown.action.label}
              </button>
            )}
          </div>
        )}
      </div>
    </>
  );
}
