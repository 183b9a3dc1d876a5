import type { BrowserContext } from "playwright-core";

/**
 * Notes every breach of the pages' content policy in a context, from its first page on; the answer tells those so far.
 * A page that keeps to its policy leaves none, whatever it shows.
 */
export async function watchPolicy(context: BrowserContext): Promise<() => readonly string[]> {
  const breaches: string[] = [];
  await context.exposeFunction("octavoPolicyBreach", (breach: string) => breaches.push(breach));
  await context.addInitScript(() => {
    const { octavoPolicyBreach } = window as unknown as { octavoPolicyBreach(breach: string): void };
    addEventListener("securitypolicyviolation", (event) =>
      octavoPolicyBreach(`${event.effectiveDirective} ${event.blockedURI} at ${location.pathname}`),
    );
  });
  return () => breaches;
}
