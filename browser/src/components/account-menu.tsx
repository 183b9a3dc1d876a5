import { t } from "../i18n";
import type { Account } from "../net/api";
import { asApiError, signOut } from "../pages/account";
import { Avatar } from "./avatar";
import { Menu } from "./menu";
import { notify } from "./notice";
import { setTheme, THEMES, theme } from "./theme";

/** Who is signed in, the choice of light or dark, and the way out. */
export function AccountMenu({ account }: { account: Account }) {
  const themes = THEMES.map((name) => ({
    label: t(`theme.${name}`),
    checked: theme.value === name,
    run: () => setTheme(name),
  }));
  const leave = {
    label: t("account.signOut"),
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
          <span class="quiet">{account.email}</span>
        </div>
      }
      items={[...themes, leave]}
    />
  );
}
