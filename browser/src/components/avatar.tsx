import type { User } from "../core/protocol";

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}

/** A disc with someone's initials in their colour; the name stands in the control around it. */
export function Avatar({ user, small = false }: { user: User; small?: boolean }) {
  return (
    <span
      class={small ? "avatar small" : "avatar"}
      style={{ "--person": user.color }}
      aria-hidden="true"
      // Drawn by the style sheet: as text it would be a second name of the control around it.
      data-initials={initials(user.name)}
    />
  );
}
