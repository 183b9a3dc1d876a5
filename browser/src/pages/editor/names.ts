/** Names of values, in words. */

import { language, t } from "../../i18n";

const decimals = new Intl.NumberFormat(language);

/** A line's height as menus say it; null is the document's own. */
export function lineHeightName(value: number | null): string {
  if (value === null) return t("spacing.own");
  if (value === 1) return t("spacing.single");
  return value === 2 ? t("spacing.double") : decimals.format(value);
}
