/** "example.org/x" is meant as a web address, "a@b.c" as one to write to. */
export function completeAddress(typed: string): string {
  const text = typed.trim();
  if (!text || /^(https?:|mailto:|#)/i.test(text)) return text;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`;
  return /^[a-z][a-z\d+.-]*:/i.test(text) ? text : `https://${text}`;
}
