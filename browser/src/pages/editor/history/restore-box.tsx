import { useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { notify } from "../../../components/notice";
import { t } from "../../../i18n";
import { account } from "../../account";
import type { Workspace } from "../workspace";
import { attempt } from "./acting";
import type { History } from "./model";
import { moment } from "./words";

/** Whether the shown version may be restored here, and the question that comes before. */
export function useOffer(_history: History, workspace: Workspace) {
  const [asking, setAsking] = useState(false);
  return {
    asking,
    may: workspace.access.value.canEdit,
    ask: () => setAsking(true),
    end: () => setAsking(false),
  };
}

interface Props {
  history: History;
  workspace: Workspace;
  close(): void;
  done(): void;
}

/** Asks, restores, and offers to undo it; what others typed meanwhile stays in both. */
export function RestoreBox({ history, close, done }: Props) {
  const [busy, setBusy] = useState(false);
  const revision = history.chosen.value?.revision ?? 0;
  const time = moment(history.when.value ?? undefined);
  const undo = async (restored: number) => {
    await history.revert(account.peek()?.id ?? "", restored - 1, restored, false);
    notify(t("history.undone"));
  };
  const restore = async () => {
    setBusy(true);
    await attempt(async () => {
      const made = await history.restore(revision);
      notify(t("history.restored", { time }), {
        label: t("history.undo"),
        run: () => void attempt(() => undo(made.revision)),
      });
      close();
      done();
    });
    setBusy(false);
  };
  return (
    <Dialog title={t("history.restoreTitle")} onClose={close}>
      <p>{t("history.restoreText", { time })}</p>
      <div class="dialog-acts">
        <button type="button" class="button" onClick={close}>
          {t("history.cancel")}
        </button>
        <button type="button" class="button primary" disabled={busy} onClick={() => void restore()}>
          {t("history.restore")}
        </button>
      </div>
    </Dialog>
  );
}
