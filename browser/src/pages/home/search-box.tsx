import searchIcon from "lucide:search";
import x from "lucide:x";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { t } from "../../i18n";
import { focusRow } from "./keys";
import type { Home } from "./state";

const DELAY_MS = 200;
/** More of a query does not count on the server. */
const LIMIT = 255;

/** Searches as one types; the address keeps what was searched for. */
export function SearchBox({ home }: { home: Home }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { query } = home.place.value;
  const [text, setText] = useState(query);
  // Unless it came from here a moment ago, the address decides: the button Back, a link.
  useEffect(() => {
    if (timer.current === undefined) setText(query);
  }, [query]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (wanted: string) => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const next = wanted.trim();
    // The first letter is a step that the button Back goes back; the others are not.
    if (next !== home.place.peek().query) home.go({ query: next }, home.place.peek().query !== "");
  };
  const typed = (wanted: string) => {
    setText(wanted);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(wanted), DELAY_MS);
  };
  const clear = () => {
    setText("");
    search("");
    input.current?.focus();
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && text) {
      event.preventDefault();
      clear();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      if (event.key === "Enter") search(text);
      const list = document.getElementById("documents");
      if (list) focusRow(list, null);
    }
  };
  return (
    <search class="search">
      <Icon shapes={searchIcon} />
      <input
        ref={input}
        id="search"
        class="input"
        type="text"
        role="searchbox"
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={LIMIT}
        aria-label={t("home.search")}
        aria-keyshortcuts="/"
        placeholder={t("home.search")}
        dir="auto"
        value={text}
        onInput={(event) => typed(event.currentTarget.value)}
        onKeyDown={keyDown}
      />
      {text ? (
        <button
          type="button"
          class="button icon-only search-clear"
          aria-label={t("home.searchClear")}
          onClick={clear}
        >
          <Icon shapes={x} size={16} />
        </button>
      ) : (
        <kbd class="search-key">/</kbd>
      )}
    </search>
  );
}
