import { useState } from "preact/hooks";
import { Avatar } from "../../components/avatar";
import { ColorChoice } from "../../components/color-choice";
import { Field } from "../../components/field";
import { lazy } from "../../components/lazy";
import { bytes, t } from "../../i18n";
import type { Account } from "../../net/api";
import { account, api } from "../account";
import { useAnswer, useServer } from "../entry/server";
import { Outcome, useOutcome } from "./outcome";

const PictureDialog = lazy(() => import("./picture"));
const KINDS = "image/png,image/jpeg,image/gif,image/webp,image/avif";

/** Who one is as the server tells it after a change. */
function show(user: Account): void {
  account.value = { ...account.peek(), ...user };
}

function Picture({ user }: { user: Account }) {
  const [file, setFile] = useState<File | null>(null);
  const outcome = useOutcome();
  const remove = () =>
    outcome.act(async () => {
      await api.request("DELETE", "/users/me/picture");
      const { picture: _, ...rest } = user;
      account.value = rest;
    }, t("settings.pictureRemoved"));
  return (
    <section class="settings-picture" aria-label={t("settings.picture")}>
      <Avatar user={user} />
      <div class="stack">
        <div class="row">
          <label class="button settings-file">
            {t(user.picture ? "settings.pictureOther" : "settings.pictureChoose")}
            <input
              type="file"
              class="visually-hidden"
              accept={KINDS}
              onChange={(event) => {
                setFile(event.currentTarget.files?.[0] ?? null);
                event.currentTarget.value = "";
              }}
            />
          </label>
          {user.picture && (
            <button type="button" class="button" disabled={outcome.busy} onClick={() => void remove()}>
              {t("settings.pictureRemove")}
            </button>
          )}
        </div>
        <small class="quiet">{t("settings.pictureHint")}</small>
        <Outcome {...outcome} />
      </div>
      {file && <PictureDialog file={file} close={() => setFile(null)} saved={show} />}
    </section>
  );
}

function NameForm({ user }: { user: Account }) {
  const outcome = useOutcome();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get("name")).trim();
    void outcome.act(
      async () => show(await api.request<Account>("PATCH", "/users/me", { name })),
      t("settings.saved"),
    );
  };
  return (
    <form class="settings-form" onSubmit={submit}>
      <Field
        name="name"
        label={t("field.name")}
        type="text"
        autocomplete="name"
        value={user.name}
        maxLength={100}
        hint={t("field.nameHint")}
      />
      <div class="row">
        <button type="submit" class="button primary" disabled={outcome.busy}>
          {t("settings.save")}
        </button>
        <Outcome {...outcome} />
      </div>
    </form>
  );
}

function ColorPart({ user }: { user: Account }) {
  const server = useServer();
  const outcome = useOutcome();
  const [chosen, setChosen] = useState(user.color);
  const choose = async (color: string) => {
    setChosen(color);
    const done = await outcome.act(
      async () => show(await api.request<Account>("PATCH", "/users/me", { color })),
      t("settings.saved"),
    );
    if (!done) setChosen(user.color);
  };
  if (!server) return null;
  return (
    <section class="stack" aria-label={t("settings.color")}>
      <ColorChoice
        legend={t("settings.color")}
        hint={t("settings.colorHint")}
        colors={server.colors}
        chosen={chosen}
        choose={(color) => void choose(color)}
      />
      <Outcome {...outcome} />
    </section>
  );
}

function Storage() {
  const { found } = useAnswer<{ storage_used: number; storage_limit: number }>("/users/me");
  if (!found) return null;
  const { storage_used: used, storage_limit: limit } = found;
  const text =
    limit > 0
      ? t("settings.storageOf", { used: bytes(used), limit: bytes(limit) })
      : t("settings.storageUsed", { used: bytes(used) });
  const full = limit > 0 && used >= 0.9 * limit;
  return (
    <section class="stack" aria-label={t("settings.storage")}>
      <h2>{t("settings.storage")}</h2>
      {limit > 0 && (
        <meter class={full ? "storage full" : "storage"} min={0} max={limit} value={used} aria-label={text} />
      )}
      <p>{text}</p>
      <small class="quiet">{t(full ? "settings.storageFull" : "settings.storageHint")}</small>
    </section>
  );
}

/** How others see one: name, picture, colour; and how much one's documents take up. */
export function Profile() {
  const user = account.value;
  if (!user) return null;
  return (
    <>
      {!user.guest && <Picture user={user} />}
      <NameForm user={user} />
      <ColorPart user={user} />
      {!user.guest && (
        <p>
          <span class="quiet">{t("field.email")}</span>
          <br />
          {user.email}
        </p>
      )}
      {!user.guest && <Storage />}
    </>
  );
}
