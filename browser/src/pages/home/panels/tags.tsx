import plus from "lucide:plus";
import { useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { Icon } from "../../../components/icon";
import { t } from "../../../i18n";
import type { DocumentEntry } from "../../../net/api";
import { shownTitle } from "../../documents";
import { Tag } from "../marked";
import type { Home } from "../state";

const UNITS = 50;

type Wanted = "all" | "some" | "none";

/** How many of the documents bear a tag. */
function borne(documents: readonly DocumentEntry[], name: string): Wanted {
  const count = documents.filter(({ tags }) => tags.includes(name)).length;
  return count === 0 ? "none" : count === documents.length ? "all" : "some";
}

interface BoxProps {
  name: string;
  wanted: Wanted;
  toggle(): void;
}

function Box({ name, wanted, toggle }: BoxProps) {
  return (
    <li>
      <label class="tag-choice">
        <input
          type="checkbox"
          checked={wanted === "all"}
          ref={(box) => {
            if (box) box.indeterminate = wanted === "some";
          }}
          onChange={toggle}
        />
        <Tag name={name} />
      </label>
    </li>
  );
}

interface TagsProps {
  home: Home;
  documents: readonly DocumentEntry[];
  close(): void;
}

/** Which of one's own tags documents bear; typing finds one or makes a new one. */
export function TagsPanel({ home, documents, close }: TagsProps) {
  const [changed, setChanged] = useState<ReadonlyMap<string, Wanted>>(new Map());
  const [text, setText] = useState("");
  const typed = text.trim();
  const names = [...new Set([...home.shelves.tags.value.map(({ name }) => name), ...changed.keys()])].sort();
  const wanted = (name: string) => changed.get(name) ?? borne(documents, name);
  const set = (name: string, to: Wanted) => setChanged(new Map(changed).set(name, to));
  const shown = names.filter((name) => name.toLocaleLowerCase().includes(typed.toLocaleLowerCase()));
  const fresh = typed !== "" && !names.includes(typed);
  const take = () => {
    const name = fresh ? typed : (names.find((each) => each === typed) ?? shown[0]);
    if (!name) return;
    set(name, "all");
    setText("");
  };
  const apply = () => {
    const to = (state: Wanted) =>
      [...changed].filter(([name, want]) => want === state && borne(documents, name) !== state);
    const [add, remove] = [to("all"), to("none")].map((each) => each.map(([name]) => name));
    close();
    if (add!.length + remove!.length > 0) void home.acts.tag(documents, add!, remove!);
  };
  const [first] = documents;
  return (
    <Dialog
      title={t("home.tagsTitle", { count: documents.length, title: first ? shownTitle(first) : "" })}
      onClose={close}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed) take();
          else apply();
        }}
      >
        <div class="tag-entry">
          <input
            class="input"
            autofocus
            autocomplete="off"
            dir="auto"
            maxLength={UNITS}
            aria-label={t("home.tagEntry")}
            placeholder={t("home.tagEntry")}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {fresh && (
            <button type="button" class="button" onClick={take}>
              <Icon shapes={plus} />
              {t("home.tagMake")}
            </button>
          )}
        </div>
        {shown.length > 0 ? (
          <ul class="tag-choices" aria-label={t("home.tags")}>
            {shown.map((name) => (
              <Box
                key={name}
                name={name}
                wanted={wanted(name)}
                toggle={() => set(name, wanted(name) === "all" ? "none" : "all")}
              />
            ))}
          </ul>
        ) : (
          <p class="quiet">{t(typed ? "home.tagNew" : "home.tagNone")}</p>
        )}
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            {t("app.cancel")}
          </button>
          <button type="button" class="button primary" onClick={apply}>
            {t("home.tagApply")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
