import x from "lucide:x";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Avatar } from "../../components/avatar";
import { Icon } from "../../components/icon";
import { announce } from "../../components/notice";
import { t } from "../../i18n";
import { api } from "../account";
import { RoleMenu } from "./role";
import type { Known, SharedRole, SharingState } from "./state";

const ASK_MS = 120;
const ADDRESS = /^[^\s@,;]+@[^\s@,;]+$/;
const between = /[\s,;]+/;

/** Somebody to be added: known by name, or by an address only. */
interface Chosen {
  email: string;
  user?: Known;
}

/** Those one has shared with before whose name or address begins so, without those who are chosen or here already. */
function useKnown(text: string, taken: ReadonlySet<string>): Known[] {
  const [found, setFound] = useState<Known[]>([]);
  const asked = useRef(0);
  useEffect(() => {
    const question = ++asked.current;
    const ask = async () => {
      const { users } = await api.request<{ users: Known[] }>(
        "GET",
        `/users/known?query=${encodeURIComponent(text)}`,
      );
      if (question === asked.current) setFound(users);
    };
    // Completion is a help: without an answer the address can still be typed.
    const timer = setTimeout(() => ask().catch(() => setFound([])), ASK_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return found.filter(({ email }) => email !== undefined && !taken.has(email));
}

interface ComboProps {
  chosen: Chosen[];
  taken: ReadonlySet<string>;
  text: string;
  setText(text: string): void;
  choose(next: Chosen[]): void;
  submit(): void;
}

/** The ARIA pattern of a combobox with a list: the focus stays in the field, arrows move in the list. */
function Combo({ chosen, taken, text, setText, choose, submit }: ComboProps) {
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const known = useKnown(text.trim(), taken);
  const shown = open && known.length > 0;
  const current = shown ? Math.min(at, known.length - 1) : -1;
  useEffect(() => {
    if (shown) announce(t("share.matches", { count: known.length }));
  }, [shown, known.length]);

  const pick = (user: Known | undefined) => {
    if (!user?.email) return;
    choose([...chosen, { email: user.email, user }]);
    setText("");
    setAt(-1);
    input.current?.focus();
  };
  /** Takes what is typed as addresses, as far as it is such; the rest stays in the field. */
  const takeTyped = (value: string): boolean => {
    const parts = value.split(between).filter(Boolean);
    const good = parts.filter((part) => ADDRESS.test(part));
    if (good.length === 0) return false;
    const fresh = [...new Set(good.map((email) => email.toLowerCase()))].filter(
      (email) => !chosen.some((each) => each.email === email),
    );
    choose([...chosen, ...fresh.map((email) => ({ email }))]);
    setText(parts.filter((part) => !ADDRESS.test(part)).join(" "));
    setAt(-1);
    return true;
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      setOpen(true);
      const step = key === "ArrowDown" ? 1 : -1;
      if (known.length > 0)
        setAt((Math.max(current, step < 0 ? 0 : -1) + step + known.length) % known.length);
    } else if (key === "Escape" && shown) {
      // Only the list: the dialog stays.
      setOpen(false);
      event.stopPropagation();
    } else if (key === "Enter") {
      if (current >= 0) pick(known[current]);
      else if (text.trim()) takeTyped(text);
      else submit();
    } else if ((key === "," || key === ";" || key === " ") && takeTyped(text)) {
      // The sign only parts one address from the next.
    } else if (key === "Backspace" && text === "" && chosen.length > 0) {
      choose(chosen.slice(0, -1));
      return;
    } else return;
    event.preventDefault();
  };
  return (
    <div class="share-combo">
      <input
        ref={input}
        class="share-combo-input"
        type="text"
        inputMode="email"
        role="combobox"
        aria-expanded={shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={current >= 0 ? `${list}-${current}` : undefined}
        aria-label={t("share.add")}
        placeholder={chosen.length === 0 ? t("share.add") : ""}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          const { value } = event.currentTarget;
          // Several at once, as a completion of the browser or of another program writes them.
          if (!between.test(value.trim()) || !takeTyped(value)) setText(value);
          setOpen(true);
          setAt(-1);
        }}
        onPaste={(event) => {
          if (takeTyped(`${text} ${event.clipboardData?.getData("text/plain") ?? ""}`))
            event.preventDefault();
        }}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(false);
          takeTyped(text);
        }}
        onKeyDown={keyDown}
      />
      <div id={list} class="share-options" role="listbox" aria-label={t("share.known")} hidden={!shown}>
        {known.map((user, index) => (
          // The keyboard is the field's, which names the chosen option.
          // biome-ignore lint/a11y/useFocusableInteractive: see above
          <div
            key={user.id}
            id={`${list}-${index}`}
            class="share-option"
            role="option"
            aria-selected={index === current}
            // Before the field loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              pick(user);
            }}
          >
            <Avatar user={user} />
            <span class="share-who">
              <bdi>{user.name}</bdi>
              <small class="quiet">{user.email}</small>
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Adding people: by name of those one has shared with before, or by any address; several at a time. */
export function AddPeople({ state }: { state: SharingState }) {
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const [text, setText] = useState("");
  const [role, setRole] = useState<SharedRole>("editor");
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const sharing = state.sharing.value;
  const here = [sharing?.owner, ...(sharing?.people ?? []).map(({ user }) => user)];
  const taken = new Set([...here.map((user) => user?.email ?? ""), ...chosen.map(({ email }) => email)]);
  const submit = async () => {
    const typed = text.trim().toLowerCase();
    const all = [...chosen.map(({ email }) => email), ...(ADDRESS.test(typed) ? [typed] : [])];
    // Enter again while the first is on its way would invite anew, and the first link be void.
    if (all.length === 0 || running.current) return;
    running.current = true;
    setBusy(true);
    const failed = await state.add([...new Set(all)], role);
    setChosen(chosen.filter(({ email }) => failed.includes(email)));
    setText(failed.includes(typed) ? text : "");
    running.current = false;
    setBusy(false);
  };
  const ready = chosen.length > 0 || ADDRESS.test(text.trim());
  return (
    <form
      class="share-add"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div class="share-field">
        {chosen.map(({ email, user }) => (
          <span key={email} class="share-chip">
            {user && <Avatar user={user} small />}
            <bdi>{user?.name ?? email}</bdi>
            <button
              type="button"
              class="share-chip-remove"
              aria-label={t("share.unchoose", { name: user?.name ?? email })}
              onClick={() => setChosen(chosen.filter((each) => each.email !== email))}
            >
              <Icon shapes={x} size={14} />
            </button>
          </span>
        ))}
        <Combo
          chosen={chosen}
          taken={taken}
          text={text}
          setText={setText}
          choose={setChosen}
          submit={() => void submit()}
        />
      </div>
      {ready && (
        <div class="row end">
          <RoleMenu label={t("share.roleNew")} role={role} change={setRole} />
          <button type="submit" class="button primary" disabled={busy}>
            {t("share.submit")}
          </button>
        </div>
      )}
    </form>
  );
}
