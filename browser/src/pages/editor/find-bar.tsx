import caseIcon from "lucide:case-sensitive";
import down from "lucide:chevron-down";
import up from "lucide:chevron-up";
import regexpIcon from "lucide:regex";
import replaceIcon from "lucide:replace";
import wordIcon from "lucide:whole-word";
import x from "lucide:x";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon";
import { announce, notify } from "../../components/notice";
import type { FindQuery, FindState } from "../../editor/editor";
import { t } from "../../i18n";
import { shortcutsOf } from "./shortcuts";
import { useEditor } from "./use-editor";
import type { Finding, Workspace } from "./workspace";
import "../../styles/panels.css";
import "./tool-words";

type Option = "matchCase" | "wholeWord" | "regexp";
const OPTIONS: Array<[Option, string]> = [
  ["matchCase", caseIcon],
  ["wholeWord", wordIcon],
  ["regexp", regexpIcon],
];
const NOTHING: FindQuery = { text: "", matchCase: false, wholeWord: false, regexp: false };

/** What was found, in words; also why nothing could be. */
function result(state: FindState | undefined): { text: string; problem: boolean } {
  if (!state?.query) return { text: "", problem: false };
  if (state.problem) return { text: t(`find.${state.problem}`), problem: true };
  if (state.searching && state.count === 0) return { text: t("find.searching"), problem: false };
  if (state.count === 0) return { text: t("find.none"), problem: false };
  return { text: t("find.place", { current: state.current, count: state.count }), problem: false };
}

interface IconButtonProps {
  label: string;
  icon: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  run(): void;
}

function IconButton({ label, icon, keys, pressed, disabled, run }: IconButtonProps) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={label}
      data-tip={label}
      data-keys={keys}
      aria-pressed={pressed}
      // Not `disabled`, which would drop the focus when the last match goes.
      aria-disabled={disabled}
      onClick={run}
    >
      <Icon shapes={icon} />
    </button>
  );
}

function ReplaceRow({ workspace, none }: { workspace: Workspace; none: boolean }) {
  const [text, setText] = useState("");
  const find = workspace.editor.value?.aids.find;
  const all = () => {
    const count = find?.replaceAll(text) ?? 0;
    notify(t("find.replaced", { count }));
  };
  return (
    <div class="find-row">
      <input
        class="input"
        type="text"
        aria-label={t("find.with")}
        placeholder={t("find.with")}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.isComposing) return;
          event.preventDefault();
          find?.replace(text);
        }}
      />
      <button type="button" class="button" aria-disabled={none} onClick={() => find?.replace(text)}>
        {t("find.replace")}
      </button>
      <button type="button" class="button" aria-disabled={none} onClick={() => none || all()}>
        {t("find.replaceAll")}
      </button>
    </div>
  );
}

/** What is looked for follows what is typed; the editor keeps it in step with everybody's edits. */
function useQuery(workspace: Workspace, finding: Finding) {
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState(NOTHING);
  const find = workspace.editor.value?.aids.find;
  const search = (next: FindQuery) => {
    setQuery(next);
    find?.search(next.text ? next : null);
  };
  useLayoutEffect(() => {
    const selected = find?.selectedText();
    search(selected ? { ...query, text: selected } : query);
    input.current?.focus();
    input.current?.select();
  }, [finding]);
  useEffect(() => () => find?.search(null), [find]);
  return { input, query, search };
}

/** Finding and replacing: Enter and Shift+Enter walk the matches, Escape goes back to the text. */
export default function FindBar({ workspace, finding }: { workspace: Workspace; finding: Finding }) {
  const editor = useEditor(workspace);
  const find = editor?.aids.find;
  const { input, query, search } = useQuery(workspace, finding);
  const { text, problem } = result(find?.state);
  useEffect(() => {
    if (text) announce(text);
  }, [text]);
  const mayReplace = workspace.access.value.canEdit;
  const none = (find?.state.count ?? 0) === 0;
  return (
    <search class="find" aria-label={t("find.label")}>
      <div class="find-row">
        <input
          ref={input}
          class="input"
          type="text"
          aria-label={t("find.what")}
          placeholder={t("find.what")}
          aria-invalid={problem || undefined}
          aria-describedby="find-result"
          spellcheck={false}
          value={query.text}
          onInput={(event) => search({ ...query, text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            event.preventDefault();
            if (event.shiftKey) find?.previous();
            else find?.next();
          }}
        />
        <span class="tools">
          {OPTIONS.map(([option, icon]) => (
            <IconButton
              key={option}
              label={t(`find.${option}`)}
              icon={icon}
              pressed={query[option]}
              run={() => search({ ...query, [option]: !query[option] })}
            />
          ))}
        </span>
        <span class="tools">
          <IconButton
            label={t("command.find-previous")}
            icon={up}
            keys={shortcutsOf("find-previous")[0] ?? ""}
            disabled={none}
            run={() => find?.previous()}
          />
          <IconButton
            label={t("command.find-next")}
            icon={down}
            keys={shortcutsOf("find-next")[0] ?? ""}
            disabled={none}
            run={() => find?.next()}
          />
          {mayReplace && (
            <IconButton
              label={t("find.replaceToo")}
              icon={replaceIcon}
              pressed={finding.replace}
              run={() => {
                workspace.finding.value = { replace: !finding.replace };
              }}
            />
          )}
          <IconButton label={t("find.close")} icon={x} run={workspace.endFinding} />
        </span>
      </div>
      {finding.replace && mayReplace && <ReplaceRow workspace={workspace} none={none} />}
      <p id="find-result" class={problem ? "find-result failure" : "find-result quiet"}>
        {text}
      </p>
    </search>
  );
}
