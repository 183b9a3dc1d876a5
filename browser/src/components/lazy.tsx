import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { notify } from "./notice";

const loads = new Set<() => Promise<unknown>>();

/** A component that is fetched when it is first shown, or by `fetchLazy`; when that fails the user is told. */
export function lazy<Props extends object>(
  load: () => Promise<{ default: FunctionComponent<Props> }>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | null = null;
  const fetchOnce = async () => {
    loaded ??= (await load()).default;
  };
  loads.add(fetchOnce);
  return function Lazy(props: Props) {
    const [, draw] = useState(0);
    useEffect(() => {
      // Also when it came between drawing and here.
      fetchOnce().then(
        () => draw(1),
        () => notify(t("app.partFailed")),
      );
    }, []);
    const Loaded = loaded;
    return Loaded ? <Loaded {...props} /> : null;
  };
}

/** Fetches all parts, so that they are there at once when asked for, and without a network too. */
export async function fetchLazy(): Promise<void> {
  // What fails now is tried again, and told, when it is shown.
  await Promise.allSettled([...loads].map((load) => load()));
}
