import check from "lucide:check";
import x from "lucide:x";
import { Avatar, Name } from "../../../components/avatar";
import { Icon } from "../../../components/icon";
import type { User } from "../../../core/protocol";
import type { Suggestion } from "../../../editor/editor";
import { type MessageKey, t } from "../../../i18n";
import { account } from "../../account";
import type { Workspace } from "../workspace";

/** Text as it is named in a sentence: line ends by their sign, embeds by a word. */
function shown(text: string): string {
  return text.replaceAll("\n", "¶").replaceAll("\ufffc", t("suggestion.object")).slice(0, 200);
}

/** What a suggestion would do, in words; the pieces that are quoted apart. */
function Description({ suggestion }: { suggestion: Suggestion }) {
  const { kind, inserted, deleted, formats } = suggestion;
  if (kind === "format") {
    const names = Object.entries(formats).map(([name, value]) => {
      const label = t(`format.${name}` as MessageKey);
      return value === null ? t("suggestion.without", { format: label }) : label;
    });
    return (
      <p>
        <b>{t("suggestion.format")}</b> {names.join(", ")}
      </p>
    );
  }
  return (
    <p dir="auto">
      <b>{t(`suggestion.${kind}`)}</b> {deleted && <del>{shown(deleted)}</del>}
      {kind === "replace" && ` ${t("suggestion.with")} `}
      {inserted && <ins>{shown(inserted)}</ins>}
    </p>
  );
}

interface SuggestionProps {
  workspace: Workspace;
  suggestion: Suggestion;
  author: User | null;
}

/** One suggestion: who, what, and what to do with it. */
export function SuggestionCard({ workspace, suggestion, author }: SuggestionProps) {
  const { role } = workspace.access.value;
  const mayDecide = role === "owner" || role === "editor";
  const own = suggestion.author === account.value?.id;
  const editor = workspace.editor.value;
  const name = author?.name ?? t("margin.erased");
  return (
    <>
      <div class="remark-head">
        {author && <Avatar user={author} small />}
        <span class="remark-who">{author ? <Name user={author} /> : name}</span>
        {mayDecide && (
          <button
            type="button"
            class="button icon-only small"
            aria-label={t("suggestion.accept")}
            data-tip={t("suggestion.accept")}
            onClick={() => editor?.suggesting.decide([suggestion.id], true)}
          >
            <Icon shapes={check} size={16} />
          </button>
        )}
        {(mayDecide || own) && (
          <button
            type="button"
            class="button icon-only small"
            aria-label={t(own && !mayDecide ? "suggestion.takeBack" : "suggestion.reject")}
            data-tip={t(own && !mayDecide ? "suggestion.takeBack" : "suggestion.reject")}
            onClick={() => editor?.suggesting.decide([suggestion.id], false)}
          >
            <Icon shapes={x} size={16} />
          </button>
        )}
      </div>
      <Description suggestion={suggestion} />
    </>
  );
}
