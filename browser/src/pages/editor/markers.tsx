import down from "lucide:arrow-down";
import up from "lucide:arrow-up";
import { Avatar } from "../../components/avatar";
import { Icon } from "../../components/icon";
import type { Person } from "../../editor/editor";
import { t } from "../../i18n";
import { distinct } from "./people";
import { useEditor } from "./use-editor";
import type { Workspace } from "./workspace";
import "../../styles/panels.css";
import "./tool-words";

const LOOK_EVERY_MS = 100;
const SHOWN = 3;

interface EdgeProps {
  workspace: Workspace;
  people: readonly Person[];
  side: "above" | "below";
}

/** Those who write above or below of what is seen, nearest first; a press goes there. */
function Edge({ workspace, people, side }: EdgeProps) {
  const shown = distinct([...people]).slice(0, SHOWN);
  if (shown.length === 0) return null;
  return (
    <div class={`markers markers-${side}`}>
      <Icon shapes={side === "above" ? up : down} size={14} />
      {shown.map((person) => {
        const label = t(`marker.${side}`, { name: person.user.name });
        return (
          <button
            key={person.clientId}
            type="button"
            class="marker"
            aria-label={label}
            data-tip={label}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => workspace.editor.peek()?.goToPerson(person.clientId)}
          >
            <Avatar user={person.user} small />
          </button>
        );
      })}
      {people.length > shown.length && <span class="quiet">+{people.length - shown.length}</span>}
    </div>
  );
}

export default function Markers({ workspace }: { workspace: Workspace }) {
  const editor = useEditor(workspace, LOOK_EVERY_MS);
  const people = editor?.aids.offScreen();
  if (!people) return null;
  return (
    <>
      <Edge workspace={workspace} people={people.above} side="above" />
      <Edge workspace={workspace} people={people.below} side="below" />
    </>
  );
}
