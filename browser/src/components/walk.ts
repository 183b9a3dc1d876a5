/** Moving the focus among the controls of a list or a bar, as the ARIA patterns have it. */

interface Walk {
  next: string;
  previous: string;
}

export const DOWN: Walk = { next: "ArrowDown", previous: "ArrowUp" };
export const ACROSS: Walk = { next: "ArrowRight", previous: "ArrowLeft" };

/** Focuses the control that the key leads to, going round at the ends; false when the key leads nowhere. */
export function walk(controls: readonly HTMLElement[], key: string, { next, previous }: Walk): boolean {
  const at = controls.indexOf(document.activeElement as HTMLElement);
  const targets: Record<string, number> = {
    [next]: (at + 1) % controls.length,
    [previous]: (Math.max(at, 0) - 1 + controls.length) % controls.length,
    Home: 0,
    End: controls.length - 1,
  };
  const target = targets[key];
  if (target === undefined) return false;
  controls[target]?.focus();
  return true;
}

/** Type-ahead: focuses the next control whose text begins with the letter. */
export function walkToLetter(controls: readonly HTMLElement[], letter: string): boolean {
  if ([...letter].length !== 1 || letter === " ") return false;
  const at = controls.indexOf(document.activeElement as HTMLElement);
  const round = [...controls.slice(at + 1), ...controls.slice(0, at + 1)];
  const wanted = letter.toLocaleLowerCase();
  const found = round.find((control) => control.textContent?.trim().toLocaleLowerCase().startsWith(wanted));
  found?.focus();
  return found !== undefined;
}
