import { useEffect, useRef, useState } from "preact/hooks";
import { Avatar } from "../../../components/avatar";
import type { User } from "../../../core/protocol";
import { t } from "../../../i18n";
import { account } from "../../account";
import type { Margin } from "./state";

const LIMIT = 10_000;
const SUGGESTED = 6;

interface ComposerProps {
  margin: Margin;
  label: string;
  submitLabel: string;
  value?: string;
  /** People who are named in `value` already. */
  named?: readonly User[];
  autoFocus?: boolean;
  /** True when it was written; what was typed stays otherwise. */
  submit(text: string, mentions: string[]): Promise<boolean>;
  cancel?(): void;
}

/** What follows the last "@" before the caret, when it may begin a name. */
function partOf(text: string, caret: number): string | null {
  const found = /(?:^|\s)@([^@\n]{0,40})$/.exec(text.slice(0, caret));
  return found ? (found[1] ?? "") : null;
}

/** A field for a comment; "@" completes the names of those who may read the document, Ctrl+Enter sends. */
export function Composer({ margin, label, submitLabel, value = "", ...more }: ComposerProps) {
  const { named = [], autoFocus = false, submit, cancel } = more;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(value);
  const [busy, setBusy] = useState(false);
  const [part, setPart] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const mentioned = useRef(new Map(named.map((user) => [user.id, user])));
  useEffect(() => {
    if (autoFocus) field.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 240)}px`;
  }, [text]);

  const wanted = part?.toLocaleLowerCase() ?? "";
  const offers =
    part === null
      ? []
      : margin.people.value
          .filter(({ id, name }) => id !== account.value?.id && name.toLocaleLowerCase().startsWith(wanted))
          .slice(0, SUGGESTED);

  const take = (user: User) => {
    const element = field.current;
    if (!element || part === null) return;
    const start = element.selectionStart - part.length - 1;
    const next = `${text.slice(0, start)}@${user.name} ${text.slice(element.selectionStart)}`;
    mentioned.current.set(user.id, user);
    setText(next);
    setPart(null);
    requestAnimationFrame(() => {
      const caret = start + user.name.length + 2;
      element.focus();
      element.setSelectionRange(caret, caret);
    });
  };

  const send = async () => {
    const written = text.trim();
    if (!written || busy) return;
    setBusy(true);
    const ids = [...mentioned.current.values()]
      .filter(({ name }) => written.includes(`@${name}`))
      .map(({ id }) => id);
    const done = await submit(written, ids);
    setBusy(false);
    if (done) setText("");
  };

  const keyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (offers.length > 0) {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move !== undefined) setAt((at + move + offers.length) % offers.length);
      else if (event.key === "Enter" || event.key === "Tab") take(offers[at] as User);
      else if (event.key === "Escape") setPart(null);
      else return;
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    } else if (event.key === "Escape" && cancel) {
      event.preventDefault();
      cancel();
    }
  };

  return (
    <div class="composer">
      <textarea
        ref={field}
        class="input"
        rows={1}
        aria-label={label}
        placeholder={label}
        maxLength={LIMIT}
        dir="auto"
        value={text}
        aria-activedescendant={offers[at] ? `mention-${offers[at]?.id}` : undefined}
        onFocus={() => void margin.readPeople()}
        onInput={(event) => {
          const element = event.currentTarget as HTMLTextAreaElement;
          setText(element.value);
          setPart(partOf(element.value, element.selectionStart));
          setAt(0);
        }}
        onKeyDown={keyDown}
      />
      {offers.length > 0 && (
        <div class="mentions" role="listbox" aria-label={t("margin.mention")}>
          {offers.map((user, index) => (
            <div
              key={user.id}
              id={`mention-${user.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              onPointerDown={(event) => {
                event.preventDefault();
                take(user);
              }}
            >
              <Avatar user={user} small /> <bdi>{user.name}</bdi>
            </div>
          ))}
        </div>
      )}
      {(text.trim() !== "" || cancel) && (
        <div class="row end">
          {cancel && (
            <button type="button" class="button" onClick={cancel}>
              {t("app.cancel")}
            </button>
          )}
          <button
            type="button"
            class="button primary"
            disabled={busy || text.trim() === ""}
            onClick={() => void send()}
          >
            {submitLabel}
          </button>
        </div>
      )}
    </div>
  );
}
