import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../../components/confirm";
import { copyText } from "../../components/copy";
import { notify } from "../../components/notice";
import { type DocumentRow, editsIn, type KeptRow } from "../../core/outbox";
import { t, timeAgo } from "../../i18n";
import { deviceMoment, keepHere, ownDevice } from "../device";
import { follow } from "../router";

interface Held {
  row: DocumentRow;
  /** Bytes, roughly. */
  size: number;
  waiting: number;
}

interface Contents {
  documents: Held[];
  kept: KeptRow[];
  persistent: boolean;
}

/** null: nothing can be stored here. */
async function look(): Promise<Contents | null> {
  const device = await ownDevice();
  if (!device) return null;
  const { store, user } = device;
  const [rows, sizes, queues, kept, persistent] = await Promise.all([
    store.documents(user),
    store.sizes(user),
    device.waiting(),
    store.kept(user),
    navigator.storage.persisted(),
  ]);
  const documents = rows.map((row) => ({
    row,
    size: sizes.get(row.document) ?? 0,
    waiting: queues
      .filter(({ document }) => document === row.document)
      .reduce((sum, queue) => sum + editsIn(queue.start), 0),
  }));
  documents.sort((one, other) => other.row.opened_at - one.row.opened_at);
  return { documents, kept, persistent };
}

const again = () => {
  deviceMoment.value += 1;
};

const kilobytes = (bytes: number) => Math.max(1, Math.round(bytes / 1000));

function DocumentLine({ held: { row, size, waiting } }: { held: Held }) {
  const title = row.title || t("app.untitled");
  const remove = async () => {
    await (await ownDevice())?.store.remove(row.user, row.document);
    again();
  };
  const about = [
    t("settings.deviceSize", { count: kilobytes(size) }),
    timeAgo(new Date(row.opened_at).toISOString()),
    ...(waiting > 0 ? [t("settings.deviceWaiting", { count: waiting })] : []),
  ];
  return (
    <li>
      <div class="settings-item">
        <a href={`/d/${row.document}`} onClick={follow} dir="auto">
          {title}
        </a>
        {row.wanted && <span class="tag">{t("settings.deviceWanted")}</span>}
        <small class="quiet">{about.join(" · ")}</small>
      </div>
      {!row.key && (
        <button
          type="button"
          class="button"
          aria-label={t(row.wanted ? "settings.deviceUnwantOf" : "settings.deviceWantOf", { title })}
          onClick={() => void keepHere(row.document, !row.wanted)}
        >
          {t(row.wanted ? "settings.deviceUnwant" : "settings.deviceWant")}
        </button>
      )}
      {waiting === 0 && !row.key && (
        <Confirm
          label={t("settings.deviceRemoveOf", { title })}
          question={t("settings.deviceRemoveAsk")}
          run={() => void remove()}
        >
          {t("settings.deviceRemove")}
        </Confirm>
      )}
    </li>
  );
}

const textOf = (row: KeptRow) =>
  row.ops.map((op) => ("insert" in op && typeof op.insert === "string" ? op.insert : "")).join("");

/** What had no place any more when it was to be delivered. */
function KeptLine({ row }: { row: KeptRow }) {
  const copy = async () =>
    notify(t((await copyText(textOf(row))) ? "settings.keptCopied" : "settings.keptSelect"));
  const dismiss = async () => {
    if (row.id !== undefined) await (await ownDevice())?.store.dismiss(row.id);
    again();
  };
  const title = row.title || t("app.untitled");
  return (
    <li>
      <div class="settings-item">
        <strong dir="auto">{title}</strong>
        <small class="quiet">{timeAgo(new Date(row.at).toISOString())}</small>
        <blockquote dir="auto">{textOf(row)}</blockquote>
      </div>
      <button type="button" class="button" onClick={() => void copy()}>
        {t("settings.keptCopy")}
      </button>
      <Confirm
        label={t("settings.keptDropOf", { title })}
        question={t("settings.keptDropAsk")}
        run={() => void dismiss()}
      >
        {t("settings.keptDrop")}
      </Confirm>
    </li>
  );
}

/** What lies on this device: copies that open without a network, work that waits, and text that has no place any more. */
export function OnThisDevice() {
  const [found, setFound] = useState<Contents | null | undefined>(undefined);
  useEffect(
    () =>
      deviceMoment.subscribe(() => {
        look().then(setFound, () => setFound(null));
      }),
    [],
  );
  if (found === undefined) return <p class="quiet late">{t("app.loading")}</p>;
  if (found === null) return <p>{t("settings.deviceNone")}</p>;
  return (
    <>
      <section>
        <p class="quiet">{t(found.persistent ? "settings.devicePersistent" : "settings.deviceFragile")}</p>
        {found.documents.length === 0 && <p>{t("settings.deviceEmpty")}</p>}
        <ul class="settings-list">
          {found.documents.map((held) => (
            <DocumentLine key={held.row.document} held={held} />
          ))}
        </ul>
      </section>
      {found.kept.length > 0 && (
        <section>
          <h2>{t("settings.kept")}</h2>
          <p class="quiet">{t("settings.keptHint")}</p>
          <ul class="settings-list">
            {found.kept.map((row) => (
              <KeptLine key={row.id} row={row} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
