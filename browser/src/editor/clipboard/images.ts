/** Images in pasted HTML: where each can be had from, without asking for any. */

import type { Attributes } from "../../core/delta";
import { points, type Style } from "./css";
import { type ImageSource, imageIdOf, imageText } from "./pasted";

const DATA = /^data:(image\/(?:png|jpeg|gif|webp|avif));base64,([A-Za-z0-9+/=\s]+)$/;
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f])+$/u;
/** Smaller ones only count readers, or fill a gap. */
const MIN_PIXELS = 4;

/** An image with its attributes; text where it only stood for text; null for one that cannot be had. */
export function imageOf(
  element: Element,
  style: Style,
  address: string,
): { source: ImageSource; attributes: Attributes } | string | null {
  const alt = imageText(element.getAttribute("alt") ?? "");
  if (EMOJI.test(alt)) return alt;
  if (/checkbox/i.test(element.getAttribute("aria-roledescription") ?? "")) return null;
  if (/\bmath\b|mwe-math/.test(element.getAttribute("class") ?? "") && alt)
    return alt.replace(/^\{\\displaystyle (.*)\}$/, "$1").trim();
  const [width, height] = [pixels(element, style, "width"), pixels(element, style, "height")];
  if ((width ?? MIN_PIXELS) < MIN_PIXELS || (height ?? MIN_PIXELS) < MIN_PIXELS) return null;
  const source = sourceOf(element.getAttribute("src") ?? "", address);
  if (!source) return null;
  const caption = imageText(element.closest("figure")?.querySelector("figcaption")?.textContent ?? "");
  const attributes: Attributes = {
    ...(alt ? { alt } : {}),
    ...(caption ? { caption } : {}),
    ...(width !== null && width >= 8 && width <= 4096 ? { width } : {}),
  };
  return { source, attributes };
}

function pixels(element: Element, style: Style, side: "width" | "height"): number | null {
  const styled = points(style.get(side));
  if (styled !== null) return Math.round(styled / 0.75);
  const given = /^\s*(\d+)(?:px)?\s*$/.exec(element.getAttribute(side) ?? "")?.[1];
  return given === undefined ? null : Number(given);
}

function sourceOf(src: string, address: string): ImageSource | null {
  const own = imageIdOf(src);
  if (own) return { imageId: own };
  if (src.startsWith("data:")) return fileOf(src);
  if (!/^https?:\/\//i.test(src) || src.length > 2048) return null;
  try {
    const url = new URL(src);
    const imageId = url.origin === new URL(address).origin ? imageIdOf(url.pathname) : null;
    return imageId ? { imageId } : { url: url.href };
  } catch {
    return null;
  }
}

/** The bytes of a `data:` address as a file, decoded here: a fetch would be refused by the page's policy. */
function fileOf(address: string): ImageSource | null {
  const [, type, data] = DATA.exec(address) ?? [];
  if (!type || !data) return null;
  try {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return { file: new File([bytes], `image.${type.slice(6)}`, { type }) };
  } catch {
    return null;
  }
}
