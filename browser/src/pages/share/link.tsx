import globe from "lucide:globe";
import linkIcon from "lucide:link";
import lock from "lucide:lock";
import { useEffect, useState } from "preact/hooks";
import { CopyField, copyText } from "../../components/copy";
import { Icon } from "../../components/icon";
import { announce } from "../../components/notice";
import { Switch } from "../../components/switch";
import { t } from "../../i18n";
import { SHARED_ROLES, type SharedRole, type Sharing, type SharingState } from "./state";

interface LinkProps {
  state: SharingState;
  sharing: Sharing;
}

/** What anyone with the link may do, and whether people without an account count among them. */
export function LinkAccess({ state, sharing }: LinkProps) {
  const { link_role: role, switches } = sharing;
  const mine = state.mine.value;
  return (
    <section class="share-general" aria-label={t("share.general")}>
      <h3>{t("share.general")}</h3>
      <div class="share-general-row">
        <span class={role ? "share-sign open" : "share-sign"} aria-hidden="true">
          <Icon shapes={role ? globe : lock} />
        </span>
        <span class="share-who">
          {mine ? (
            <select
              class="input share-link-who"
              aria-label={t("share.general")}
              value={role ? "anyone" : "nobody"}
              onChange={(event) => {
                const anyone = event.currentTarget.value === "anyone";
                void state.setLink(anyone ? "viewer" : null);
              }}
            >
              <option value="nobody">{t("share.nobody")}</option>
              <option value="anyone">{t("share.anyone")}</option>
            </select>
          ) : (
            <span>{t(role ? "share.anyone" : "share.nobody")}</span>
          )}
          <small class="quiet">{role ? t(`share.anyone.${role}`) : t("share.nobodyHint")}</small>
        </span>
        {role && mine && (
          <select
            class="input"
            aria-label={t("share.linkRole")}
            value={role}
            onChange={(event) => void state.setLink(event.currentTarget.value as SharedRole)}
          >
            {[...SHARED_ROLES].reverse().map((each) => (
              <option key={each} value={each}>
                {t(`role.${each}`)}
              </option>
            ))}
          </select>
        )}
      </div>
      {role && mine && (
        <Switch
          label={t("share.guests")}
          hint={t("share.guestsHint")}
          on={switches.guests}
          change={(guests) => void state.setSwitches({ guests })}
        />
      )}
      {role && !mine && switches.guests && <p class="quiet share-note">{t("share.guestsOn")}</p>}
    </section>
  );
}

const COPIED_MS = 2_500;

/** Copies the document's address; where the clipboard refuses, the address is shown to be copied by hand. */
export function CopyLink({ documentId, asked }: { documentId: string; asked(refused: boolean): void }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(addressOf(documentId));
    setCopied(done);
    if (done) announce(t("share.copied"));
    asked(!done);
  };
  return (
    <button type="button" class="button share-copy" onClick={() => void copy()}>
      <Icon shapes={linkIcon} size={16} />
      {t(copied ? "share.copied" : "share.copy")}
    </button>
  );
}

const addressOf = (documentId: string) => `${location.origin}/d/${documentId}`;

export function LinkByHand({ documentId }: { documentId: string }) {
  return <CopyField label={t("share.linkByHand")} value={addressOf(documentId)} />;
}
