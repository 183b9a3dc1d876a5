/**
 * Holds messages back while an input method composes: a change of the document under it would break the composition
 * or double its text.  They are delivered in order once it is over.
 */

/** An input method may report the end before its last change of the text. */
const AFTER_END_MS = 50;
/** Beyond these the composition is disturbed rather than the page fall ever further behind. */
const MAX_MESSAGES = 2000;
const MAX_MS = 30_000;

export class Hold<Message> {
  readonly #deliver: (message: Message) => void;
  readonly #isComposing: () => boolean;
  #held: Message[] = [];
  #holding = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(deliver: (message: Message) => void, isComposing: () => boolean) {
    this.#deliver = deliver;
    this.#isComposing = isComposing;
  }

  get holding(): boolean {
    return this.#holding;
  }

  push(message: Message): void {
    if (!this.#holding) {
      this.#deliver(message);
      return;
    }
    this.#held.push(message);
    if (this.#held.length >= MAX_MESSAGES) this.#release();
  }

  compositionStart(): void {
    this.#holding = true;
    this.#wait(MAX_MS, () => this.#release());
  }

  compositionEnd(): void {
    this.#wait(AFTER_END_MS, () => {
      // The next composition may have begun at once, as with Korean syllables.
      if (this.#isComposing()) this.compositionStart();
      else this.#release();
    });
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#held = [];
  }

  #wait(ms: number, then: () => void): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #release(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#holding = false;
    const held = this.#held;
    this.#held = [];
    for (const [at, message] of held.entries()) {
      if (this.#holding) {
        // A composition began while delivering.
        this.#held = [...held.slice(at), ...this.#held];
        return;
      }
      this.#deliver(message);
    }
  }
}
