const bare = (text: string) =>
  text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLocaleLowerCase();

/** Whether every word of `query` begins a word of `text`; accents, case and "+" do not count. */
export function matches(text: string, query: string): boolean {
  const words = bare(text).split(/[\s+]+/);
  return bare(query)
    .split(/[\s+]+/)
    .every((wanted) => words.some((word) => word.startsWith(wanted)));
}
