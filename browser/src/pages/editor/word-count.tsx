import { Dialog } from "../../components/dialog";
import { t } from "../../i18n";
import { useEditor } from "./use-editor";
import type { Workspace } from "./workspace";
import "./tool-words";

const COUNT_EVERY_MS = 200;
const ROWS = ["words", "characters", "charactersWithoutSpaces", "minutes"] as const;

/** How much is written, and how much of it is selected; goes on counting while others write. */
export default function WordCount({ workspace, close }: { workspace: Workspace; close(): void }) {
  const statistics = useEditor(workspace, COUNT_EVERY_MS)?.aids.statistics();
  if (!statistics) return null;
  const { document, selection } = statistics;
  const shown = (value: number | undefined) => (value === undefined ? "" : t("count.value", { value }));
  return (
    <Dialog title={t("command.word-count")} onClose={close}>
      <table class="counts">
        <thead>
          <tr>
            <td />
            {selection && <th scope="col">{t("count.selection")}</th>}
            <th scope="col">{t("count.document")}</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row) => (
            <tr key={row}>
              <th scope="row">{t(`count.${row}`)}</th>
              {selection && <td>{shown(selection[row])}</td>}
              <td>{shown(document[row])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
