/** The colours to choose from: a row of greys, then each hue in five tones. */

import { type MessageKey, t } from "../../../i18n";

export interface Swatch {
  value: string;
  name: string;
}

/** Hue in degrees and saturation in parts of one. */
const HUES = {
  red: [4, 0.72],
  orange: [28, 0.9],
  yellow: [46, 0.95],
  green: [140, 0.52],
  teal: [180, 0.62],
  blue: [211, 0.75],
  indigo: [236, 0.55],
  purple: [276, 0.5],
  pink: [331, 0.65],
  brown: [22, 0.4],
} as const;
/** Lightness in parts of one. */
const TONES = { pale: 0.89, light: 0.74, plain: 0.46, dark: 0.33, deep: 0.2 } as const;
const GREYS = [0, 0.2, 0.33, 0.42, 0.52, 0.62, 0.72, 0.82, 0.92, 1];

/** CSS Color 4, "HSL to RGB". */
function hex(hue: number, saturation: number, lightness: number): string {
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    const reach = saturation * Math.min(lightness, 1 - lightness);
    const value = lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

function grey(lightness: number): Swatch {
  const name =
    lightness === 0
      ? t("color.black")
      : lightness === 1
        ? t("color.white")
        : t("color.grey", { percent: Math.round(lightness * 100) });
  return { value: hex(0, 0, lightness), name };
}

/** Rows of ten. */
export function swatches(): Swatch[][] {
  const rows = Object.entries(TONES).map(([tone, lightness]) =>
    Object.entries(HUES).map(([hue, [degrees, saturation]]) => ({
      value: hex(degrees, saturation, lightness),
      name: t(`tone.${tone}` as MessageKey, { color: t(`color.${hue}` as MessageKey) }),
    })),
  );
  return [GREYS.map(grey), ...rows];
}
