/** Which URLs a link may have: the server's own pattern, so that what passes here is not refused there. */

const NO_TRICKS =
  "[^\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000" +
  '\\ufeff\\ufff0-\\uffff\\ud800-\\udfff"<>\\\\^`{|}]';
const LINK = new RegExp(`^(?:https?://(?![/?#])${NO_TRICKS}+|mailto:${NO_TRICKS}+|#${NO_TRICKS}+)$`, "i");
const MAX_LENGTH = 2048;

export const isAllowedLink = (url: string): boolean => url.length <= MAX_LENGTH && LINK.test(url);
