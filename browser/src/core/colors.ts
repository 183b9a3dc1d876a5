/** People's colours: given by the server with each user, or worked out from the user's id. */

/** Twelve that can be told apart and read on both a light and a dark page. */
export const COLORS = [
  "#1a73e8",
  "#d93025",
  "#188038",
  "#a142f4",
  "#c26401",
  "#00838f",
  "#d01884",
  "#5f6b1e",
  "#3f51b5",
  "#8d5524",
  "#00796b",
  "#ad1457",
] as const;

/** The same for a user everywhere and always: FNV-1a of the id (Fowler, Noll, Vo) over the twelve. */
export function colorOf(userId: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < userId.length; at += 1) hash = Math.imul(hash ^ userId.charCodeAt(at), 0x01000193);
  return COLORS[(hash >>> 0) % COLORS.length] as string;
}

/** The server's colour when it is one, for it goes into a style. */
export function readableColor(color: string | undefined, userId: string): string {
  return color && /^#[0-9a-f]{6}$/i.test(color) ? color : colorOf(userId);
}

/** The property of a style sheet in which a page keeps a user's colour. */
export const personProperty = (userId: string): string => `--person-${userId.replace(/[^\w-]/g, "_")}`;
