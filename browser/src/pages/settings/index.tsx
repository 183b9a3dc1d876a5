import { useEffect } from "preact/hooks";
import { AccountMenu } from "../../components/account-menu";
import { Mark } from "../../components/mark";
import { addMessages, t } from "../../i18n";
import messages from "../../i18n/en/settings.json";
import { account } from "../account";
import { Problem } from "../problem";
import { follow } from "../router";
import { Activity } from "../share/audit";
import { Appearance } from "./appearance";
import { OnThisDevice } from "./device";
import { Profile } from "./profile";
import { Security } from "./security";
import { Tokens } from "./tokens";
import "../../styles/share.css";
import "../../styles/settings.css";

addMessages(messages);

const PARTS = {
  profile: Profile,
  security: Security,
  tokens: Tokens,
  appearance: Appearance,
  device: OnThisDevice,
  audit: () => <Activity documentId={null} />,
};
type Part = keyof typeof PARTS;

/** What there is for somebody: a guest has a name and a colour, and the whole audit is for administrators. */
function partsFor(guest: boolean, admin: boolean): Part[] {
  if (guest) return ["profile", "appearance"];
  return ["profile", "security", "tokens", "appearance", "device", ...(admin ? (["audit"] as const) : [])];
}

/** Everything about oneself, a part at a time. */
export function SettingsPage({ part }: { part: string }) {
  const user = account.value;
  const parts = partsFor(user?.guest === true, user?.admin === true);
  const here = parts.find((each) => each === part);
  const title = here ? t(`settings.${here}`) : t("settings.title");
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  if (!user || !here) return <Problem kind="page" />;
  const Shown = PARTS[here];
  return (
    <div class="settings">
      <header class="settings-top">
        <a class="brand" href="/" onClick={follow}>
          <Mark />
          <span class="brand-name">{t("app.name")}</span>
        </a>
        <AccountMenu account={user} />
      </header>
      <div class="settings-body">
        <nav class="settings-nav" aria-label={t("settings.title")}>
          <ul>
            {parts.map((each) => (
              <li key={each}>
                <a
                  href={`/settings/${each}`}
                  onClick={follow}
                  {...(each === here ? { "aria-current": "page" as const } : {})}
                >
                  {t(`settings.${each}`)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="content" class="settings-main">
          <h1>{title}</h1>
          <Shown key={here} />
        </main>
      </div>
    </div>
  );
}
