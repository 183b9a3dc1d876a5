import { chooseLanguage, LANGUAGES, type Language, language, t } from "../i18n";
import type { Account } from "../net/api";
import { asApiError, signOut } from "../pages/account";
import { mayLeave, navigate } from "../pages/router";
import { Avatar } from "./avatar";
import { Menu } from "./menu";
import { notify } from "./notice";
import { setTheme, THEMES, theme } from "./theme";

/** The languages as choices of a menu; another one means loading the page anew. */
export const languageChoices = () =>
  (Object.keys(LANGUAGES) as Language[]).map((name, at) => ({
    label: LANGUAGES[name],
    separated: at === 0,
    checked: name === language,
    run: () => {
      if (name === language) return;
      void mayLeave().then((may) => {
        if (!may) return;
        chooseLanguage(name);
        location.reload();
      });
    },
  }));

export const themeChoices = () =>
  THEMES.map((name) => ({
    label: t(`theme.${name}`),
    checked: theme.value === name,
    run: () => setTheme(name),
  }));

/** Who is signed in, the choice of light or dark and of a language, and the way out. */
export function AccountMenu({ account }: { account: Account }) {
  const next = `?next=${encodeURIComponent(location.pathname + location.search)}`;
  const settings = {
    label: t("account.settings"),
    separated: true,
    run: () => void navigate("/settings/profile"),
  };
  const ways = account.guest
    ? [{ label: t("account.signIn"), separated: true, run: () => void navigate(`/login${next}`) }]
    : [];
  const leave = {
    label: t(account.guest ? "account.leave" : "account.signOut"),
    separated: true,
    run: () => void signOut().catch((error) => notify(asApiError(error).message)),
  };
  return (
    <Menu
      label={t("account.menu", { name: account.name })}
      buttonClass="button round"
      button={<Avatar user={account} />}
      heading={
        <div class="menu-heading">
          <strong>{account.name}</strong>
          <span class="quiet">{account.guest ? t("account.guest") : account.email}</span>
        </div>
      }
      items={[...themeChoices(), ...languageChoices(), settings, ...ways, leave]}
    />
  );
}
