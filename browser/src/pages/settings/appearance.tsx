import { languageChoices, themeChoices } from "../../components/account-menu";
import { t } from "../../i18n";

interface Choice {
  label: string;
  checked: boolean;
  run(): void;
}

function Choices({ legend, name, choices }: { legend: string; name: string; choices: Choice[] }) {
  return (
    <fieldset class="settings-choice">
      <legend>{legend}</legend>
      {choices.map(({ label, checked, run }) => (
        <label key={label}>
          <input type="radio" name={name} checked={checked} onChange={run} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** Light or dark, and the language; kept in this browser. */
export function Appearance() {
  return (
    <section class="stack">
      <p class="quiet">{t("settings.appearanceHint")}</p>
      <Choices legend={t("theme.label")} name="theme" choices={themeChoices()} />
      <Choices legend={t("language.label")} name="language" choices={languageChoices()} />
    </section>
  );
}
