import { Avatar } from "../../components/avatar";
import { Menu } from "../../components/menu";
import { narrow } from "../../components/window";
import type { Person } from "../../editor/editor";
import { t } from "../../i18n";
import type { Workspace } from "./workspace";

const SHOWN = 4;
const SHOWN_NARROW = 2;

/** One entry a person: of several tabs the one with a caret counts. */
export function distinct(people: Person[]): Person[] {
  const byUser = new Map<string, Person>();
  for (const person of people) {
    const known = byUser.get(person.user.id);
    if (!known || (!known.hasCursor && person.hasCursor && !known.self)) byUser.set(person.user.id, person);
  }
  return [...byUser.values()];
}

/** A guest may have taken anybody's name. */
const shownName = ({ user }: Person) => (user.guest ? `${user.name} ${t("people.guest")}` : user.name);

/** Who is here besides oneself; a press shows where that person is in the text. */
export function People({ workspace }: { workspace: Workspace }) {
  const others = distinct(workspace.people.value).filter((person) => !person.self);
  if (others.length === 0) return null;
  const room = narrow.value ? SHOWN_NARROW : SHOWN;
  const shown = others.length > room ? others.slice(0, room - 1) : others;
  const rest = others.slice(shown.length);
  const go = (person: Person) => workspace.editor.value?.goToPerson(person.clientId);
  return (
    <ul class="people" aria-label={t("people.label")}>
      {shown.map((person) => {
        const name = shownName(person);
        const label = t(person.hasCursor ? "people.go" : "people.nowhere", { name });
        return (
          <li key={person.clientId}>
            <button
              type="button"
              class="button round"
              aria-label={label}
              data-tip={label}
              aria-disabled={!person.hasCursor}
              onClick={() => go(person)}
            >
              <Avatar user={person.user} />
            </button>
          </li>
        );
      })}
      {rest.length > 0 && (
        <li>
          <Menu
            label={t("people.more", { count: rest.length })}
            buttonClass="button round more"
            button={`+${rest.length}`}
            items={rest.map((person) => ({
              label: shownName(person),
              content: (
                <>
                  <Avatar user={person.user} small /> {shownName(person)}
                </>
              ),
              run: () => void go(person),
            }))}
          />
        </li>
      )}
    </ul>
  );
}
