/** Which client ids are in use, across the tabs of this browser: each is held under a Web Lock while its page lives. */

/**
 * Holds `name` until the returned function is called or the page ends; null when another page holds it, and goes on
 * holding it for `patience` milliseconds.
 */
export function hold(name: string, patience = 0): Promise<(() => void) | null> {
  return new Promise((answer, failed) => {
    const options = patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    navigator.locks
      .request(`octavo:${name}`, options, (lock) => {
        if (!lock) {
          answer(null);
          return undefined;
        }
        return new Promise<void>((release) => answer(release));
      })
      .catch((error) => (error?.name === "TimeoutError" ? answer(null) : failed(error)));
  });
}
