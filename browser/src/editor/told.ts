/** What a page was told last, so that it hears of nothing twice. */
export class Told {
  readonly #last = new Map<string, string>();

  changed(name: string, value: unknown, tell: () => void): void {
    const text = JSON.stringify(value);
    if (this.#last.get(name) === text) return;
    this.#last.set(name, text);
    tell();
  }
}
