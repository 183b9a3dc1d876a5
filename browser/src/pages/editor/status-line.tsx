import { t } from "../../i18n";
import { distinct } from "./people";
import { SaveText } from "./save-state";
import "./tool-words";
import { useEditor } from "./use-editor";
import type { Workspace } from "./workspace";

const COUNT_EVERY_MS = 400;

/** The foot of the window: whether all is saved, who is here, how much is written. */
export default function StatusLine({ workspace }: { workspace: Workspace }) {
  const editor = useEditor(workspace, COUNT_EVERY_MS);
  const people = distinct(workspace.people.value).length;
  const statistics = editor?.aids.statistics();
  const selected = statistics?.selection;
  return (
    <section class="status" aria-label={t("status.label")}>
      <SaveText workspace={workspace} />
      {people > 1 && <span>{t("status.people", { count: people })}</span>}
      {statistics && (
        <button
          type="button"
          class="status-words"
          data-tip={t("command.word-count")}
          onClick={() => workspace.perform("word-count")}
        >
          {selected
            ? t("status.selected", { count: statistics.document.words, selected: selected.words })
            : t("status.words", { count: statistics.document.words })}
          <span class="wide-only"> · {t("status.minutes", { count: statistics.document.minutes })}</span>
        </button>
      )}
    </section>
  );
}
