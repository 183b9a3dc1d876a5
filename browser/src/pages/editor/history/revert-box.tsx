import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { notify } from "../../../components/notice";
import { Delta, type Op } from "../../../core/delta";
import { drawContent, type NotedOp } from "../../../editor/drawing";
import { t } from "../../../i18n";
import { api } from "../../account";
import { attempt } from "./acting";
import type { Contributor, History, Reversal, Session } from "./model";
import { nameOf } from "./words";

/** Lines around a change that the preview shows. */
const AROUND = 60;

interface Props {
  history: History;
  session: Session;
  user: Contributor;
  close(): void;
}

/** What a change does to a content, as runs; what lies far from it is left out. */
export function previewOf(content: Delta, ops: readonly Op[], user: Contributor): NotedOp[] {
  const out: NotedOp[] = [];
  const note = (kind: "inserted" | "deleted" | "formatted") => ({
    kind,
    userId: user.id,
    color: user.color,
    text: "",
  });
  let at = 0;
  const kept = (to: number, first: boolean, last: boolean) => {
    const runs = content.slice(at, to).ops as NotedOp[];
    const length = to - at;
    if (length <= 2 * AROUND) out.push(...runs);
    else {
      const head = content.slice(at, at + AROUND).ops as NotedOp[];
      const tail = content.slice(to - AROUND, to).ops as NotedOp[];
      out.push(...(first ? [] : head), { insert: " … " }, ...(last ? [] : tail));
    }
    at = to;
  };
  for (const [number, op] of ops.entries()) {
    if ("insert" in op) out.push({ ...(op as NotedOp), note: note("inserted") });
    else if ("delete" in op) {
      for (const run of content.slice(at, at + op.delete).ops as NotedOp[])
        out.push({ ...run, note: note("deleted") });
      at += op.delete;
    } else if (op.attributes) {
      const part = content
        .slice(at, at + op.retain)
        .compose(new Delta([{ retain: op.retain, attributes: op.attributes }]));
      for (const run of part.ops as NotedOp[]) out.push({ ...run, note: note("formatted") });
      at += op.retain;
    } else kept(at + op.retain, number === 0, false);
  }
  kept(content.length, false, true);
  return out;
}

function Preview({ runs }: { runs: NotedOp[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.replaceChildren(drawContent(runs).nodes), [runs]);
  return (
    <div class="paper revert-preview">
      <div class="ProseMirror" ref={place} />
    </div>
  );
}

/** Takes back what one person did in a session: what would be done, what later edits prevented, and then does it. */
export function RevertBox({ history, session, user, close }: Props) {
  const [found, setFound] = useState<{ reversal: Reversal; runs: NotedOp[] } | null>(null);
  const name = nameOf(user);
  const range = [session.from_revision, session.to_revision] as const;
  useEffect(() => {
    void attempt(async () => {
      const reversal = await history.revert(user.id, ...range, true);
      const { content } = await api.request<{ content: { ops: Op[] } }>(
        "GET",
        `${history.path}?revision=${reversal.base_revision}`,
      );
      setFound({ reversal, runs: previewOf(new Delta(content.ops), reversal.ops, user) });
    });
  }, []);
  const act = () =>
    attempt(async () => {
      await history.revert(user.id, ...range, false);
      notify(t("history.reverted", { name }));
      close();
      await history.load();
      const [first] = history.sessions.peek();
      if (first) await history.open(first.to_revision, first.from_revision);
    });
  const nothing = found !== null && found.reversal.ops.length === 0;
  return (
    <Dialog title={t("history.revertTitle", { name })} onClose={close} kind="wide">
      {!found && <p class="quiet late">{t("history.loading")}</p>}
      {found && <Told reversal={found.reversal} />}
      {found && !nothing && <Preview runs={found.runs} />}
      <div class="dialog-acts">
        <button type="button" class="button" onClick={close}>
          {t("history.cancel")}
        </button>
        {found && !nothing && (
          <button type="button" class="button primary" onClick={() => void act()}>
            {t("history.revertDo")}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Told({ reversal }: { reversal: Reversal }) {
  const { removes, returns, reformats, prevented } = reversal;
  const does = [
    removes > 0 && t("history.revertRemoves", { count: removes }),
    returns > 0 && t("history.revertReturns", { count: returns }),
    reformats > 0 && t("history.revertReformats", { count: reformats }),
  ].filter(Boolean);
  return (
    <ul class="revert-told">
      {does.map((text) => (
        <li key={text}>{text}</li>
      ))}
      {does.length === 0 && <li>{t("history.revertNothing")}</li>}
      {prevented.deleted > 0 && (
        <li class="quiet">{t("history.preventedDeleted", { count: prevented.deleted })}</li>
      )}
      {prevented.formatted > 0 && (
        <li class="quiet">{t("history.preventedFormatted", { count: prevented.formatted })}</li>
      )}
    </ul>
  );
}
