import type { User } from "../core/protocol";
import { t } from "../i18n";

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}

/** The server's own pictures only. */
const PICTURE = /^\/api\/v1\/pictures\/[\w-]+$/;

/** A disc with someone's picture, or their initials in their colour; the name stands in the control around it. */
export function Avatar({ user, small = false }: { user: User; small?: boolean }) {
  const picture = user.picture && PICTURE.test(user.picture) ? user.picture : null;
  return (
    <span
      class={`avatar${small ? " small" : ""}${user.guest ? " guest" : ""}`}
      style={{ "--person": user.color }}
      aria-hidden="true"
      // Drawn by the style sheet: as text it would be a second name of the control around it.
      data-initials={initials(user.name)}
    >
      {picture && <img src={picture} alt="" draggable={false} />}
    </span>
  );
}

/** A name, parted from what stands around it; of somebody without an account it is said. */
export function Name({ user }: { user: User }) {
  return (
    <>
      <bdi>{user.name}</bdi>
      {user.guest && <span class="quiet"> {t("people.guest")}</span>}
    </>
  );
}
