import back from "lucide:arrow-left";
import history from "lucide:history";
import settingsIcon from "lucide:settings";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { takeFocus } from "../../components/focus";
import { Icon } from "../../components/icon";
import { notify } from "../../components/notice";
import { t } from "../../i18n";
import { account } from "../account";
import { shownTitle } from "../documents";
import { navigate } from "../router";
import { AddPeople } from "./add";
import { AskForm } from "./ask";
import { Activity } from "./audit";
import { type ShareView, sharingMoved } from "./index";
import { CopyLink, LinkAccess, LinkByHand } from "./link";
import "./messages";
import { PeopleList, Requests } from "./people";
import { LockPart, ShareSettings } from "./settings";
import { createSharing, type Known, type Sharing, type SharingState } from "./state";
import "../../styles/share.css";

/** What nobody tells of here, such as somebody who signs up with an invitation, is seen after this long. */
const LOOK_EVERY_MS = 10_000;

/** Keeps what is shown true while the dialog is open: when the server tells of a change, and now and then. */
function useSharing(documentId: string): SharingState {
  const state = useMemo(() => createSharing(documentId), [documentId]);
  const moved = sharingMoved.value;
  useEffect(() => void state.load(), [state, moved]);
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && void state.load();
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [state]);
  return state;
}

/** What an act came to, said where it was done. */
function Outcome({ state }: { state: SharingState }) {
  const said = state.said.value;
  return (
    <>
      <p class="failure" role="alert">
        {state.failure.value}
      </p>
      <p class="share-said" role="status">
        {said?.text}
        {said?.undo && (
          <button type="button" class="button link-like" onClick={said.undo}>
            {t("share.undo")}
          </button>
        )}
      </p>
    </>
  );
}

interface HandOverProps {
  state: SharingState;
  user: Known;
  done(): void;
}

function HandOver({ state, user, done }: HandOverProps) {
  const handOver = async () => {
    await state.give({ user_id: user.id }, "owner", t("share.handedOver", { name: user.name }));
    done();
  };
  return (
    <div class="share-confirm" role="alertdialog" aria-label={t("share.handOverTo", { name: user.name })}>
      <h3>{t("share.handOverTo", { name: user.name })}</h3>
      <p>{t("share.handOverHint", { name: user.name })}</p>
      <div class="row end">
        <button type="button" class="button" ref={takeFocus} onClick={done}>
          {t("app.cancel")}
        </button>
        <button type="button" class="button primary" onClick={() => void handOver()}>
          {t("share.handOver")}
        </button>
      </div>
    </div>
  );
}

interface OthersProps {
  state: SharingState;
  sharing: Sharing;
  close(): void;
}

/** For those who may not share: what they may do, asking for more, and leaving. */
function Others({ state, sharing, close }: OthersProps) {
  const [leaving, setLeaving] = useState(false);
  const { role, people, owner } = sharing;
  const named = people.some(({ user }) => user.id === account.value?.id);
  const leave = async () => {
    if (!(await state.leave())) return;
    close();
    notify(t("share.left", { title: shownTitle(sharing) }));
    if (location.pathname.startsWith("/d/") && !state.sharing.peek()?.link_role) await navigate("/");
  };
  return (
    <section class="share-others" aria-label={t("share.yours")}>
      <p>{t(`share.mayAs.${role as "editor"}`, { owner: owner.name })}</p>
      {role !== "editor" && !account.value?.guest && <AskForm documentId={state.documentId} above={role} />}
      {named && !leaving && (
        <button type="button" class="button" onClick={() => setLeaving(true)}>
          {t("share.leave")}
        </button>
      )}
      {account.value?.admin && <LockPart state={state} sharing={sharing} />}
      {leaving && (
        <div class="share-confirm">
          <p>{t("share.leaveHint")}</p>
          <div class="row end">
            <button type="button" class="button" onClick={() => setLeaving(false)}>
              {t("app.cancel")}
            </button>
            <button type="button" class="button primary" onClick={() => void leave()}>
              {t("share.leave")}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}

function Main(props: OthersProps & { show(view: ShareView): void }) {
  const { state, sharing, close, show } = props;
  const [heir, setHeir] = useState<Known | null>(null);
  const [byHand, setByHand] = useState(false);
  const mine = state.mine.value;
  if (heir && mine) return <HandOver state={state} user={heir} done={() => setHeir(null)} />;
  return (
    <>
      <Requests state={state} />
      {mine && <AddPeople state={state} />}
      <Outcome state={state} />
      <section aria-label={t("share.people")}>
        <h3>{t("share.people")}</h3>
        <PeopleList state={state} sharing={sharing} handOver={setHeir} />
      </section>
      <LinkAccess state={state} sharing={sharing} />
      {!mine && <Others state={state} sharing={sharing} close={close} />}
      {byHand && <LinkByHand documentId={state.documentId} />}
      <footer class="share-foot">
        <CopyLink documentId={state.documentId} asked={setByHand} />
        <span class="share-foot-end">
          {mine && (
            <>
              <button
                id="share-settings"
                type="button"
                class="button icon-only"
                aria-label={t("share.settings")}
                data-tip={t("share.settings")}
                onClick={() => show("settings")}
              >
                <Icon shapes={settingsIcon} />
              </button>
              <button
                id="share-activity"
                type="button"
                class="button icon-only"
                aria-label={t("share.activity")}
                data-tip={t("share.activity")}
                onClick={() => show("activity")}
              >
                <Icon shapes={history} />
              </button>
            </>
          )}
          <button type="button" class="button primary" onClick={close}>
            {t("share.done")}
          </button>
        </span>
      </footer>
    </>
  );
}

interface ShareDialogProps {
  documentId: string;
  view: ShareView;
  close(): void;
}

/** Who may do what with a document: people, link, requests, what is allowed, and what was done about it. */
export default function ShareDialog({ documentId, view: first, close }: ShareDialogProps) {
  const state = useSharing(documentId);
  const [view, setView] = useState<ShareView>(first);
  const show = (next: ShareView) => {
    state.said.value = null;
    setView(next);
  };
  const sharing = state.sharing.value;
  const gone = state.gone.value;
  const shown = state.mine.value ? view : "people";
  const before = useRef(shown);
  useEffect(() => {
    if (shown === "people") document.getElementById(`share-${before.current}`)?.focus();
    before.current = shown;
  }, [shown]);
  const title = sharing ? t(`share.title.${shown}`, { title: shownTitle(sharing) }) : t("share.button");
  return (
    <Dialog title={title} onClose={close} kind="share">
      {gone && <p class="failure">{t("share.gone", { message: gone.message })}</p>}
      {!sharing && !gone && <p class="quiet late">{t("app.loading")}</p>}
      {sharing && !gone && shown === "people" && (
        <Main state={state} sharing={sharing} close={close} show={show} />
      )}
      {sharing && !gone && shown !== "people" && (
        <>
          {shown === "settings" && <ShareSettings state={state} sharing={sharing} />}
          {shown === "settings" && <Outcome state={state} />}
          {shown === "activity" && <Activity documentId={documentId} />}
          <footer class="share-foot">
            <button type="button" class="button" ref={takeFocus} onClick={() => show("people")}>
              <Icon shapes={back} size={16} />
              {t("share.back")}
            </button>
          </footer>
        </>
      )}
    </Dialog>
  );
}
