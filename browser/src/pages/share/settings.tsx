import lockIcon from "lucide:lock";
import unlockIcon from "lucide:lock-open";
import { useId } from "preact/hooks";
import { Icon } from "../../components/icon";
import { Switch } from "../../components/switch";
import { t, timeAgo } from "../../i18n";
import type { Sharing, SharingState } from "./state";

const REASON_UNITS = 255;

/** What the owner allows everybody, and whether anybody may write at all. */
export function ShareSettings({ state, sharing }: { state: SharingState; sharing: Sharing }) {
  const { switches } = sharing;
  return (
    <div class="stack">
      {(["comments", "suggestions", "copying"] as const).map((name) => (
        <Switch
          key={name}
          label={t(`share.switch.${name}`)}
          hint={t(`share.switch.${name}Hint`)}
          on={switches[name]}
          change={(on) => void state.setSwitches({ [name]: on })}
        />
      ))}
      <LockPart state={state} sharing={sharing} />
    </div>
  );
}

/** Locking and unlocking: for the owner, and for administrators of the server. */
export function LockPart({ state, sharing }: { state: SharingState; sharing: Sharing }) {
  const id = useId();
  const { locked } = sharing;
  if (locked) {
    return (
      <section class="share-lock" aria-label={t("share.lock")}>
        <h3>{t("share.isLocked")}</h3>
        <p class="quiet">
          {t("share.lockedBy", { name: locked.by?.name ?? t("share.somebody"), when: timeAgo(locked.at) })}
        </p>
        {locked.reason && (
          <p class="share-message" dir="auto">
            {locked.reason}
          </p>
        )}
        <button type="button" class="button" onClick={() => void state.unlock()}>
          <Icon shapes={unlockIcon} size={16} />
          {t("share.unlock")}
        </button>
      </section>
    );
  }
  return (
    <form
      class="share-lock"
      onSubmit={(event) => {
        event.preventDefault();
        void state.lock(String(new FormData(event.currentTarget).get("reason") ?? ""));
      }}
    >
      <h3>{t("share.lock")}</h3>
      <p class="quiet">{t("share.lockHint")}</p>
      <label for={id}>{t("share.lockReason")}</label>
      <div class="copy-row">
        <input id={id} class="input" name="reason" maxLength={REASON_UNITS} autocomplete="off" dir="auto" />
        <button type="submit" class="button">
          <Icon shapes={lockIcon} size={16} />
          {t("share.lockNow")}
        </button>
      </div>
    </form>
  );
}
